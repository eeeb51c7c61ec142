/* The awkward moments of a process: each scene is played by this program run again, with a log of its own, and the log tells
 * whether it was played well. */
#include "entry/moments.h"

#include "core/findings.h"
#include "core/leak.h"
#include "entry/hook.h"
#include "entry/start.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SIDE 900

static char log_path[] = "/tmp/custody-moments-XXXXXX";
static char log_text[1 << 18];

/* ---- what scenes are made of ---- */

CST_NOINLINE static void *alloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, SIDE, size, CST_BLOCK_ALIGN, false);
}

CST_NOINLINE static void drop(void *block)
{
    cst_hook_release(CUSTODY_DOOR_FREE, SIDE, block, (struct cst_given){.has_size = false});
}

static void err(void)
{
    void *block = alloc(10);
    drop(block);
    drop(block);
}

static int wait_for(pid_t child)
{
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the scenes: each gives the status to return from main with ---- */

static void *volatile kept;

static int play_return(void)
{
    kept = alloc(4242);
    return 3;
}

/* Nothing leads to the block any more once this has returned. */
static int play_lose(void)
{
    (void)!alloc(4242);
    return 3;
}

static int play_error(void)
{
    err();
    return 3;
}

/* Waits for input that never comes, with the stream locked. */
static void *read_for_ever(void *input)
{
    (void)getc(input);
    return NULL;
}

static int play_exit_beside_a_reader(void)
{
    int ends[2];
    pthread_t reader;
    if (pipe(ends) != 0)
        return 1;
    FILE *input = fdopen(ends[0], "r");
    if (!input || pthread_create(&reader, NULL, read_for_ever, input) != 0)
        return 1;
    while (ftrylockfile(input) == 0)
        funlockfile(input);
    alarm(20);
    err();
    return 3;
}

static int play_quick_exit(void)
{
    err();
    quick_exit(4);
}

/* As the shim of exit does. */
CST_NOINLINE _Noreturn static void leave(int status)
{
    cst_moments_exit(CST_LEAKS_STACK());
    exit(status);
}

static void leave_again(void)
{
    void *volatile held = alloc(8181);
    (void)held;
    leave(4);
}

static int play_exit_from_a_handler(void)
{
    drop(alloc(10));
    if (atexit(leave_again) != 0)
        return 1;
    leave(3);
}

static int play_end_twice(void)
{
    err();
    if (cst_moments_end("_exit", 5) != 77 || cst_moments_end("_exit", 6) != 6) {
        return 1;
    }
    return 0;
}

static atomic_bool has_said;

static void *say_more(void *unused)
{
    err();
    has_said = true;
    return unused;
}

/* Another thread that has something to say when all has been said does not get to say it. */
static int play_speak_after_the_end(void)
{
    pthread_t thread;
    int status = cst_moments_end("_exit", 5);
    if (pthread_create(&thread, NULL, say_more, NULL) != 0)
        return 1;
    for (int i = 0; i < 300000 && !has_said; i++)
        sched_yield();
    _exit(status);
}

/* The second of two threads that end the process waits until the first has told the end. */
static void *end_first(void *unused)
{
    _exit(cst_moments_end("_exit", 6));
    return unused;
}

static int play_end_in_two_threads(void)
{
    pthread_t thread;
    for (int i = 0; i < 20000; i++)
        kept = alloc(100);
    if (pthread_create(&thread, NULL, end_first, NULL) != 0)
        return 1;
    _exit(cst_moments_end("_exit", 6));
}

static int play_fork(void)
{
    (void)!alloc(4242);
    err();
    pid_t child = fork();
    if (child == 0) {
        (void)!alloc(1717);
        exit(0);
    }
    return wait_for(child);
}

/* Many threads at work while children are forked: no lock may stay taken in a child. */
static void *work(void *stop)
{
    while (!*(atomic_bool *)stop) {
        char name[32];
        (void)snprintf(name, sizeof name, "side %d", rand() % 500);
        (void)cst_side_register(name, CUSTODY_LANG_C);
        void *block = alloc((size_t)(rand() % 5000));
        uintptr_t frames[2] = {(uintptr_t)rand(), (uintptr_t)block};
        (void)cst_stack_store(frames, 1);
        drop(block);
    }
    return NULL;
}

static int play_fork_among_threads(void)
{
    atomic_bool stop = false;
    pthread_t threads[3];
    int result = 0;
    for (size_t i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, work, &stop);
    }
    for (int i = 0; i < 50 && result == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)alarm(20);
            (void)cst_side_register("of the child", CUSTODY_LANG_C);
            err();
            _exit(cst_moments_end("_exit", 0) == 77 ? 0 : 1);
        }
        result = wait_for(child);
    }
    stop = true;
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    return result;
}

static int play_vfork(void)
{
    err();
    pid_t child = vfork();
    if (child == 0) {
        char *const argv[] = {(char *)(uintptr_t) "of-vfork", NULL};
        cst_moments_exec("of-vfork", argv);
        _exit(cst_moments_end("_exit", 9));
    }
    return wait_for(child) == 9 ? 0 : 1;
}

static int play_exec(void)
{
    char *const argv[] = {(char *)(uintptr_t) "first", (char *)(uintptr_t) "second", NULL};
    cst_moments_exec("/bin/true", argv);
    cst_moments_exec("no arguments", NULL);
    return 0;
}

static int play_kill(void)
{
    err();
    (void)raise(SIGKILL);
    return 0;
}

static const struct scene {
    const char *name;
    int (*play)(void);
} scenes[] = {
    {"return", play_return},
    {"lose", play_lose},
    {"error", play_error},
    {"quick_exit", play_quick_exit},
    {"exit beside a reader", play_exit_beside_a_reader},
    {"exit from a handler", play_exit_from_a_handler},
    {"end twice", play_end_twice},
    {"speak after the end", play_speak_after_the_end},
    {"end in two threads", play_end_in_two_threads},
    {"fork", play_fork},
    {"fork among threads", play_fork_among_threads},
    {"vfork", play_vfork},
    {"exec", play_exec},
    {"kill", play_kill},
};

/* ---- the audience ---- */

static void read_log(void)
{
    FILE *file = fopen(log_path, "r");
    assert_non_null(file);
    log_text[fread(log_text, 1, sizeof log_text - 1, file)] = '\0';
    (void)fclose(file);
}

/* Plays the scene under `options`; its exit status, or 128 + signal. The log is read. */
static int play(const char *scene, const char *options)
{
    int status = 0;
    assert_int_equal(truncate(log_path, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        char setting[256];
        (void)snprintf(setting, sizeof setting, "log=%s:exit_code=77:%s", log_path, options);
        char *const argv[] = {(char *)(uintptr_t)scene, NULL};
        setenv("CUSTODY_OPTIONS", setting, 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    read_log();
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static unsigned count(const char *word)
{
    unsigned found = 0;
    for (const char *at = strstr(log_text, word); at; at = strstr(at + 1, word)) {
        found++;
    }
    return found;
}

#define EVENT(name) count("\"event\":\"" name "\"")

static void the_end_is_told_once_with_what_is_live_and_the_status_kept(void **state)
{
    (void)state;
    assert_int_equal(play("return", "fail_on=error"), 3);
    assert_int_equal(EVENT("start"), 1);
    assert_int_equal(EVENT("exit"), 1);
    assert_int_equal(count("\"bytes\":4242,\"when\":\"exit\""), 1);
    assert_non_null(strstr(log_text, "\"how\":\"exit\""));
}

static void leaks_are_told_as_asked_for(void **state)
{
    (void)state;
    assert_int_equal(play("return", "leaks=off"), 3);
    assert_int_equal(count("\"kind\":\"leak\""), 0);
    assert_int_equal(play("return", "leaks=summary"), 3);
    assert_int_equal(count("\"bytes\":4242,\"when\":\"exit\""), 1);
}

static void a_finding_as_bad_as_fail_on_changes_the_status(void **state)
{
    (void)state;
    assert_int_equal(play("error", "fail_on=error"), 77);
    assert_int_equal(count("\"kind\":\"double-free\""), 1);
    assert_int_equal(play("error", "fail_on=warning"), 77);
    assert_int_equal(play("error", "fail_on=never"), 3);
    assert_int_equal(play("return", "fail_on=warning"), 3);
    assert_int_equal(play("return", "fail_on=note"), 77);
    assert_int_equal(play("lose", "fail_on=error"), 77);
    assert_int_equal(count("\"class\":\"definite\""), 1);
    assert_int_equal(play("lose", "fail_on=note:leaks=off"), 3);
}

static void the_end_does_not_wait_for_a_thread_that_reads(void **state)
{
    (void)state;
    assert_int_equal(play("exit beside a reader", "fail_on=error"), 77);
}

static void quick_exit_is_told_and_fails_like_any_end(void **state)
{
    (void)state;
    assert_int_equal(play("quick_exit", "fail_on=never"), 4);
    assert_int_equal(EVENT("exit"), 1);
    assert_non_null(strstr(log_text, "\"how\":\"quick_exit\""));
    assert_int_equal(play("quick_exit", "fail_on=error"), 77);
}

static void what_a_handler_holds_that_leaves_again_is_reachable(void **state)
{
    (void)state;
    assert_int_equal(play("exit from a handler", "fail_on=error"), 4);
    assert_int_equal(count("\"class\":\"reachable\",\"blocks\":1,\"bytes\":8181"), 1);
}

static void the_second_end_is_no_end(void **state)
{
    (void)state;
    assert_int_equal(play("end twice", "fail_on=error"), 0);
    assert_int_equal(EVENT("exit"), 1);
}

static void nothing_is_said_after_an_end_at_once(void **state)
{
    (void)state;
    assert_int_equal(play("speak after the end", "fail_on=error"), 5);
    assert_int_equal(EVENT("exit"), 1);
    assert_int_equal(EVENT("finding"), 0);
}

static void an_end_is_told_to_its_end_when_two_threads_make_it(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(play("end in two threads", "fail_on=never"), 6);
        assert_int_equal(EVENT("exit"), 1);
    }
}

static void parent_and_child_of_a_fork_each_tell_their_own(void **state)
{
    (void)state;
    assert_int_equal(play("fork", "fail_on=error"), 77);
    assert_int_equal(EVENT("fork"), 1);
    assert_int_equal(EVENT("exit"), 2);
    assert_int_equal(count("\"kind\":\"double-free\""), 1);
    assert_int_equal(count("\"bytes\":4242,\"when\":\"exit\""), 1);
    assert_int_equal(count("\"bytes\":1717,\"when\":\"exit\""), 1);
}

static void a_child_of_a_busy_process_is_audited_and_never_stuck(void **state)
{
    (void)state;
    assert_int_equal(play("fork among threads", "fail_on=error:leaks=off"), 0);
    assert_int_equal(EVENT("fork"), 50);
    assert_int_equal(EVENT("exit"), 51);
    assert_int_equal(count("\"kind\":\"double-free\""), 50);
}

static void a_child_of_vfork_says_nothing_and_its_parent_goes_on(void **state)
{
    (void)state;
    assert_int_equal(play("vfork", "fail_on=error"), 77);
    assert_int_equal(EVENT("exit"), 1);
    assert_int_equal(count("of-vfork"), 0);
}

static void an_exec_is_told_before_it_is_tried(void **state)
{
    (void)state;
    assert_int_equal(play("exec", "fail_on=error"), 0);
    assert_int_equal(EVENT("exec"), 2);
    assert_int_equal(EVENT("exit"), 1);
    assert_non_null(strstr(log_text, "[\"first\",\"second\"]"));
}

static void a_killed_process_has_told_what_it_had_found(void **state)
{
    (void)state;
    assert_int_equal(play("kill", "fail_on=error"), 128 + SIGKILL);
    assert_int_equal(count("\"kind\":\"double-free\""), 1);
    assert_int_equal(EVENT("exit"), 0);
}

static int make_log(void **state)
{
    (void)state;
    int fd = mkstemp(log_path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_log(void **state)
{
    (void)state;
    return unlink(log_path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_once_with_what_is_live_and_the_status_kept),
        cmocka_unit_test(leaks_are_told_as_asked_for),
        cmocka_unit_test(a_finding_as_bad_as_fail_on_changes_the_status),
        cmocka_unit_test(the_end_does_not_wait_for_a_thread_that_reads),
        cmocka_unit_test(quick_exit_is_told_and_fails_like_any_end),
        cmocka_unit_test(what_a_handler_holds_that_leaves_again_is_reachable),
        cmocka_unit_test(the_second_end_is_no_end),
        cmocka_unit_test(nothing_is_said_after_an_end_at_once),
        cmocka_unit_test(an_end_is_told_to_its_end_when_two_threads_make_it),
        cmocka_unit_test(parent_and_child_of_a_fork_each_tell_their_own),
        cmocka_unit_test(a_child_of_a_busy_process_is_audited_and_never_stuck),
        cmocka_unit_test(a_child_of_vfork_says_nothing_and_its_parent_goes_on),
        cmocka_unit_test(an_exec_is_told_before_it_is_tried),
        cmocka_unit_test(a_killed_process_has_told_what_it_had_found),
    };
    for (size_t i = 0; argc == 1 && i < sizeof scenes / sizeof scenes[0]; i++) {
        if (strcmp(argv[0], scenes[i].name) == 0) {
            return scenes[i].play();
        }
    }
    return cmocka_run_group_tests(tests, make_log, remove_log);
}
