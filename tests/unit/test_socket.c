/* Questions to another process: a thread of the test is who listens, and behaves well or badly. */
#include "plat/socket.h"

#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define UNTOUCHED 4711
#define SECOND UINT64_C(1000000000)
#define SOON (SECOND / 20)

/* What the listener does with a question. */
enum conduct { ANSWER, HANG_UP, SAY_NOTHING };

static struct {
    char name[64];
    int fd, client;
    enum conduct conduct;
    unsigned char answer;
    char heard[256];
    ssize_t heard_size;
    pthread_t thread;
} listener;

static void begin_listening(const char *what, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(listener.name, sizeof listener.name, "custody-test-%d-%s", (int)getpid(), what);
    memcpy(address.sun_path + 1, listener.name, (size_t)length);
    listener.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    assert_int_equal(bind(listener.fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener.fd, backlog), 0);
    listener.client = -1;
}

static void *listen_once(void *unused)
{
    (void)unused;
    listener.client = accept(listener.fd, NULL, NULL);
    listener.heard_size = recv(listener.client, listener.heard, sizeof listener.heard, 0);
    if (listener.conduct == ANSWER) {
        (void)send(listener.client, &listener.answer, 1, MSG_NOSIGNAL);
    }
    if (listener.conduct != SAY_NOTHING) {
        close(listener.client);
    }
    return NULL;
}

static void serve(const char *what, enum conduct conduct, unsigned char answer)
{
    begin_listening(what, 4);
    listener.conduct = conduct;
    listener.answer = answer;
    assert_int_equal(pthread_create(&listener.thread, NULL, listen_once, NULL), 0);
}

static void stop_serving(void)
{
    pthread_join(listener.thread, NULL);
    if (listener.conduct == SAY_NOTHING) {
        close(listener.client);
    }
    close(listener.fd);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void a_question_is_one_packet_and_its_answer_a_byte(void **state)
{
    (void)state;
    serve("answers", ANSWER, 255);
    errno = UNTOUCHED;
    assert_int_equal(cst_socket_ask(listener.name, "a\0bc", 5, 60 * SECOND), 255);
    assert_int_equal(errno, UNTOUCHED);
    stop_serving();
    assert_int_equal(listener.heard_size, 5);
    assert_memory_equal(listener.heard, "a\0bc", 5);
}

static void nobody_there_is_known_at_once(void **state)
{
    (void)state;
    errno = UNTOUCHED;
    assert_int_equal(cst_socket_ask("custody-test-nobody", "x", 1, 60 * SECOND), -ECONNREFUSED);
    assert_int_equal(errno, UNTOUCHED);
}

static void names_that_are_none_are_refused(void **state)
{
    (void)state;
    char name[128];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(cst_socket_ask("", "x", 1, SECOND), -EINVAL);
    assert_int_equal(cst_socket_ask(name, "x", 1, SECOND), -EINVAL);
}

static void who_hangs_up_has_not_answered(void **state)
{
    (void)state;
    serve("hangs-up", HANG_UP, 0);
    assert_int_equal(cst_socket_ask(listener.name, "x", 1, 60 * SECOND), -ECONNRESET);
    stop_serving();
}

static void who_says_nothing_is_waited_for_no_longer_than_told(void **state)
{
    (void)state;
    serve("silent", SAY_NOTHING, 0);
    uint64_t begun = now_ns();
    assert_int_equal(cst_socket_ask(listener.name, "x", 1, SOON), -ETIMEDOUT);
    assert_true(now_ns() - begun >= SOON && now_ns() - begun < 10 * SECOND);
    stop_serving();
}

/* Two wait to be accepted by a listener that takes none. */
static void who_accepts_nobody_is_waited_for_no_longer_than_told(void **state)
{
    (void)state;
    begin_listening("full", 0);
    uint64_t begun = now_ns();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cst_socket_ask(listener.name, "x", 1, SOON), -ETIMEDOUT);
    }
    assert_true(now_ns() - begun < 30 * SECOND);
    close(listener.fd);
}

static atomic_int interruptions;

static void count_interruption(int number)
{
    (void)number;
    atomic_fetch_add(&interruptions, 1);
}

static void interruptions_change_nothing(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = count_interruption}, before;
    struct itimerval often = {.it_interval = {.tv_usec = 1000}, .it_value = {.tv_usec = 1000}}, never = {0};
    serve("interrupted", SAY_NOTHING, 0);
    sigaction(SIGALRM, &action, &before);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    setitimer(ITIMER_REAL, &often, NULL);
    do { /* again where the machine had no time for us: signals that wait count once */
        uint64_t begun = now_ns();
        assert_int_equal(cst_socket_ask(listener.name, "x", 1, 2 * SOON), -ETIMEDOUT);
        assert_true(now_ns() - begun >= 2 * SOON);
    } while (atomic_load(&interruptions) <= 3);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    stop_serving();
}

static void no_descriptor_stays_open(void **state)
{
    (void)state;
    int before = open_descriptors();
    assert_int_equal(cst_socket_ask("custody-test-nobody", "x", 1, SECOND), -ECONNREFUSED);
    assert_int_equal(cst_socket_ask("", "x", 1, SECOND), -EINVAL);
    serve("descriptors", ANSWER, 1);
    assert_int_equal(cst_socket_ask(listener.name, "x", 1, 60 * SECOND), 1);
    stop_serving();
    serve("descriptors-silent", SAY_NOTHING, 1);
    assert_int_equal(cst_socket_ask(listener.name, "x", 1, SOON), -ETIMEDOUT);
    stop_serving();
    assert_int_equal(open_descriptors(), before);
}

static void *ask_in_background(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)cst_socket_ask(listener.name, "x", 1, 60 * SECOND);
}

/* Starts a question in another thread and waits until the listener has heard it: the asker then waits for the answer. */
static pthread_t ask_and_be_heard(const char *what)
{
    pthread_t asker;
    begin_listening(what, 4);
    assert_int_equal(pthread_create(&asker, NULL, ask_in_background, NULL), 0);
    listener.client = accept(listener.fd, NULL, NULL);
    assert_int_equal(recv(listener.client, listener.heard, sizeof listener.heard, 0), 1);
    return asker;
}

static int descriptors_before;

/* Of the asker's descriptor nothing is left; the listener's two are its own. */
static void clean_up_as_child(void)
{
    cst_socket_after_fork();
    require(open_descriptors() == descriptors_before + 2);
}

static void a_child_that_is_forked_meanwhile_has_nothing_of_it(void **state)
{
    (void)state;
    descriptors_before = open_descriptors();
    pthread_t asker = ask_and_be_heard("forked");
    assert_int_equal(in_a_child(clean_up_as_child), 0);
    void *answer;
    assert_int_equal(send(listener.client, "\1", 1, MSG_NOSIGNAL), 1);
    pthread_join(asker, &answer);
    assert_int_equal((intptr_t)answer, 1);
    close(listener.client);
    close(listener.fd);
    assert_int_equal(open_descriptors(), descriptors_before);
}

/* The socket that is open and none of the listener's: the asker's. */
static int find_asking(void)
{
    for (int fd = 3; fd < 1024; fd++) {
        int type = 0;
        socklen_t size = sizeof type;
        if (fd != listener.fd && fd != listener.client && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
            type == SOCK_SEQPACKET) {
            return fd;
        }
    }
    return -1;
}

/* A program that closes all it does not know, and gets the number back for something of its own. */
static void a_descriptor_that_the_program_took_is_left_alone(void **state)
{
    (void)state;
    pthread_t asker = ask_and_be_heard("taken");
    int pair[2], asking = find_asking();
    assert_true(asking > 100);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(dup2(pair[0], asking), asking);
    assert_int_equal(send(pair[1], "mine", 4, 0), 4);
    (void)send(listener.client, "\1", 1, MSG_NOSIGNAL);
    close(listener.client);
    void *answer;
    pthread_join(asker, &answer);
    assert_int_equal((intptr_t)answer, -EBADF);
    char text[8] = "";
    assert_int_equal(recv(asking, text, sizeof text, MSG_DONTWAIT), 4);
    assert_string_equal(text, "mine");
    close(asking);
    close(pair[0]);
    close(pair[1]);
    close(listener.fd);
}

/* Connects until the next who tries has to wait. */
static size_t fill_queue(int clients[], size_t limit)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, listener.name, strlen(listener.name));
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(listener.name));
    for (size_t count = 0; count < limit; count++) {
        clients[count] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
        if (connect(clients[count], (struct sockaddr *)&address, size) != 0) {
            close(clients[count]);
            return count;
        }
    }
    return limit;
}

/* The descriptor of who waits to be accepted: it is high, and blocks. */
static int await_connecting(void)
{
    struct timeval limit = {0};
    socklen_t size = sizeof limit;
    int fd = -1;
    while (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &size) != 0 || limit.tv_sec == 0) {
        fd = -1;
        for (int at = 100; at < 1024 && fd < 0; at++) {
            int type = 0;
            socklen_t type_size = sizeof type;
            fd = getsockopt(at, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_SEQPACKET ? at : -1;
        }
    }
    return fd;
}

/* As above, while the listener is too busy to accept: nothing is said to whom the number belongs by then. */
static void a_descriptor_that_is_taken_before_the_question_is_sent_hears_nothing(void **state)
{
    (void)state;
    int clients[8], pair[2];
    pthread_t asker;
    begin_listening("busy", 0);
    size_t count = fill_queue(clients, 8);
    assert_true(count > 0 && count < 8);
    assert_int_equal(pthread_create(&asker, NULL, ask_in_background, NULL), 0);
    int asking = await_connecting();
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(dup2(pair[0], asking), asking);
    assert_int_equal(send(pair[1], "mine", 4, 0), 4);
    for (size_t i = 0; i < count; i++) {
        close(accept(listener.fd, NULL, NULL));
        close(clients[i]);
    }
    void *answer;
    pthread_join(asker, &answer);
    assert_true((intptr_t)answer < 0);
    char text[8] = "";
    assert_int_equal(recv(pair[1], text, sizeof text, MSG_DONTWAIT), -1);
    assert_int_equal(recv(asking, text, sizeof text, MSG_DONTWAIT), 4);
    close(asking);
    close(pair[0]);
    close(pair[1]);
    close(listener.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_one_packet_and_its_answer_a_byte),
        cmocka_unit_test(nobody_there_is_known_at_once),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(who_hangs_up_has_not_answered),
        cmocka_unit_test(who_says_nothing_is_waited_for_no_longer_than_told),
        cmocka_unit_test(who_accepts_nobody_is_waited_for_no_longer_than_told),
        cmocka_unit_test(interruptions_change_nothing),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(a_child_that_is_forked_meanwhile_has_nothing_of_it),
        cmocka_unit_test(a_descriptor_that_the_program_took_is_left_alone),
        cmocka_unit_test(a_descriptor_that_is_taken_before_the_question_is_sent_hears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
