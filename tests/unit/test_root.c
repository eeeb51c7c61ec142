/* Roots: which memory of the process may hold its pointers, and which of the heap cannot be read. What is gathered is
 * compared with addresses whose nature is known. */
#include "core/root.h"

#include "core/heap.h"
#include "core/side.h"
#include "core/stacks.h"
#include "plat/own.h"
#include "plat/sys.h"
#include "site/module.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE CST_PAGE_SIZE

static struct cst_roots roots;

static uintptr_t here(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

static void gather(const struct cst_halt *halt, uintptr_t stack_pointer)
{
    assert_true(cst_roots_prepare(&roots));
    assert_true(cst_roots_gather(&roots, halt, stack_pointer));
}

static void gather_alone(void)
{
    const struct cst_halt nobody = {.listed = true};
    gather(&nobody, here());
}

static int forget(void **state)
{
    (void)state;
    cst_roots_free(&roots);
    roots = (struct cst_roots){0};
    return 0;
}

static const struct cst_root *root_of(const void *address)
{
    for (size_t i = 0; i < roots.count; i++) {
        if (roots.roots[i].lo <= (uintptr_t)address && (uintptr_t)address < roots.roots[i].hi) {
            return &roots.roots[i];
        }
    }
    return NULL;
}

static char *map(size_t size, int protection, int flags, int file)
{
    char *memory = mmap(NULL, size, protection, flags | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static int temporary_file(size_t size)
{
    char path[] = "/tmp/custody-root-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && ftruncate(file, (off_t)size) == 0);
    unlink(path);
    return file;
}

/* ---- mappings ---- */

static void private_memory_is_a_root_as_far_as_it_can_be_read(void **state)
{
    (void)state;
    char *memory = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    assert_int_equal(mprotect(memory + PAGE, PAGE, PROT_NONE), 0);
    assert_int_equal(mprotect(memory + 2 * PAGE, PAGE, PROT_READ), 0);
    gather_alone();
    assert_non_null(root_of(memory));
    assert_null(root_of(memory + PAGE));
    assert_non_null(root_of(memory + 2 * PAGE));
    assert_non_null(root_of(memory + 4 * PAGE - 1));
    assert_int_equal(root_of(memory)->holder, CST_HOLDER_NOBODY);
    assert_int_equal(root_of(memory)->how, CST_REACH_ALIGNED);
    munmap(memory, 4 * PAGE);
}

static void memory_shared_with_children_is_a_root_and_shared_files_are_not(void **state)
{
    (void)state;
    int file = temporary_file(PAGE), memory_file = memfd_create("custody", 0);
    assert_true(memory_file >= 0 && ftruncate(memory_file, PAGE) == 0);
    char *anonymous = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, -1);
    char *of_memory = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file);
    char *of_file = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file);
    char *own_copy = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file);
    char *as_it_is = map(PAGE, PROT_READ, MAP_PRIVATE, file);
    gather_alone();
    assert_non_null(root_of(anonymous));
    assert_non_null(root_of(of_memory));
    assert_null(root_of(of_file));
    assert_non_null(root_of(own_copy));
    assert_null(root_of(as_it_is));
    munmap(anonymous, PAGE);
    munmap(of_memory, PAGE);
    munmap(of_file, PAGE);
    munmap(own_copy, PAGE);
    munmap(as_it_is, PAGE);
    close(file);
    close(memory_file);
}

static void code_that_can_be_written_is_looked_through_at_every_byte(void **state)
{
    (void)state;
    char *code = map(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, -1);
    gather_alone();
    assert_non_null(root_of(code));
    assert_int_equal(root_of(code)->how, CST_REACH_PACKED);
    munmap(code, PAGE);
}

static void the_heap_its_shadow_and_our_own_memory_are_none(void **state)
{
    (void)state;
    char *around = map(5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    void *block = cst_heap_alloc(0, 100, CST_BLOCK_ALIGN, false);
    cst_own_note(around + 2 * PAGE, PAGE);
    gather_alone();
    assert_null(root_of(block));
    assert_null(root_of(cst_tag_of((uintptr_t)block)));
    assert_null(root_of(&cst_shadow.density[((uintptr_t)block - cst_shadow.base) >> CST_PAGE_SHIFT]));
    assert_null(root_of(roots.roots));
    assert_non_null(root_of(around + 2 * PAGE - 1));
    assert_null(root_of(around + 2 * PAGE));
    assert_null(root_of(around + 3 * PAGE - 1));
    assert_non_null(root_of(around + 3 * PAGE));
    assert_true(cst_own_forget(around + 2 * PAGE, PAGE));
    munmap(around, 5 * PAGE);
    cst_heap_release(block, 100, CST_BLOCK_ALIGN);
}

static _Thread_local void *of_this_thread;

static bool is_heaps_own(uintptr_t thread_pointer)
{
    uintptr_t lo, hi;
    cst_heap_thread_state(thread_pointer, &lo, &hi);
    return lo < hi && hi <= thread_pointer && !root_of((const void *)lo) && !root_of((const void *)(hi - 1));
}

/* jemalloc keeps there keys of its caches: addresses in the heap, of no block in particular. */
static void what_the_heap_keeps_of_a_thread_is_none_and_the_threads_own_is(void **state)
{
    (void)state;
    cst_heap_release(cst_heap_alloc(0, 100, CST_BLOCK_ALIGN, false), 100, CST_BLOCK_ALIGN);
    gather_alone();
    assert_true(is_heaps_own((uintptr_t)__builtin_thread_pointer()));
    assert_non_null(root_of(&of_this_thread));
}

static void data_of_a_module_belongs_to_its_side(void **state)
{
    (void)state;
    gather_alone();
    const struct cst_module *libc = cst_module_find((uintptr_t)stdout);
    const struct cst_root *root = root_of(stdout);
    assert_true(libc && root && root->holder & CST_HOLDER_DATA);
    assert_ptr_equal(cst_side_get(root->holder & (uint16_t)~CST_HOLDER_DATA)->module, libc);
    assert_null(root_of((const void *)(uintptr_t)&fopen));
    assert_non_null(root_of(&roots));
}

/* ---- stacks ---- */

static char *far_below(void)
{
    return (char *)here() - 6 * PAGE;
}

/* Touches the stack so that its mapping reaches down there. */
__attribute__((noinline)) static void use_stack(void)
{
    volatile char used[8 * PAGE];
    for (size_t i = 0; i < sizeof used; i += PAGE) {
        used[i] = 1;
    }
}

static void the_stack_is_a_root_from_the_stack_pointer_on(void **state)
{
    (void)state;
    volatile char local = 0;
    struct cst_stack_bounds bounds = cst_stack_bounds_get();
    unsigned place = cst_stacks_add(&bounds);
    use_stack();
    gather_alone();
    cst_stacks_remove(place);
    assert_non_null(root_of((const void *)&local));
    assert_null(root_of(far_below()));
}

static void a_stack_that_is_not_known_is_a_root_as_a_whole(void **state)
{
    (void)state;
    use_stack();
    gather_alone();
    assert_non_null(root_of(far_below()));
}

/* As with a main thread without a limit: the stack could reach over everything else. */
static void a_stack_that_could_reach_over_other_mappings_hides_none_of_them(void **state)
{
    (void)state;
    struct cst_stack_bounds bounds = {.lo = PAGE, .hi = cst_stack_bounds_get().hi};
    unsigned place = cst_stacks_add(&bounds);
    char *memory = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    void *block = cst_heap_alloc(0, 100, CST_BLOCK_ALIGN, false);
    use_stack();
    gather_alone();
    cst_stacks_remove(place);
    assert_non_null(root_of(memory));
    assert_null(root_of(block));
    assert_null(root_of(roots.roots));
    assert_null(root_of(far_below()));
    munmap(memory, PAGE);
    cst_heap_release(block, 100, CST_BLOCK_ALIGN);
}

static struct cst_stack_bounds thread_stack;
static uintptr_t thread_control;
static sem_t begun, may_end;

static void *live_and_end(void *unused)
{
    thread_stack = cst_stack_bounds_get();
    thread_control = (uintptr_t)__builtin_thread_pointer();
    unsigned place = cst_stacks_add(&thread_stack);
    use_stack();
    sem_post(&begun);
    sem_wait(&may_end);
    cst_stacks_end(place, thread_control);
    sem_post(&begun); /* its end is noted, and it lives on */
    sem_wait(&may_end);
    return unused;
}

static pthread_t start_thread(void)
{
    pthread_t thread;
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    if (pthread_create(&thread, NULL, live_and_end, NULL) != 0) {
        abort();
    }
    sem_wait(&begun);
    return thread;
}

static void of_a_halted_thread_the_part_in_use_is_a_root(void **state)
{
    (void)state;
    pthread_t thread = start_thread();
    struct cst_halt halt;
    bool prepared = cst_roots_prepare(&roots), begun_well = cst_halt_begin(&halt);
    bool gathered = cst_roots_gather(&roots, &halt, here());
    uintptr_t stack_pointer = halt.threads[0].stack_pointer;
    cst_halt_end(&halt);
    sem_post(&may_end);
    sem_post(&may_end);
    pthread_join(thread, NULL);
    assert_true(prepared && begun_well && gathered);
    assert_non_null(root_of((const void *)stack_pointer));
    assert_non_null(root_of((const void *)(stack_pointer - 128)));
    assert_null(root_of((const void *)(stack_pointer - 137)));
    assert_null(root_of((const void *)thread_stack.lo));
    assert_non_null(root_of((const void *)thread_control));
    assert_true(is_heaps_own(thread_control));
}

static void of_a_thread_that_ended_its_control_block_is_left(void **state)
{
    (void)state;
    pthread_t thread = start_thread();
    sem_post(&may_end);
    sem_wait(&begun);
    gather_alone(); /* it lives: wherever it may run, its stack is in use */
    assert_non_null(root_of((const void *)(thread_control - 1)));
    forget(NULL);
    sem_post(&may_end);
    pthread_join(thread, NULL);
    gather_alone();
    assert_null(root_of((const void *)(thread_control - 1)));
    assert_null(root_of((const void *)thread_stack.lo));
    assert_non_null(root_of((const void *)thread_control));
}

/* ---- bars ---- */

static bool is_barred(const char *address)
{
    for (size_t i = 0; i < roots.bar_count; i++) {
        assert_true(i == 0 || roots.bars[i - 1].hi <= roots.bars[i].lo);
        if (roots.bars[i].lo <= (uintptr_t)address && (uintptr_t)address < roots.bars[i].hi) {
            return true;
        }
    }
    return false;
}

static void parts_of_the_heap_that_cannot_be_read_as_they_are_are_barred(void **state)
{
    (void)state;
    char *block = cst_heap_alloc(0, 16 * PAGE, PAGE, true);
    int file = temporary_file(0);
    gather_alone();
    size_t before = roots.bar_count;
    assert_false(is_barred(block) || is_barred(block + 2 * PAGE));
    forget(NULL);
    assert_int_equal(mprotect(block + 2 * PAGE, PAGE, PROT_NONE), 0);
    assert_int_equal(munmap(block + 5 * PAGE, PAGE), 0);
    assert_ptr_equal(mmap(block + 8 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0),
                     block + 8 * PAGE);
    assert_int_equal(mprotect(block + 10 * PAGE, PAGE, PROT_READ), 0);
    gather_alone();
    for (size_t page = 0; page < 16; page++) {
        bool barred = page == 2 || page == 5 || page == 8;
        assert_int_equal(is_barred(block + page * PAGE), barred);
        assert_int_equal(is_barred(block + page * PAGE + PAGE - 1), barred);
    }
    assert_int_equal(roots.bar_count, before + 3);
    assert_ptr_equal(mmap(block, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                     block);
    close(file);
    cst_heap_release(block, 16 * PAGE, PAGE);
}

/* ---- many ---- */

static void thousands_of_mappings_are_gathered_quickly(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    char *memory = map(MANY * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
    for (size_t i = 0; i < MANY; i += 2) {
        assert_int_equal(mprotect(memory + i * PAGE, PAGE, PROT_NONE), 0);
    }
    gather_alone();
    for (size_t i = 0; i < MANY; i += 997) {
        assert_int_equal(root_of(memory + i * PAGE) != NULL, i % 2);
    }
    munmap(memory, MANY * PAGE);
}

static int start(void **state)
{
    (void)state;
    if (!cst_heap_start(true) || !cst_heap_enter_thread(&(bool){false})) {
        return -1;
    }
    cst_module_scan();
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(private_memory_is_a_root_as_far_as_it_can_be_read),
        TEST(memory_shared_with_children_is_a_root_and_shared_files_are_not),
        TEST(code_that_can_be_written_is_looked_through_at_every_byte),
        TEST(the_heap_its_shadow_and_our_own_memory_are_none),
        TEST(what_the_heap_keeps_of_a_thread_is_none_and_the_threads_own_is),
        TEST(data_of_a_module_belongs_to_its_side),
        TEST(the_stack_is_a_root_from_the_stack_pointer_on),
        TEST(a_stack_that_is_not_known_is_a_root_as_a_whole),
        TEST(a_stack_that_could_reach_over_other_mappings_hides_none_of_them),
        TEST(of_a_halted_thread_the_part_in_use_is_a_root),
        TEST(of_a_thread_that_ended_its_control_block_is_left),
        TEST(parts_of_the_heap_that_cannot_be_read_as_they_are_are_barred),
        TEST(thousands_of_mappings_are_gathered_quickly),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
