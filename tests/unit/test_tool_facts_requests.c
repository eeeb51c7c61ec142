/* What the server of facts remembers: a server in a process of its own, with a worker that is told what comes of it. */
#include "facts_requests.h"

#include "facts_worker.h"

#include "custody/facts.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Refusals that are remembered: REFUSED_MAX of facts_requests.c. */
#define REMEMBERED 1024

/* Shared with the server. */
static struct {
    _Atomic unsigned tried; /* how often there was a worker, or should have been */
    atomic_bool is_there;   /* a worker can be had */
    atomic_bool makes;      /* it makes facts */
} * worker;

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static pid_t server;

bool __wrap_cst_facts_worker_make(const struct cst_facts_order *order, unsigned seconds,
                                  struct cst_facts_made *out_made)
{
    (void)order;
    (void)seconds;
    worker->tried++;
    *out_made = (struct cst_facts_made){.done = worker->is_there && worker->makes, .untried = !worker->is_there};
    return out_made->done;
}

static int begin(void **state)
{
    (void)state;
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "custody-test-requests-%d", (int)getpid());
    address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, address_size) != 0 || listen(listener, 8) != 0) {
        return -1;
    }
    worker->tried = 0;
    worker->is_there = worker->makes = true;
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        cst_facts_requests_serve(listener, "/nowhere");
    }
    close(listener);
    return server > 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    return waitpid(server, NULL, 0) == server ? 0 : -1;
}

/* The answer to a question about file number `number`. */
static int ask(unsigned number)
{
    char request[64];
    unsigned char answer = 0;
    int path = snprintf(request, sizeof request, "/file/%u", number);
    int key = snprintf(request + path + 1, sizeof request - (size_t)path - 1, "%08x", number);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, address_size), 0);
    assert_int_equal(send(fd, request, (size_t)(path + key + 2), 0), path + key + 2);
    assert_int_equal(recv(fd, &answer, 1, 0), 1);
    close(fd);
    return answer;
}

static void what_cannot_be_made_is_tried_once(void **state)
{
    (void)state;
    worker->makes = false;
    assert_int_equal(ask(1), CUSTODY_FACTS_NONE);
    assert_int_equal(ask(1), CUSTODY_FACTS_NONE);
    assert_int_equal(worker->tried, 1);
    worker->makes = true;
    assert_int_equal(ask(1), CUSTODY_FACTS_NONE);
    assert_int_equal(ask(2), CUSTODY_FACTS_READY);
}

static void what_nobody_could_look_at_is_tried_again(void **state)
{
    (void)state;
    worker->is_there = false;
    assert_int_equal(ask(1), CUSTODY_FACTS_NONE);
    worker->is_there = true;
    assert_int_equal(ask(1), CUSTODY_FACTS_READY);
    assert_int_equal(worker->tried, 2);
}

static void no_more_is_remembered_than_there_is_room_for(void **state)
{
    (void)state;
    worker->makes = false;
    for (unsigned number = 0; number <= REMEMBERED; number++) {
        assert_int_equal(ask(number), CUSTODY_FACTS_NONE);
    }
    assert_int_equal(worker->tried, REMEMBERED + 1);
    for (unsigned number = 0; number <= REMEMBERED; number++) {
        assert_int_equal(ask(number), CUSTODY_FACTS_NONE);
    }
    assert_int_equal(worker->tried, REMEMBERED + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_made_is_tried_once, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_could_look_at_is_tried_again, begin, end),
        cmocka_unit_test_setup_teardown(no_more_is_remembered_than_there_is_room_for, begin, end),
    };
    worker = mmap(NULL, sizeof *worker, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return worker == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
