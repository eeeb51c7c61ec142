/* The names of Rust's entries, and the machine code in their slots: what counts as a thunk, and how one is overwritten,
 * also while another thread executes it. */
#include "site/rust_slot.h"

#include "plat/sys.h"
#include "site/rust_names.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define STRESS_SLOTS ((size_t)4096)

typedef int answerer(void);

static void names_of_the_allocator_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *symbol;
        enum cst_rust_name name;
        enum cst_rust_entry entry;
    } cases[] = {
        {"__rust_alloc", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_ALLOC},
        {"__rust_alloc_zeroed", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_ALLOC_ZEROED},
        {"_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_ALLOC},
        {"_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_DEALLOC},
        {"_RNvCs1_7___rustc14___rust_realloc", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_REALLOC},
        {"_RNvCs1_7___rustc19___rust_alloc_zeroed", CST_RUST_NAME_ENTRY, CST_RUST_ENTRY_ALLOC_ZEROED},
        {"_RNvCs1_7___rustc13___rdl_dealloc", CST_RUST_NAME_DEFAULT, CST_RUST_ENTRY_DEALLOC},
        {"__rdl_realloc", CST_RUST_NAME_DEFAULT, CST_RUST_ENTRY_REALLOC},
        {"_RNvCs1_7___rustc12___rust_alloc.llvm.123", CST_RUST_NAME_OTHER, CST_RUST_ENTRY_COUNT},
        {"_RNvCs1_7___rustc35___rust_no_alloc_shim_is_unstable_v2", CST_RUST_NAME_OTHER, CST_RUST_ENTRY_COUNT},
        {"_RNvCs1_7___rustc10___rg_alloc", CST_RUST_NAME_OTHER, CST_RUST_ENTRY_COUNT},
        {"rust_eh_personality", CST_RUST_NAME_OTHER, CST_RUST_ENTRY_COUNT},
        {"_RNvCs1_7mycrate12___rust_alloc", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
        {"_RNvCs1_7___rustc", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
        {"_RNvCs1_7___rustc12", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
        {"rust_alloc", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
        {"malloc", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
        {"", CST_RUST_NAME_NONE, CST_RUST_ENTRY_COUNT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum cst_rust_entry entry = CST_RUST_ENTRY_COUNT;
        assert_int_equal(cst_rust_name(cases[i].symbol, &entry), cases[i].name);
        assert_int_equal(entry, cases[i].entry);
    }
}

static void a_thunk_is_a_jump_and_padding_to_the_end_of_its_slot(void **state)
{
    (void)state;
    static const struct {
        struct cst_rust_code code;
        size_t size; /* bytes in front of the padding; 0: no thunk */
    } cases[] = {
        {{{0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 5},
        {{{0xe9, 1, 0, 0, 0, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x90}}, 5},
        {{{0xe9, 1, 0, 0, 0, 0x0f, 0x1f, 0x00, 0x0f, 0x1f, 0x80, 0, 0, 0, 0, 0x90}}, 5},
        {{{0xe9, 1, 0, 0, 0, 0x0f, 0x1f, 0x44, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0}}, 5},
        {{{0xe9, 1, 0, 0, 0, 0x0f, 0x1f, 0x40, 0, 0x66, 0x90, 0x90, 0, 0, 0, 0}}, 5},
        {{{0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x0f, 0x1f, 0x80, 0, 0, 0}}, 0},
        {{{0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x0f, 0x1f}}, 0},
        {{{0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x66}}, 0},
        {{{0xe9, 1, 0, 0, 0, 0x0f, 0x1f, 0xc0, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}}, 0},
        {{{0xe9, 1, 0, 0, 0, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 0},
        {{{0x55, 0x48, 0x89, 0xe5, 0x5d, 0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 10},
        {{{0x55, 0x48, 0x89, 0xe5, 0x5d, 0xe9, 1, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0}}, 10},
        {{{0x55, 0x48, 0x89, 0xe5, 0x5d, 0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xc3}}, 0},
        {{{0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 0},
        {{{0x55, 0x48, 0x89, 0xe5, 0xe9, 1, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 0},
        {{{0xeb, 1, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 0},
        {{{0xff, 0x25, 0, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cst_rust_thunk thunk = {0};
        assert_int_equal(cst_rust_slot_is_thunk(&cases[i].code, &thunk), cases[i].size != 0);
        assert_int_equal(thunk.size, cases[i].size);
        assert_int_equal(thunk.target, cases[i].size != 0 ? cases[i].size + 1 : 0);
        assert_int_equal(thunk.framed, cases[i].size == 10);
    }
    struct cst_rust_thunk thunk;
    struct cst_rust_code back = {{0xe9, 0xfb, 0xff, 0xff, 0xff}};
    assert_true(cst_rust_slot_is_thunk(&back, &thunk));
    assert_int_equal(thunk.target, 0);
}

/* Pages of thunks that jump to `mov $eax, answer; ret` in front of them. */
static unsigned char *make_thunks(size_t count, unsigned char answer)
{
    size_t size = (count + 1) * CST_RUST_SLOT_SIZE;
    unsigned char *slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(slots != MAP_FAILED);
    memset(slots, 0xcc, size);
    memcpy(slots, (unsigned char[]){0xb8, answer, 0, 0, 0, 0xc3}, 6);
    for (size_t i = 1; i <= count; i++) {
        int32_t displacement = -(int32_t)(i * CST_RUST_SLOT_SIZE) - 5;
        slots[i * CST_RUST_SLOT_SIZE] = 0xe9;
        memcpy(slots + i * CST_RUST_SLOT_SIZE + 1, &displacement, sizeof displacement);
    }
    assert_int_equal(mprotect(slots, size, PROT_READ | PROT_EXEC), 0);
    return slots;
}

static int call_slot(const unsigned char *slots, size_t index)
{
    return ((answerer *)(uintptr_t)(slots + index * CST_RUST_SLOT_SIZE))();
}

static int answer_two(void)
{
    return 2;
}

static void without_the_processs_memory_a_slot_is_written_by_a_page_that_takes_the_old_ones_place(void **state)
{
    (void)state;
    unsigned char *slots = make_thunks(2, 1);
    uintptr_t slot = (uintptr_t)slots + CST_RUST_SLOT_SIZE;
    struct cst_rust_code code = cst_rust_slot_jump((uintptr_t)&answer_two);
    struct cst_rust_code old;
    memcpy(&old, (void *)slot, sizeof old);
    struct cst_code_writer writer = {.memory = -1, .protection = PROT_READ | PROT_WRITE | PROT_EXEC};
    assert_false(cst_rust_slot_write(&writer, slot, &code));
    assert_memory_equal((void *)slot, &old, sizeof old);
    assert_int_equal(call_slot(slots, 1), 1);
    writer.protection = PROT_READ | PROT_EXEC;
    assert_true(cst_rust_slot_write(&writer, slot, &code));
    assert_int_equal(call_slot(slots, 1), 2);
    assert_int_equal(call_slot(slots, 2), 1);
    assert_true(cst_rust_slot_write(&writer, slot, &old));
    assert_int_equal(call_slot(slots, 1), 1);
}

struct stress {
    const unsigned char *slots;
    atomic_bool started, done;
    atomic_ulong wrong;
};

static void *call_all(void *argument)
{
    struct stress *stress = argument;
    do {
        for (size_t i = 1; i <= STRESS_SLOTS; i++) {
            int answer = call_slot(stress->slots, i);
            if (answer != 1 && answer != 2) {
                atomic_fetch_add(&stress->wrong, 1);
            }
        }
        atomic_store(&stress->started, true);
    } while (!atomic_load(&stress->done));
    return NULL;
}

static void a_thread_that_executes_a_slot_sees_the_old_or_the_new_jump(void **state)
{
    (void)state;
    unsigned char *slots = make_thunks(STRESS_SLOTS, 1);
    struct stress stress = {.slots = slots};
    pthread_t caller;
    assert_int_equal(pthread_create(&caller, NULL, call_all, &stress), 0);
    while (!atomic_load(&stress.started)) {
    }
    struct cst_code_writer writer = {.memory = cst_sys_open_memory(), .protection = PROT_READ | PROT_EXEC};
    assert_true(writer.memory >= 0);
    struct cst_rust_code code = cst_rust_slot_jump((uintptr_t)&answer_two);
    for (size_t i = 1; i <= STRESS_SLOTS; i++) {
        assert_true(cst_rust_slot_write(&writer, (uintptr_t)slots + i * CST_RUST_SLOT_SIZE, &code));
    }
    atomic_store(&stress.done, true);
    pthread_join(caller, NULL);
    cst_sys_close(writer.memory);
    assert_int_equal(atomic_load(&stress.wrong), 0);
    for (size_t i = 1; i <= STRESS_SLOTS; i++) {
        assert_int_equal(call_slot(slots, i), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_allocator_are_recognised),
        cmocka_unit_test(a_thunk_is_a_jump_and_padding_to_the_end_of_its_slot),
        cmocka_unit_test(without_the_processs_memory_a_slot_is_written_by_a_page_that_takes_the_old_ones_place),
        cmocka_unit_test(a_thread_that_executes_a_slot_sees_the_old_or_the_new_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
