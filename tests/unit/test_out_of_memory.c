/* Out of memory: the whole runtime started and put to work while the n-th piece of memory that it asks the kernel for is
 * refused, for every n, alone or with all that follow. Whatever is lost then, the process must not crash. The program
 * runs itself again for each n, since the runtime starts before main. */
#include "core/findings.h"
#include "entry/hook.h"
#include "entry/moments.h"
#include "entry/start.h"
#include "plat/sys.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NTH "REFUSED_REQUEST="
#define NOT_REACHED 10
#define REQUESTS_MAX 1000

/* ---- the kernel that refuses ---- */

void *__real_cst_sys_map(size_t size);
void *__real_cst_sys_reserve(size_t size, size_t align);
const void *__real_cst_sys_map_file(const char *path, size_t *out_size);

static _Atomic long requests;

/* What the environment says: n, -n for all from the n-th on, 0 for none. */
static long refused(void)
{
    for (char **variable = environ; variable && *variable; variable++) {
        if (strncmp(*variable, NTH, strlen(NTH)) == 0) {
            return strtol(*variable + strlen(NTH), NULL, 10);
        }
    }
    return 0;
}

static bool is_refused(void)
{
    long nth = refused(), request = ++requests;
    return nth > 0 ? request == nth : nth < 0 && request >= -nth;
}

void *__wrap_cst_sys_map(size_t size)
{
    return is_refused() ? NULL : __real_cst_sys_map(size);
}

void *__wrap_cst_sys_reserve(size_t size, size_t align)
{
    return is_refused() ? NULL : __real_cst_sys_reserve(size, align);
}

const void *__wrap_cst_sys_map_file(const char *path, size_t *out_size)
{
    return is_refused() ? NULL : __real_cst_sys_map_file(path, out_size);
}

/* ---- the work ---- */

#define NOTHING ((struct cst_given){.has_size = false, .has_align = false, .size = 0, .align = 0})

CST_NOINLINE static void *alloc(size_t size, size_t align)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, size, align, true);
}

CST_NOINLINE static void *resize(void *block, size_t size)
{
    return cst_hook_resize(CUSTODY_DOOR_REALLOC, CST_SIDE_UNKNOWN, block, size, CST_BLOCK_ALIGN, NOTHING);
}

CST_NOINLINE static void drop(enum custody_door door, void *block)
{
    cst_hook_release(door, CST_SIDE_UNKNOWN, block, NOTHING);
}

/* The doors of this program: its calls of them are read as those of malloc, realloc and free are. */
uintptr_t cst_doors[CUSTODY_DOOR_COUNT] = {
    [CUSTODY_DOOR_MALLOC] = (uintptr_t)alloc,
    [CUSTODY_DOOR_REALLOC] = (uintptr_t)resize,
    [CUSTODY_DOOR_FREE] = (uintptr_t)drop,
    [CUSTODY_DOOR_DELETE] = (uintptr_t)drop,
};

/* Blocks of many sizes, made, grown, left, and released rightly and wrongly. */
static void *work(void *unused)
{
    for (size_t size = 1; size < 3000000; size = size * 3 + 1) {
        char *block = alloc(size, CST_BLOCK_ALIGN), *aligned = alloc(size, 64);
        if (block) {
            memset(block, 'x', size);
            char *grown = resize(block, 2 * size);
            block = grown ? grown : block;
        }
        drop(CUSTODY_DOOR_FREE, block);
        drop(CUSTODY_DOOR_DELETE, aligned);
        (void)!alloc(size, CST_BLOCK_ALIGN);
    }
    return unused;
}

static void work_wrongly(void)
{
    static char zeroed[64];
    char *block = alloc(100, CST_BLOCK_ALIGN);
    if (block && cst_start_is_up()) {
        drop(CUSTODY_DOOR_FREE, block + 16);
        drop(CUSTODY_DOOR_FREE, block);
        drop(CUSTODY_DOOR_FREE, block);
        drop(CUSTODY_DOOR_FREE, zeroed);
    }
}

/* Distinct stacks, sides and findings, as many as need memory of their own. */
static void fill_registries(void)
{
    char name[32];
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof name, "side %u", i);
        uint16_t side = cst_side_register(name, CUSTODY_LANG_C);
        (void)cst_side_get(side)->name;
        for (uintptr_t at = 0; at < 20; at++) {
            uintptr_t frames[CST_STACK_FRAMES_MAX] = {0x1000 + at, i};
            uintptr_t loaded[CST_STACK_FRAMES_MAX];
            (void)cst_stack_load(cst_stack_store(frames, CST_STACK_FRAMES_MAX), loaded);
        }
    }
}

static int run_everything(void)
{
    pthread_t threads[3];
    work(NULL);
    for (size_t i = 0; i < 3; i++) {
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    work_wrongly();
    if (cst_start_is_up()) {
        fill_registries();
    }
    (void)!cst_moments_end("exit", 0);
    return requests < labs(refused()) ? NOT_REACHED : 0;
}

/* ---- the tests ---- */

/* Runs this program with the n-th request refused, its messages thrown away. Its exit status, or 128 + signal. */
static int run_with(long nth)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        char setting[64];
        (void)snprintf(setting, sizeof setting, NTH "%ld", nth);
        char options[] = "CUSTODY_OPTIONS=log=/dev/null:isolate=side 1,side 2:stacks=16";
        char *const argv[] = {(char *)(uintptr_t) "work", NULL};
        char *const envp[] = {setting, options, NULL};
        (void)!freopen("/dev/null", "w", stderr);
        execve("/proc/self/exe", argv, envp);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Tries every request, until one is never made. Returns how many there were. */
static long try_all(long sign)
{
    for (long nth = 1; nth < REQUESTS_MAX; nth++) {
        int status = run_with(sign * nth);
        if (status == NOT_REACHED) {
            return nth - 1;
        }
        if (status != 0) {
            fail_msg("status %d when request %ld is refused%s", status, nth, sign < 0 ? " and all that follow" : "");
        }
    }
    return REQUESTS_MAX;
}

static void with_all_the_memory_it_asks_for_the_work_is_done(void **state)
{
    (void)state;
    assert_int_equal(run_with(0), 0);
}

static void one_refused_request_at_any_moment_crashes_nothing(void **state)
{
    (void)state;
    long tried = try_all(1);
    assert_in_range(tried, 10, REQUESTS_MAX - 1);
}

static void memory_that_is_out_from_any_moment_on_crashes_nothing(void **state)
{
    (void)state;
    long tried = try_all(-1);
    assert_in_range(tried, 10, REQUESTS_MAX - 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_all_the_memory_it_asks_for_the_work_is_done),
        cmocka_unit_test(one_refused_request_at_any_moment_crashes_nothing),
        cmocka_unit_test(memory_that_is_out_from_any_moment_on_crashes_nothing),
    };
    if (argc == 1 && strcmp(argv[0], "work") == 0) {
        return run_everything();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
