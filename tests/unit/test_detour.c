/* Detours in real libraries: functions as compilers make them, and hand-written ones, redirected to a hook that counts and
 * runs the original. What a function gives must be what it gave before. */
#include "site/detour.h"

#include "base/maps.h"
#include "site/code_write.h"
#include "site/module_file.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fixtures/built.h"

typedef long shape(long a, long b);

/* A library with its module and its file. */
struct library {
    void *handle;
    const struct cst_module *module;
    struct cst_elf elf;
};

static long calls;
static const struct cst_detour *last_detour;

__attribute__((noinline)) static long hook(long a, long b, const struct cst_detour *detour)
{
    calls++;
    last_detour = detour;
    long answer = ((shape *)detour->original)(a, b);
    __asm__ volatile(""); /* no tail jump: the stack is looked at */
    return answer;
}

static int begin(void **state)
{
    (void)fixture_begin(state);
    cst_code_alone(true);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    calls = 0;
    last_detour = NULL;
    cst_code_alone(true);
    return 0;
}

static struct library load(const char *command)
{
    struct library library;
    library.handle = load_built(command, &library.module);
    assert_true(cst_module_open_file(library.module, &library.elf));
    return library;
}

static void unload(struct library *library)
{
    cst_elf_close(&library->elf);
    unload_built(library->handle);
}

static struct library load_made(void)
{
    return load("cc -shared -o @/built.so %/detours.S");
}

static uintptr_t address_in(const struct library *library, const char *symbol)
{
    void *address = dlsym(library->handle, symbol);
    assert_non_null(address);
    return (uintptr_t)address;
}

/* Detours stay as long as the process. */
static struct cst_detour pool[2048];
static size_t used;

static struct cst_detour *new_detour(const struct library *library, const char *symbol)
{
    assert_true(used < sizeof pool / sizeof *pool);
    struct cst_detour *detour = &pool[used++];
    *detour = (struct cst_detour){
        .function = address_in(library, symbol), .hook = (uintptr_t)&hook, .argument = 2, .data = symbol};
    return detour;
}

static bool lay(const struct library *library, struct cst_detour *detour)
{
    return cst_detour_lay(library->module, &library->elf, detour, 1);
}

static long call(uintptr_t function, long a, long b)
{
    return ((shape *)function)(a, b);
}

static const long arguments[][2] = {{0, 5}, {1, 2}, {-3, 9}, {1000, 7}, {17, -17}, {6, 255}};
#define ROUNDS (sizeof arguments / sizeof *arguments)

/* The same library twice: what the one gives as it is, the other gives redirected. */
static void function_goes_on_doing_what_it_did(const struct library *plain, const struct library *redirected,
                                               const char *symbol)
{
    struct cst_detour *detour = new_detour(redirected, symbol);
    if (!lay(redirected, detour)) {
        fail_msg("%s cannot be redirected", symbol);
    }
    assert_ptr_equal(cst_detour_at(detour->function), detour);
    for (size_t i = 0; i < ROUNDS; i++) {
        calls = 0;
        long expected = call(address_in(plain, symbol), arguments[i][0], arguments[i][1]);
        long answer = call(detour->function, arguments[i][0], arguments[i][1]);
        if (answer != expected) {
            fail_msg("%s(%ld, %ld): %ld, not %ld", symbol, arguments[i][0], arguments[i][1], answer, expected);
        }
        assert_true(calls > 0);
    }
}

static void redirect_shapes(const char *compiler, const char *flags)
{
    static const char *const shapes[] = {"shape_data",    "shape_tail",      "shape_call_first", "shape_branch_first",
                                         "shape_saving",  "shape_buffer",    "shape_words",      "shape_libc",
                                         "shape_loop",    "shape_recursive", "shape_floating",   "shape_thread_local",
                                         "shape_constant"};
    char command[256];
    snprintf(command, sizeof command, "%s -w -fPIC -shared %s -o @/built.so %%/detours.c", compiler, flags);
    struct library plain = load(command), redirected = load(command);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        function_goes_on_doing_what_it_did(&plain, &redirected, shapes[i]);
    }
    unload(&redirected);
    unload(&plain);
}

static void redirected_functions_of_both_compilers_do_what_they_did(void **state)
{
    (void)state;
    static const char *const compilers[] = {"gcc", "clang"};
    static const char *const flags[] = {"-O0",
                                        "-O1",
                                        "-O2",
                                        "-Os",
                                        "-O3",
                                        "-O2 -fno-plt",
                                        "-O2 -fcf-protection=full",
                                        "-O2 -fno-omit-frame-pointer",
                                        "-O2 -fstack-protector-all"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) {
            redirect_shapes(compilers[i], flags[k]);
        }
    }
}

static void hand_written_shapes_do_what_they_did(void **state)
{
    (void)state;
    static const char *const shapes[] = {"made_endbr", "made_single",    "made_astride",  "made_flags",
                                         "made_call",  "made_call_slot", "made_jump_slot"};
    struct library plain = load_made(), redirected = load_made();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        function_goes_on_doing_what_it_did(&plain, &redirected, shapes[i]);
    }
    assert_memory_equal((void *)address_in(&redirected, "made_endbr"), "\xf3\x0f\x1e\xfa", 4);
    unload(&redirected);
    unload(&plain);
}

static void the_hook_is_told_which_detour_it_was(void **state)
{
    (void)state;
    struct library library = load_made();
    struct cst_detour *one = new_detour(&library, "made_single"), *other = new_detour(&library, "made_endbr");
    assert_true(lay(&library, one) && lay(&library, other));
    call(one->function, 1, 2);
    assert_ptr_equal(last_detour, one);
    call(other->function, 1, 2);
    assert_ptr_equal(last_detour, other);
    assert_string_equal(last_detour->data, "made_endbr");
    assert_int_equal(last_detour->module, library.module->id);
    unload(&library);
}

static void code_that_cannot_be_replaced_is_left_alone(void **state)
{
    (void)state;
    static const char *const shapes[] = {"odd_short",  "odd_loop",  "odd_middle",       "odd_split",
                                         "odd_switch", "odd_jrcxz", "odd_call_register"};
    struct library library = load_made();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct cst_detour *detour = new_detour(&library, shapes[i]);
        unsigned char before[16];
        memcpy(before, (void *)detour->function, sizeof before);
        if (lay(&library, detour)) {
            fail_msg("%s was redirected", shapes[i]);
        }
        assert_memory_equal((void *)detour->function, before, sizeof before);
        assert_null(cst_detour_at(detour->function));
    }
    unload(&library);
}

static void a_hook_without_such_an_argument_is_refused(void **state)
{
    (void)state;
    struct library library = load_made();
    struct cst_detour *detour = new_detour(&library, "made_single");
    detour->argument = 6;
    assert_false(lay(&library, detour));
    assert_int_equal(call(detour->function, 1, 0), 78);
    unload(&library);
}

static void the_middle_of_a_function_is_not_a_function(void **state)
{
    (void)state;
    struct library library = load_made();
    struct cst_detour *detour = new_detour(&library, "made_flags");
    detour->function += 3;
    assert_false(lay(&library, detour));
    unload(&library);
}

static void all_functions_are_redirected_or_none(void **state)
{
    (void)state;
    struct library library = load_made();
    struct cst_detour *detours = new_detour(&library, "made_single");
    (void)new_detour(&library, "made_endbr");
    (void)new_detour(&library, "odd_loop");
    assert_false(cst_detour_lay(library.module, &library.elf, detours, 3));
    assert_int_equal(call(detours[0].function, 1, 0), 78);
    assert_int_equal(calls, 0);
    assert_null(cst_detour_at(detours[0].function));
    assert_true(cst_detour_lay(library.module, &library.elf, detours, 2));
    assert_int_equal(call(detours[0].function, 1, 0), 78);
    assert_int_equal(call(detours[1].function, 1, 1), 3);
    assert_int_equal(calls, 2);
    unload(&library);
}

static void code_that_somebody_else_changed_is_left_alone(void **state)
{
    (void)state;
    struct library library = load_made();
    struct cst_detour *detour = new_detour(&library, "made_single");
    struct cst_code_writer writer = cst_code_open(&library.elf, detour->function - library.module->base);
    assert_true(cst_code_write(&writer, detour->function + 1, (const unsigned char[]){66}, 1));
    cst_code_close(&writer);
    assert_false(lay(&library, detour));
    assert_int_equal(call(detour->function, 1, 0), 67);
    unload(&library);
}

static void *wait_for_end(void *done)
{
    while (!atomic_load((atomic_bool *)done)) {
        sched_yield();
    }
    return NULL;
}

struct page_search {
    uintptr_t address;
    bool of_file;
};

static bool note_file(const struct cst_mapping *mapping, void *context)
{
    struct page_search *search = context;
    search->of_file |= search->address - mapping->lo < mapping->hi - mapping->lo && mapping->inode != 0;
    return true;
}

/* Whether the code at `address` lies in the page of the file, or in one that took its place. */
static bool is_of_file(uintptr_t address)
{
    struct page_search search = {.address = address};
    assert_true(cst_maps_each(note_file, &search));
    return search.of_file;
}

static void with_other_threads_only_one_whole_instruction_is_replaced(void **state)
{
    (void)state;
    struct library library = load_made();
    atomic_bool done = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &done), 0);
    cst_code_alone(false);
    bool several = lay(&library, new_detour(&library, "made_flags"));
    bool astride = lay(&library, new_detour(&library, "made_astride"));
    bool was_of_file = is_of_file(address_in(&library, "made_single"));
    bool single = lay(&library, new_detour(&library, "made_single"));
    bool is_written_to = is_of_file(address_in(&library, "made_single"));
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    assert_false(several);
    assert_false(astride);
    assert_true(single);
    assert_true(was_of_file);
    assert_false(is_written_to); /* which they could have seen by halves: the page was replaced */
    assert_int_equal(call(address_in(&library, "made_single"), 1, 0), 78);
    assert_int_equal(calls, 1);
    unload(&library);
}

struct stress {
    uintptr_t function;
    atomic_bool started, done;
    atomic_long wrong;
};

static void *call_on_and_on(void *argument)
{
    struct stress *stress = argument;
    do {
        atomic_fetch_add(&stress->wrong, call(stress->function, 1, 0) != 78);
        atomic_store(&stress->started, true);
    } while (!atomic_load(&stress->done));
    return NULL;
}

static long count_atomically(long a, long b, const struct cst_detour *detour)
{
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    return ((shape *)detour->original)(a, b);
}

static void a_function_may_run_while_it_is_redirected(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct library library = load_made();
        struct cst_detour *detour = new_detour(&library, "made_single");
        struct stress stress = {.function = detour->function};
        pthread_t thread;
        detour->hook = (uintptr_t)&count_atomically;
        cst_code_alone(false);
        calls = 0;
        assert_int_equal(pthread_create(&thread, NULL, call_on_and_on, &stress), 0);
        while (!atomic_load(&stress.started)) {
            sched_yield();
        }
        assert_true(lay(&library, detour));
        while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < 1000) {
            sched_yield();
        }
        atomic_store(&stress.done, true);
        pthread_join(thread, NULL);
        assert_int_equal(stress.wrong, 0);
        unload(&library);
    }
}

static uintptr_t looked_for;

/* Called back below a redirected function: its frame, the hook's and the caller's must be on the stack. */
static long look_at_stack(long a, long b)
{
    void *frames[32];
    int count = backtrace(frames, 32);
    bool function = false, caller = false;
    Dl_info info;
    for (int i = 0; i < count; i++) {
        function |= dladdr(frames[i], &info) && (uintptr_t)info.dli_saddr == looked_for;
        caller |= dladdr(frames[i], &info) && info.dli_sname && strcmp(info.dli_sname, "_cmocka_run_group_tests") == 0;
    }
    return function && caller ? a + b : -1;
}

static void a_stack_walk_comes_through_a_redirected_function(void **state)
{
    (void)state;
    static const char *const flags[] = {"-O0", "-O2", "-Os"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char command[128];
        snprintf(command, sizeof command, "cc -w -fPIC -shared %s -o @/built.so %%/detours.c", flags[i]);
        struct library library = load(command);
        struct cst_detour *detour = new_detour(&library, "shape_callback");
        assert_true(lay(&library, detour));
        looked_for = detour->function;
        assert_int_equal(call(detour->function, (long)(intptr_t)&look_at_stack, 4), 9);
        unload(&library);
    }
}

static void an_exception_passes_redirected_functions(void **state)
{
    (void)state;
    static const char *const commands[] = {"g++ -O0 -fPIC -shared -o @/built.so %/thrower.cpp",
                                           "g++ -O2 -fPIC -shared -o @/built.so %/thrower.cpp",
                                           "clang++ -Os -fPIC -shared -o @/built.so %/thrower.cpp"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct library library = load(commands[i]);
        struct cst_detour *throwing = new_detour(&library, "throwing"), *catching = new_detour(&library, "catching");
        long destroyed = 0;
        assert_true(lay(&library, throwing) && lay(&library, catching));
        assert_int_equal(call(catching->function, 5, (long)(intptr_t)&destroyed), 6);
        assert_int_equal(call(catching->function, 50, (long)(intptr_t)&destroyed), -1);
        assert_int_equal(destroyed, 2);
        assert_true(calls >= 2);
        unload(&library);
    }
}

static bool is_not_both(const struct cst_mapping *mapping, void *context)
{
    *(bool *)context |= mapping->writable && mapping->executable;
    return true;
}

static void no_page_is_writable_and_executable(void **state)
{
    (void)state;
    struct library library = load_made();
    bool both = false;
    assert_true(lay(&library, new_detour(&library, "made_endbr")));
    assert_true(cst_maps_each(is_not_both, &both));
    assert_false(both);
    unload(&library);
}

static bool count_executable(const struct cst_mapping *mapping, void *context)
{
    *(size_t *)context += mapping->executable && mapping->inode == 0 ? mapping->hi - mapping->lo : 0;
    return true;
}

static void a_module_that_comes_and_goes_leaves_nothing(void **state)
{
    (void)state;
    size_t first = 0, last = 0;
    for (int round = 0; round < 50; round++) {
        struct library library = load_made();
        struct cst_detour *detour = new_detour(&library, "made_endbr");
        assert_true(lay(&library, detour));
        assert_int_equal(call(detour->function, 1, 1), 3);
        unload(&library);
        assert_null(cst_detour_at(detour->function));
        size_t *pages = round == 10 ? &first : &last;
        *pages = 0;
        assert_true(cst_maps_each(count_executable, pages));
    }
    assert_int_equal(first, last);
}

static void a_program_at_a_fixed_address_has_room_too(void **state)
{
    (void)state;
    struct library library = load("cc -shared -Wl,-Ttext-segment=0x400000 -o @/built.so %/detours.S");
    struct cst_detour *detour = new_detour(&library, "made_endbr");
    assert_true(lay(&library, detour));
    assert_int_equal(call(detour->function, 1, 1), 3);
    unload(&library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(redirected_functions_of_both_compilers_do_what_they_did, reset),
        cmocka_unit_test_setup(hand_written_shapes_do_what_they_did, reset),
        cmocka_unit_test_setup(the_hook_is_told_which_detour_it_was, reset),
        cmocka_unit_test_setup(code_that_cannot_be_replaced_is_left_alone, reset),
        cmocka_unit_test_setup(a_hook_without_such_an_argument_is_refused, reset),
        cmocka_unit_test_setup(the_middle_of_a_function_is_not_a_function, reset),
        cmocka_unit_test_setup(all_functions_are_redirected_or_none, reset),
        cmocka_unit_test_setup(code_that_somebody_else_changed_is_left_alone, reset),
        cmocka_unit_test_setup(with_other_threads_only_one_whole_instruction_is_replaced, reset),
        cmocka_unit_test_setup(a_function_may_run_while_it_is_redirected, reset),
        cmocka_unit_test_setup(a_stack_walk_comes_through_a_redirected_function, reset),
        cmocka_unit_test_setup(an_exception_passes_redirected_functions, reset),
        cmocka_unit_test_setup(no_page_is_writable_and_executable, reset),
        cmocka_unit_test_setup(a_module_that_comes_and_goes_leaves_nothing, reset),
        cmocka_unit_test_setup(a_program_at_a_fixed_address_has_room_too, reset),
    };
    return cmocka_run_group_tests(tests, begin, fixture_end);
}
