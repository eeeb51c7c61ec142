/* A child process whose words on stderr are kept: for tests of what a person is told. Header only; include it behind
 * CMocka. */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include <sys/wait.h>
#include <unistd.h>

/** What the last child wrote to stderr, cut to fit. */
static char said[65536];

/** Runs `body` in a child; keeps what it says. Fails the test when the child does not end with status 0. */
static inline void run_and_listen(void (*body)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], said + length, sizeof said - 1 - length)) > 0) {
        length += (size_t)got;
    }
    said[length] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#endif
