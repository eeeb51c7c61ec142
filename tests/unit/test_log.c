/* The file of the audit log among programs that close, reuse and run out of descriptors, disks and directories. Every
 * test runs in a process of its own, since the log is opened once a process. */
#include "audit/log.h"

#include "plat/process.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "said.h"

#define LINE "{\"a\":1}\n"

static char directory[64];
static char path[128];

static int make_directory(void **state)
{
    (void)state;
    (void)strcpy(directory, "/tmp/custody_log_XXXXXX");
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/log", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static void append(const char *line)
{
    cst_log_append(line, strlen(line));
}

/* The first `size` - 1 bytes of a file, terminated. */
static const char *contents(const char *file)
{
    static char bytes[4096];
    int fd = open(file, O_RDONLY);
    ssize_t length = fd >= 0 ? read(fd, bytes, sizeof bytes - 1) : 0;
    bytes[length > 0 ? length : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    return bytes;
}

/* The descriptor that is open on the file at `file`, other than `but`; -1 when there is none. */
static int descriptor_of(const char *file, int but)
{
    struct stat wanted;
    struct stat got;
    assert_int_equal(stat(file, &wanted), 0);
    for (int fd = 0; fd < 2048; fd++) {
        if (fd != but && fstat(fd, &got) == 0 && got.st_ino == wanted.st_ino && got.st_dev == wanted.st_dev) {
            return fd;
        }
    }
    return -1;
}

/* For bodies, where CMocka's asserts would jump out of the wrong process. */
static void require(bool condition, int code)
{
    if (!condition) {
        _exit(code);
    }
}

static void append_two_lines(void)
{
    errno = 77;
    require(!cst_log_is_open(), 1);
    require(cst_log_open(path) == 0, 2);
    require(cst_log_is_open(), 3);
    append(LINE);
    append(LINE);
    require(errno == 77, 4);
}

static void lines_are_appended_to_a_private_file(void **state)
{
    (void)state;
    run_and_listen(append_two_lines);
    assert_string_equal(contents(path), LINE LINE);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    run_and_listen(append_two_lines);
    assert_string_equal(contents(path), LINE LINE LINE LINE);
    assert_string_equal(said, "");
}

static void check_descriptor(void)
{
    struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, 1);
    require(cst_log_open(path) == 0, 2);
    int fd = descriptor_of(path, -1);
    require(fd >= 900, 3);
    require((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, 4);
    require(descriptor_of(path, fd) == -1, 5);
}

static void the_descriptor_is_high_and_closed_on_exec(void **state)
{
    (void)state;
    run_and_listen(check_descriptor);
}

static void check_descriptor_under_a_small_limit(void)
{
    struct rlimit limit = {.rlim_cur = 20, .rlim_max = 20};
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, 1);
    require(cst_log_open(path) == 0, 2);
    require(descriptor_of(path, -1) == 19, 3);
    append(LINE);
}

static void a_small_limit_gives_the_highest_descriptor_it_leaves(void **state)
{
    (void)state;
    run_and_listen(check_descriptor_under_a_small_limit);
    assert_string_equal(contents(path), LINE);
}

static void open_among_many_descriptors(void)
{
    struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, 1);
    int last = fcntl(STDIN_FILENO, F_DUPFD, 900);
    while (last < 999) {
        last = fcntl(STDIN_FILENO, F_DUPFD, 900);
        require(last >= 900, 2);
    }
    require(cst_log_open(path) == 0, 3);
    require(descriptor_of(path, -1) == 450, 4);
}

static void a_program_with_high_descriptors_of_its_own_gets_a_lower_one(void **state)
{
    (void)state;
    run_and_listen(open_among_many_descriptors);
}

static void close_everything_and_go_elsewhere(void)
{
    require(chdir(directory) == 0, 1);
    require(cst_log_open("log") == 0, 2);
    require(chdir("/") == 0, 3);
    append(LINE);
    for (int fd = 3; fd < 2048; fd++) {
        close(fd);
    }
    append(LINE);
}

static void a_closed_descriptor_is_opened_again_by_its_absolute_path(void **state)
{
    (void)state;
    run_and_listen(close_everything_and_go_elsewhere);
    assert_string_equal(contents(path), LINE LINE);
    assert_string_equal(said, "");
}

static void reuse_the_descriptor(void)
{
    char other[160];
    (void)snprintf(other, sizeof other, "%s/other", directory);
    require(cst_log_open(path) == 0, 1);
    int fd = descriptor_of(path, -1);
    int theirs = open(other, O_RDWR | O_CREAT, 0600);
    require(dup2(theirs, fd) == fd, 2);
    append(LINE);
    append(LINE);
    struct stat status;
    require(fstat(fd, &status) == 0 && status.st_size == 0, 3);
    require(unlink(other) == 0, 4);
}

static void a_descriptor_that_the_program_took_is_left_alone(void **state)
{
    (void)state;
    run_and_listen(reuse_the_descriptor);
    assert_string_equal(contents(path), LINE LINE);
}

static void append_beyond_the_limit_on_sizes(void)
{
    require(cst_log_open(path) == 0, 1);
    append(LINE);
    struct rlimit limit = {.rlim_cur = 12, .rlim_max = RLIM_INFINITY};
    require(setrlimit(RLIMIT_FSIZE, &limit) == 0, 2);
    append("{\"lost\":1}\n");
    append("{\"lost\":2}\n");
    limit.rlim_cur = RLIM_INFINITY;
    require(setrlimit(RLIMIT_FSIZE, &limit) == 0, 3);
    append(LINE);
}

static void a_full_disk_is_said_once_and_costs_only_the_lines_it_cuts(void **state)
{
    (void)state;
    run_and_listen(append_beyond_the_limit_on_sizes);
    assert_string_equal(contents(path), LINE "{\"lo\n" LINE);
    const char *first = strstr(said, "could not be written to");
    assert_non_null(first);
    assert_non_null(strstr(said, path));
    assert_null(strstr(first + 1, "could not be written to"));
}

static void append_where_no_file_can_be(void)
{
    require(cst_log_open("/dev/full") == 0, 1);
    append(LINE);
}

static void the_reason_of_a_failure_is_given(void **state)
{
    (void)state;
    run_and_listen(append_where_no_file_can_be);
    assert_non_null(strstr(said, "No space left on device"));
}

static void append_to_a_pipe_nobody_reads(void)
{
    int ends[2];
    require(pipe(ends) == 0, 1);
    close(ends[0]);
    require(cst_process_write(ends[1], LINE, sizeof LINE - 1) == -EPIPE, 2);
    sigset_t pending;
    require(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0, 3);
}

static void a_reader_that_has_gone_does_not_kill_the_program(void **state)
{
    (void)state;
    run_and_listen(append_to_a_pipe_nobody_reads);
}

static void open_what_cannot_be_opened(void)
{
    char link_path[160];
    (void)snprintf(link_path, sizeof link_path, "%s/link", directory);
    require(symlink("/tmp/elsewhere", link_path) == 0, 1);
    require(cst_log_open(link_path) == ELOOP, 2);
    require(unlink(link_path) == 0, 3);
    require(cst_log_open(directory) == EISDIR, 4);
    require(cst_log_open("/nonexistent/log") == ENOENT, 5);
    char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    require(cst_log_open(longer) == ENAMETOOLONG, 6);
    require(!cst_log_is_open(), 7);
}

static void what_cannot_be_opened_gives_its_errno(void **state)
{
    (void)state;
    run_and_listen(open_what_cannot_be_opened);
}

static void reuse_the_descriptor_in_the_child_of_vfork(void)
{
    require(cst_log_open(path) == 0, 1);
    int fd = descriptor_of(path, -1);
    for (int i = 0; i < 3; i++) {
        pid_t child = (pid_t)vfork();
        if (child == 0) {
            (void)dup2(STDERR_FILENO, fd);
            append(LINE);
            _exit(0);
        }
        require(waitpid(child, NULL, 0) == child, 2);
        append(LINE);
    }
    require(descriptor_of(path, -1) == fd, 3);
    require(descriptor_of(path, fd) == -1, 4);
}

static void the_child_of_vfork_leaves_the_parents_descriptor_alone(void **state)
{
    (void)state;
    run_and_listen(reuse_the_descriptor_in_the_child_of_vfork);
    assert_string_equal(contents(path), LINE LINE LINE LINE LINE LINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_appended_to_a_private_file, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(the_descriptor_is_high_and_closed_on_exec, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(a_small_limit_gives_the_highest_descriptor_it_leaves, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_program_with_high_descriptors_of_its_own_gets_a_lower_one, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_closed_descriptor_is_opened_again_by_its_absolute_path, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_descriptor_that_the_program_took_is_left_alone, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_once_and_costs_only_the_lines_it_cuts, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(the_reason_of_a_failure_is_given, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(a_reader_that_has_gone_does_not_kill_the_program, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(what_cannot_be_opened_gives_its_errno, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(the_child_of_vfork_leaves_the_parents_descriptor_alone, make_directory,
                                        remove_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
