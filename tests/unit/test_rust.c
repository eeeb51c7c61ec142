/* Rust entries in real libraries, from rustc and from hand-written entries, hooked and called. The hooks
 * count, check what they are told, and allocate from malloc. */
#include "site/rust.h"

#include "site/callsite_read.h"
#include "site/code_write.h"
#include "site/module.h"
#include "site/rust_own.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/single_threaded.h>

#include <cmocka.h>

#include "fixtures/built.h"

/* Functions of the fixtures. */
typedef void *maker(size_t length);
typedef void dropper(void *block, size_t length);
typedef size_t grower(size_t length);
typedef void *allocator(size_t size, size_t align);
typedef void *taker(void);

static unsigned calls[CST_RUST_ENTRY_COUNT];
static size_t last_size, last_align;
static uintptr_t last_return; /* of an allocation */

static void *hook_alloc(size_t size, size_t align)
{
    last_return = (uintptr_t)__builtin_return_address(0);
    calls[CST_RUST_ENTRY_ALLOC]++;
    last_size = size;
    last_align = align;
    return malloc(size);
}

static void *hook_alloc_zeroed(size_t size, size_t align)
{
    calls[CST_RUST_ENTRY_ALLOC_ZEROED]++;
    last_size = size;
    last_align = align;
    return calloc(1, size);
}

static void *hook_realloc(void *block, size_t old_size, size_t align, size_t size)
{
    calls[CST_RUST_ENTRY_REALLOC]++;
    assert_true(old_size < size);
    last_size = size;
    last_align = align;
    return realloc(block, size);
}

static void hook_dealloc(void *block, size_t size, size_t align)
{
    calls[CST_RUST_ENTRY_DEALLOC]++;
    last_size = size;
    last_align = align;
    free(block);
}

static uintptr_t route(uint32_t module, enum cst_rust_entry entry)
{
    static const uintptr_t hooks[CST_RUST_ENTRY_COUNT] = {
        [CST_RUST_ENTRY_ALLOC] = (uintptr_t)&hook_alloc,
        [CST_RUST_ENTRY_ALLOC_ZEROED] = (uintptr_t)&hook_alloc_zeroed,
        [CST_RUST_ENTRY_REALLOC] = (uintptr_t)&hook_realloc,
        [CST_RUST_ENTRY_DEALLOC] = (uintptr_t)&hook_dealloc,
    };
    return module < CST_MODULE_MAX ? hooks[entry] : 0;
}

static int begin(void **state)
{
    (void)fixture_begin(state);
    cst_rust_route(route);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    memset(calls, 0, sizeof calls);
    cst_rust_route(route);
    return 0;
}

static uintptr_t address_in(void *library, const char *symbol)
{
    void *address = dlsym(library, symbol);
    assert_non_null(address);
    return (uintptr_t)address;
}

static void use_library(void *library)
{
    maker *make = (maker *)address_in(library, "fixture_make");
    dropper *drop = (dropper *)address_in(library, "fixture_drop");
    grower *grow = (grower *)address_in(library, "fixture_grow");

    char *block = make(77);
    assert_int_equal(block[76], 1);
    assert_int_equal(last_size, 77);
    assert_int_equal(last_align, 1);
    drop(block, 33);
    assert_int_equal(calls[CST_RUST_ENTRY_DEALLOC], 1);
    assert_int_equal(last_size, 33);
    assert_int_equal(grow(500), 1000);
    assert_int_equal(calls[CST_RUST_ENTRY_ALLOC], 1);
    assert_int_equal(calls[CST_RUST_ENTRY_ALLOC_ZEROED], 1);
    assert_int_equal(calls[CST_RUST_ENTRY_REALLOC], 1);
    assert_int_equal(calls[CST_RUST_ENTRY_DEALLOC], 2);
}

static void hooks_receive_what_is_allocated_by(enum cst_rust_by by, const char *command)
{
    const struct cst_module *module;
    void *library = load_built(command, &module);
    assert_int_equal(module->rust, CST_RUST_EXACT);
    assert_int_equal(module->rust_by, by);
    assert_int_equal(module->lang, CUSTODY_LANG_RUST);
    use_library(library);
    unload_built(library);
}

static void hooks_receive_what_a_library_allocates(const char *command)
{
    hooks_receive_what_is_allocated_by(CST_RUST_BY_SYMBOLS, command);
}

static void a_debug_library_is_hooked(void **state)
{
    (void)state;
    hooks_receive_what_a_library_allocates("rustc --crate-type cdylib %/library.rs -o @/built.so");
}

static void a_release_library_is_hooked(void **state)
{
    (void)state;
    hooks_receive_what_a_library_allocates("rustc -O --crate-type cdylib %/library.rs -o @/built.so");
}

static void a_library_linked_by_gnu_ld_is_hooked(void **state)
{
    (void)state;
    hooks_receive_what_a_library_allocates(
        "rustc -O -C link-arg=-fuse-ld=bfd --crate-type cdylib %/library.rs -o @/built.so");
}

static void a_static_library_inside_a_c_library_is_hooked(void **state)
{
    (void)state;
    hooks_receive_what_a_library_allocates(
        "rustc -O --crate-type staticlib %/library.rs -o @/library.a && "
        "cc -shared -o @/built.so -Wl,--whole-archive @/library.a -Wl,--no-whole-archive");
}

static void a_library_with_forced_frame_pointers_is_hooked(void **state)
{
    (void)state;
    cst_code_alone(true); /* a sanitizer may have a thread of its own */
    hooks_receive_what_a_library_allocates(
        "rustc -C force-frame-pointers=yes --crate-type cdylib %/library.rs -o @/built.so");
    reset(NULL);
    hooks_receive_what_a_library_allocates(
        "rustc -O -C force-frame-pointers=yes --crate-type cdylib %/library.rs -o @/built.so");
    cst_code_alone(false);
}

static void is_left_alone(const char *command)
{
    const struct cst_module *module;
    void *library = load_built(command, &module);
    assert_int_equal(module->rust, CST_RUST_INFERRED);
    assert_int_equal(module->lang, CUSTODY_LANG_RUST);
    grower *grow = (grower *)address_in(library, "fixture_grow");
    assert_true(grow(500) >= 500);
    for (enum cst_rust_entry entry = 0; entry < CST_RUST_ENTRY_COUNT; entry++) {
        assert_int_equal(calls[entry], 0);
    }
    unload_built(library);
}

static void a_library_after_lto_is_left_alone(void **state)
{
    (void)state;
    is_left_alone("rustc -O -C lto=fat --crate-type cdylib %/library.rs -o @/built.so");
    is_left_alone("rustc -O -C lto=thin --crate-type cdylib %/library.rs -o @/built.so");
}

/* Compiled for size, entries are 5 bytes each, one behind the other. */
static void a_small_library_is_hooked(void **state)
{
    (void)state;
    cst_code_alone(true);
    hooks_receive_what_a_library_allocates("rustc -C opt-level=z --crate-type cdylib %/library.rs -o @/built.so");
    reset(NULL);
    hooks_receive_what_is_allocated_by(
        CST_RUST_BY_PATTERN, "rustc -C opt-level=s -C strip=symbols --crate-type cdylib %/library.rs -o @/built.so");
    cst_code_alone(false);
}

static void a_stripped_library_is_hooked(void **state)
{
    (void)state;
    hooks_receive_what_is_allocated_by(CST_RUST_BY_PATTERN,
                                       "rustc -O -C strip=symbols --crate-type cdylib %/library.rs -o @/built.so");
    reset(NULL);
    hooks_receive_what_is_allocated_by(
        CST_RUST_BY_PATTERN, "rustc -C link-arg=-fuse-ld=bfd --crate-type cdylib %/library.rs -o @/built.so && "
                             "strip --strip-all --remove-section=.comment @/built.so");
}

static void a_stripped_library_after_lto_is_left_alone(void **state)
{
    (void)state;
    is_left_alone("rustc -O -C lto=fat -C strip=symbols --crate-type cdylib %/library.rs -o @/built.so");
    is_left_alone("rustc -O -C lto=fat --crate-type cdylib %/library.rs -o @/built.so && "
                  "strip --strip-all --remove-section=.comment @/built.so");
}

static void an_allocator_of_the_librarys_own_is_left_alone_without_hooks(void **state)
{
    (void)state;
    is_left_alone("rustc --crate-type cdylib %/allocator.rs -o @/built.so");
    is_left_alone("rustc -O --crate-type cdylib %/allocator.rs -o @/built.so");
}

static unsigned own_allocs;
static const struct cst_rust_own *opened;

static void *open_own(const struct cst_rust_own *own)
{
    opened = own;
    return &own_allocs;
}

static void *own_alloc(size_t size, size_t align, const struct cst_detour *detour)
{
    own_allocs++;
    assert_ptr_equal(detour->data, opened);
    return ((void *(*)(size_t, size_t))detour->original)(size, align);
}

static void *own_realloc(void *block, size_t old_size, size_t align, size_t size, const struct cst_detour *detour)
{
    return ((void *(*)(void *, size_t, size_t, size_t))detour->original)(block, old_size, align, size);
}

static void own_dealloc(void *block, size_t size, size_t align, const struct cst_detour *detour)
{
    ((void (*)(void *, size_t, size_t))detour->original)(block, size, align);
}

/* An allocator that nobody else than its entries calls is closed; inlined into its callers, it is not. */
static void entries_of_an_allocator_of_the_librarys_own_are_redirected(void **state)
{
    (void)state;
    static const uintptr_t entries[CST_RUST_ENTRY_COUNT] = {(uintptr_t)own_alloc, (uintptr_t)own_alloc,
                                                            (uintptr_t)own_realloc, (uintptr_t)own_dealloc};
    static const uintptr_t members[CST_RUST_MEMBER_COUNT];
    static const struct cst_rust_own_hooks hooks = {entries, members, open_own};
    static const char *const options[] = {"", "-C link-arg=-fuse-ld=bfd", "-O"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char command[128];
        const struct cst_module *module;
        snprintf(command, sizeof command, "rustc %s --crate-type cdylib %%/allocator.rs -o @/built.so", options[i]);
        cst_rust_route_own(&hooks);
        cst_code_alone(true);
        void *library = load_built(command, &module);
        cst_code_alone(false);
        cst_rust_route_own(NULL);
        assert_int_equal(module->rust, CST_RUST_EXACT);
        assert_int_equal(module->rust_by, CST_RUST_BY_ALLOCATOR);
        assert_int_equal(module->rust_mingles, strcmp(options[i], "-O") == 0);
        own_allocs = 0;
        assert_true(((grower *)address_in(library, "fixture_grow"))(500) >= 500);
        assert_true(module->rust_mingles || own_allocs != 0);
        unload_built(library);
    }
}

#define ENTRIES(macros) "cc -shared " macros " -o @/built.so %/entries.S"

static void attribution_of_hand_written_entries_is(enum cst_rust_attribution expected, const char *command)
{
    const struct cst_module *module;
    void *library = load_built(command, &module);
    assert_int_equal(module->rust, expected);
    /* The default allocator of the fixture answers 42; a hook, a block. */
    allocator *alloc = (allocator *)address_in(library, "__rust_alloc");
    if (expected == CST_RUST_EXACT) {
        void *block = alloc(24, 8);
        assert_int_equal(calls[CST_RUST_ENTRY_ALLOC], 1);
        assert_int_equal(last_align, 8);
        free(block);
    } else {
        assert_int_equal((uintptr_t)alloc(24, 8), 42);
    }
    unload_built(library);
}

static void entries_under_plain_names_are_hooked(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_EXACT, ENTRIES(""));
}

static void entries_padded_with_nops_are_hooked(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_EXACT, ENTRIES("-DPADDING='.balign 16'"));
}

static void an_entry_that_leads_to_another_allocator_leaves_the_module_alone(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DTARGET=__rg_alloc"));
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DTARGET=__rdl_alloc_zeroed"));
}

/* What follows an entry, as bytes that a slot would take. */
static unsigned char behind_entry(void *library)
{
    return *(const unsigned char *)(address_in(library, "__rust_alloc") + 5);
}

static void code_behind_an_entry_stays_when_it_is_hooked(void **state)
{
    (void)state;
    static const char *const commands[] = {ENTRIES("-DPADDING=ret"), ENTRIES("-DPADDING='other: ret'")};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct cst_module *module;
        void *library = load_built(commands[i], &module);
        assert_int_equal(module->rust, CST_RUST_EXACT);
        assert_int_equal(behind_entry(library), 0xc3);
        free(((allocator *)address_in(library, "__rust_alloc"))(24, 8));
        assert_int_equal(calls[CST_RUST_ENTRY_ALLOC], i + 1);
        unload_built(library);
    }
}

static void entries_that_are_not_aligned_are_hooked(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_EXACT, ENTRIES("-DOFFSET=8"));
}

static void entries_that_symbols_give_another_size_are_left_alone(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DSIZE=10"));
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DFRAMED -DSIZE=5"));
}

static void *wait_for_end(void *end)
{
    pthread_mutex_lock(end);
    pthread_mutex_unlock(end);
    return NULL;
}

static void entries_with_frames_are_hooked_only_while_no_other_thread_runs(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(__libc_single_threaded ? CST_RUST_EXACT : CST_RUST_INFERRED,
                                           ENTRIES("-DFRAMED"));
    reset(NULL);
    pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    pthread_mutex_lock(&end);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &end), 0);
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DFRAMED"));
    reset(NULL);
    attribution_of_hand_written_entries_is(CST_RUST_EXACT, ENTRIES(""));
    cst_code_alone(true);
    reset(NULL);
    attribution_of_hand_written_entries_is(CST_RUST_EXACT, ENTRIES("-DFRAMED"));
    cst_code_alone(false);
    pthread_mutex_unlock(&end);
    pthread_join(thread, NULL);
}

static void entries_without_a_release_are_left_alone(void **state)
{
    (void)state;
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES("-DNO_DEALLOC"));
}

static void without_routes_nothing_is_hooked(void **state)
{
    (void)state;
    cst_rust_route(NULL);
    attribution_of_hand_written_entries_is(CST_RUST_INFERRED, ENTRIES(""));
}

static void a_module_that_imports_the_entries_is_as_exact_as_their_owner(void **state)
{
    (void)state;
    const struct cst_module *module;
    fixture_run(ENTRIES("") " && mv @/built.so @/libowner.so");
    void *library = load_built("printf 'void *__rust_alloc(long, long);\\nvoid *take(void);\\n"
                               "void *take(void) { return __rust_alloc(40, 8); }\\n' >@/user.c && "
                               "cc -O1 -shared -fPIC -o @/built.so @/user.c -L@ -lowner -Wl,-rpath,@",
                               &module);
    assert_int_equal(module->rust, CST_RUST_EXACT);
    assert_int_equal(module->lang, CUSTODY_LANG_RUST);
    taker *take = (taker *)address_in(library, "take");
    free(take());
    assert_int_equal(calls[CST_RUST_ENTRY_ALLOC], 1);
    unload_built(library);
}

/* Rust calls entries through words near its code too, and without optimisation through registers. Should such a call have
 * come to malloc, before its module was hooked, it was Rust's. */
static void calls_through_words_that_hold_an_entry_are_rusts(void **state)
{
    (void)state;
    static const char *const options[] = {"-O1", "-O0", "-O1 -DWORD='\".data\"'", "-O0 -DWORD='\".data\"'"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char command[256];
        const struct cst_module *module;
        snprintf(command, sizeof command, "cc -shared -fPIC -Wl,-Bsymbolic %s -o @/built.so %%/entries.S %%/words.c",
                 options[i]);
        void *library = load_built(command, &module);
        free(((taker *)address_in(library, "take"))());
        struct cst_goal goal = {.door = (uintptr_t)&malloc};
        struct cst_callsite_reading reading = cst_callsite_read(last_return, &goal);
        assert_int_equal(reading.how, CST_HOW_RUST);
        assert_ptr_equal(reading.caller.module, module);
        unload_built(library);
    }
}

static void a_c_library_has_no_rust(void **state)
{
    (void)state;
    const struct cst_module *module;
    void *library = load_built("cc -shared -fPIC -o @/built.so %/plain.c", &module);
    assert_int_equal(module->rust, CST_RUST_ABSENT);
    unload_built(library);
}

static void hooked_entries_and_their_old_targets_are_known_until_unloaded(void **state)
{
    (void)state;
    const struct cst_module *module;
    void *library = load_built(ENTRIES(""), &module);
    uintptr_t entry_address = address_in(library, "__rust_dealloc");
    const char *name;
    uintptr_t target = 0;
    for (uintptr_t at = module->lo; at < module->hi && target == 0; at++) {
        uintptr_t start;
        if (cst_module_symbol(module, at, &name, &start) && strcmp(name, "__rdl_realloc") == 0) {
            target = start;
        }
    }
    enum cst_rust_entry entry = CST_RUST_ENTRY_COUNT;
    uint32_t id = CST_MODULE_NONE;
    assert_true(cst_rust_is_entry(entry_address, &entry, &id));
    assert_int_equal(entry, CST_RUST_ENTRY_DEALLOC);
    assert_int_equal(id, module->id);
    assert_true(cst_rust_is_entry(target, &entry, &id));
    assert_int_equal(entry, CST_RUST_ENTRY_REALLOC);
    assert_false(cst_rust_is_entry(entry_address + 1, &entry, &id));
    assert_false(cst_rust_is_entry(0, &entry, &id));
    assert_false(cst_rust_is_entry(1, &entry, &id));
    unload_built(library);
    assert_false(cst_rust_is_entry(entry_address, &entry, &id));
    assert_false(cst_rust_is_entry(target, &entry, &id));
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_under_plain_names_are_hooked),
        TEST(entries_padded_with_nops_are_hooked),
        TEST(an_entry_that_leads_to_another_allocator_leaves_the_module_alone),
        TEST(code_behind_an_entry_stays_when_it_is_hooked),
        TEST(entries_that_are_not_aligned_are_hooked),
        TEST(entries_without_a_release_are_left_alone),
        TEST(entries_that_symbols_give_another_size_are_left_alone),
        TEST(without_routes_nothing_is_hooked),
        TEST(a_module_that_imports_the_entries_is_as_exact_as_their_owner),
        TEST(calls_through_words_that_hold_an_entry_are_rusts),
        TEST(a_c_library_has_no_rust),
        TEST(hooked_entries_and_their_old_targets_are_known_until_unloaded),
        TEST(a_debug_library_is_hooked),
        TEST(a_release_library_is_hooked),
        TEST(a_library_linked_by_gnu_ld_is_hooked),
        TEST(a_static_library_inside_a_c_library_is_hooked),
        TEST(a_library_with_forced_frame_pointers_is_hooked),
        TEST(a_library_after_lto_is_left_alone),
        TEST(a_small_library_is_hooked),
        TEST(a_stripped_library_is_hooked),
        TEST(a_stripped_library_after_lto_is_left_alone),
        TEST(an_allocator_of_the_librarys_own_is_left_alone_without_hooks),
        TEST(entries_of_an_allocator_of_the_librarys_own_are_redirected),
        TEST(entries_with_frames_are_hooked_only_while_no_other_thread_runs),
    };
    return cmocka_run_group_tests(tests, begin, fixture_end);
}
