/* The process that makes facts: what it answers, and what is told when it cannot. The making itself is replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Stands in for the maker: the path says what it does. */
bool __wrap_cst_facts_cache_make(const struct cst_facts_order *order, struct cst_facts_made *out_made)
{
    *out_made = (struct cst_facts_made){.done = strcmp(order->path, "good") == 0, .rows = 41, .key = "0a0b"};
    if (strcmp(order->path, "crash") == 0) {
        signal(SIGSEGV, SIG_DFL); /* CMocka has a handler */
        raise(SIGSEGV);
    } else if (strcmp(order->path, "loop") == 0) {
        while (pause() != 0) {
        }
    } else if (strcmp(order->path, "memory") == 0 && !calloc((size_t)5 << 30, 1)) {
        exit(125);
    }
    strcpy(out_made->trouble, "damaged");
    return out_made->done;
}

static struct cst_facts_made make(const char *path, unsigned seconds)
{
    const struct cst_facts_order order = {.path = path};
    struct cst_facts_made made;
    bool done = cst_facts_worker_make(&order, seconds, &made);
    assert_int_equal(done, made.done);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
    return made;
}

static void what_was_made_is_told(void **state)
{
    (void)state;
    struct cst_facts_made made = make("good", 60);
    assert_true(made.done);
    assert_int_equal(made.rows, 41);
    assert_string_equal(made.key, "0a0b");
}

static void what_was_not_made_is_told_with_the_reason(void **state)
{
    (void)state;
    struct cst_facts_made made = make("bad", 60);
    assert_false(made.done);
    assert_string_equal(made.trouble, "damaged");
}

static void a_crash_is_told(void **state)
{
    (void)state;
    struct cst_facts_made made = make("crash", 60);
    assert_false(made.done);
    assert_non_null(strstr(made.trouble, "given up"));
    assert_non_null(strstr(made.trouble, "signal 11"));
}

static void who_takes_too_long_is_ended(void **state)
{
    (void)state;
    signal(SIGALRM, SIG_IGN); /* as whoever started the tool may have left it */
    struct cst_facts_made made = make("loop", 1);
    assert_false(made.done);
    assert_string_equal(made.trouble, "given up: it takes longer than 1 s");
}

static void who_takes_too_much_memory_is_ended(void **state)
{
    (void)state;
    struct cst_facts_made made = make("memory", 60);
    assert_false(made.done);
    assert_string_equal(made.trouble, "given up: it takes too much memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_made_is_told),
        cmocka_unit_test(what_was_not_made_is_told_with_the_reason),
        cmocka_unit_test(a_crash_is_told),
        cmocka_unit_test(who_takes_too_long_is_ended),
        cmocka_unit_test(who_takes_too_much_memory_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
