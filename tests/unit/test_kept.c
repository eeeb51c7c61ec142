/* Pointers that the kernel keeps: what epoll_ctl and timer_create were given is told while it is there. */
#include "base/kept.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct search {
    uintptr_t word;
    bool found;
};

static void compare(uintptr_t word, void *data)
{
    struct search *search = data;
    search->found = search->found || search->word == word;
}

static bool is_kept(uintptr_t word)
{
    struct search search = {.word = word};
    cst_kept_each(compare, &search);
    return search.found;
}

#define WATCHED 200

static void what_epoll_was_given_is_told_while_it_watches(void **state)
{
    (void)state;
    int ends[WATCHED][2], epoll = epoll_create1(0);
    assert_true(epoll > 0);
    for (size_t i = 0; i < WATCHED; i++) { /* more than one window of text */
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_C(0x7abc12345000) + i};
        assert_int_equal(pipe(ends[i]), 0);
        assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[i][0], &event), 0);
    }
    for (size_t i = 0; i < WATCHED; i++) {
        assert_true(is_kept(0x7abc12345000 + i));
    }
    assert_false(is_kept(0x7abc12345000 + WATCHED));
    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[3][0], NULL), 0);
    assert_false(is_kept(0x7abc12345003));
    for (size_t i = 0; i < WATCHED; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
    close(epoll);
    assert_false(is_kept(0x7abc12345000));
}

static void what_a_timer_was_given_is_told_while_it_lives(void **state)
{
    (void)state;
    timer_t first, second;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    event.sigev_value.sival_ptr = (void *)0x7abc0badcafe;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &first), 0);
    event.sigev_value.sival_ptr = (void *)0x7abc0badbeef;
    assert_int_equal(timer_create(CLOCK_REALTIME, &event, &second), 0);
    assert_true(is_kept(0x7abc0badcafe));
    assert_true(is_kept(0x7abc0badbeef));
    timer_delete(first);
    assert_false(is_kept(0x7abc0badcafe));
    assert_true(is_kept(0x7abc0badbeef));
    timer_delete(second);
    assert_false(is_kept(0x7abc0badbeef));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_epoll_was_given_is_told_while_it_watches),
        cmocka_unit_test(what_a_timer_was_given_is_told_while_it_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
