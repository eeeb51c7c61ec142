/* The kernel as the runtime needs it: results instead of errno, which stays as it was whatever fails. */
#include "plat/sys.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define UNTOUCHED 4711

static char directory[] = "/tmp/custody-sys-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[2][128];
    static unsigned turn;
    turn = !turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
    return path[turn];
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

/* Pages of address space in use: proc(5), /proc/pid/statm. */
static unsigned long mapped_pages(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    return strtoul(text, NULL, 10);
}

static bool is_mapped(const void *page)
{
    unsigned char resident;
    return mincore((void *)(uintptr_t)page, CST_PAGE_SIZE, &resident) == 0;
}

static void mapped_memory_is_zeroed_and_writable(void **state)
{
    (void)state;
    unsigned char *bytes = cst_sys_map(3 * CST_PAGE_SIZE);
    for (size_t i = 0; i < 3 * CST_PAGE_SIZE; i++) {
        assert_int_equal(bytes[i], 0);
    }
    memset(bytes, 1, 3 * CST_PAGE_SIZE);
    assert_true(cst_sys_discard(bytes, CST_PAGE_SIZE));
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[CST_PAGE_SIZE], 1);
    cst_sys_unmap(bytes, 3 * CST_PAGE_SIZE);
    assert_false(is_mapped(bytes));
}

static void reserved_addresses_are_aligned_and_usable_once_that_is_said(void **state)
{
    (void)state;
    for (size_t align = CST_PAGE_SIZE; align <= (size_t)1 << 30; align *= 8) {
        unsigned long before = mapped_pages();
        char *bytes = cst_sys_reserve(CST_PAGE_SIZE, align);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % align, 0);
        assert_true(cst_sys_protect(bytes, CST_PAGE_SIZE, PROT_READ | PROT_WRITE));
        bytes[CST_PAGE_SIZE - 1] = 1;
        assert_int_equal(mapped_pages(), before + 1);
        cst_sys_unmap(bytes, CST_PAGE_SIZE);
        assert_false(is_mapped(bytes));
    }
}

static void impossible_sizes_give_null_and_leave_errno(void **state)
{
    (void)state;
    errno = UNTOUCHED;
    assert_null(cst_sys_map(SIZE_MAX / 2));
    assert_null(cst_sys_map(0));
    assert_null(cst_sys_reserve(SIZE_MAX - 100, (size_t)1 << 21));
    assert_null(cst_sys_reserve(SIZE_MAX / 2, CST_PAGE_SIZE));
    assert_false(cst_sys_discard((void *)1, CST_PAGE_SIZE));
    assert_false(cst_sys_protect((void *)1, CST_PAGE_SIZE, PROT_READ));
    assert_int_equal(errno, UNTOUCHED);
}

static void files_that_cannot_be_opened_say_why_and_leave_errno(void **state)
{
    (void)state;
    struct cst_file_id id;
    errno = UNTOUCHED;
    assert_int_equal(cst_sys_open_read(path_of("missing")), -ENOENT);
    assert_int_equal(cst_sys_open_append(directory, 0600), -EISDIR);
    assert_int_equal(cst_sys_open_append("/nonexistent/log", 0600), -ENOENT);
    assert_int_equal(cst_sys_move_fd(-1, 10), -EBADF);
    assert_int_equal(cst_sys_write(-1, "x", 1), -EBADF);
    assert_int_equal(cst_sys_read(-1, &id, 1), -EBADF);
    assert_int_equal(cst_sys_pread(-1, &id, 1, 0), -EBADF);
    assert_int_equal(cst_sys_pwrite(-1, "x", 1, 0), -EBADF);
    assert_false(cst_sys_file_id(-1, &id));
    assert_int_equal(errno, UNTOUCHED);
}

static void an_append_creates_goes_to_the_end_and_follows_no_link(void **state)
{
    (void)state;
    struct stat status;
    write_file("log", "one\n");
    int fd = cst_sys_open_append(path_of("log"), 0600), other = cst_sys_open_append(path_of("log"), 0600);
    assert_int_equal(cst_sys_write(fd, "two\n", 4), 4);
    assert_int_equal(cst_sys_write(other, "three\n", 6), 6);
    assert_int_equal(cst_sys_write(fd, "four\n", 5), 5);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cst_sys_close(fd);
    cst_sys_close(other);
    char text[64] = "";
    fd = cst_sys_open_read(path_of("log"));
    assert_int_equal(cst_sys_read(fd, text, sizeof text - 1), 19);
    assert_string_equal(text, "one\ntwo\nthree\nfour\n");
    assert_int_equal(cst_sys_read(fd, text, sizeof text), 0);
    memset(text, 0, sizeof text);
    assert_int_equal(cst_sys_pread(fd, text, 3, 4), 3);
    assert_string_equal(text, "two");
    cst_sys_close(fd);
    assert_int_equal(symlink(path_of("log"), path_of("link")), 0);
    assert_int_equal(cst_sys_open_append(path_of("link"), 0600), -ELOOP);
    fd = cst_sys_open_append(path_of("fresh"), 0600);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    cst_sys_close(fd);
}

static int judge(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    assert_true(fd >= 0);
    int judgement = cst_sys_judge_own(fd);
    cst_sys_close(fd);
    return judgement;
}

static void what_may_be_appended_to_is_the_users_and_has_one_name(void **state)
{
    (void)state;
    errno = UNTOUCHED;
    write_file("own", "x");
    assert_int_equal(judge(path_of("own"), O_WRONLY), 0);
    assert_int_equal(link(path_of("own"), path_of("other_name")), 0);
    assert_int_equal(judge(path_of("own"), O_WRONLY), -EMLINK);
    assert_int_equal(unlink(path_of("other_name")), 0);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(judge(path_of("pipe"), O_RDWR), 0);
    assert_int_equal(judge("/dev/null", O_WRONLY), 0);
    assert_int_equal(judge(directory, O_RDONLY), -EINVAL);
    assert_int_equal(cst_sys_judge_own(-1), -EBADF);
    if (geteuid() == 0) {
        assert_int_equal(chown(path_of("own"), 65534, 65534), 0);
        assert_int_equal(judge(path_of("own"), O_WRONLY), -EPERM);
    }
    assert_int_equal(unlink(path_of("own")) | unlink(path_of("pipe")), 0);
    assert_int_equal(errno, UNTOUCHED);
}

static void a_pipe_is_appended_to_when_somebody_reads_and_room_is_waited_for(void **state)
{
    (void)state;
    static const char page[CST_PAGE_SIZE];
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(cst_sys_open_append(path_of("pipe"), 0600), -ENXIO);
    int reader = open(path_of("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int writer = cst_sys_open_append(path_of("pipe"), 0600);
    assert_true(reader >= 0 && writer >= 0);
    assert_true(cst_sys_await_room(writer, 0));
    while (cst_sys_write(writer, page, sizeof page) == (ssize_t)sizeof page) {
    }
    assert_int_equal(cst_sys_write(writer, page, sizeof page), -EAGAIN);
    assert_false(cst_sys_await_room(writer, 1));
    cst_sys_close(reader);
    cst_sys_close(writer);
    assert_int_equal(unlink(path_of("pipe")), 0);
}

static void a_moved_descriptor_is_the_same_file_and_the_old_one_is_closed(void **state)
{
    (void)state;
    struct cst_file_id before, after;
    write_file("moved", "x");
    int fd = cst_sys_open_read(path_of("moved"));
    assert_true(cst_sys_file_id(fd, &before));
    int moved = cst_sys_move_fd(fd, 100);
    assert_in_range(moved, 100, 1000);
    assert_true(cst_sys_file_id(moved, &after));
    assert_memory_equal(&before, &after, sizeof before);
    assert_false(cst_sys_file_id(fd, &after));
    assert_true(fcntl(moved, F_GETFD) & FD_CLOEXEC);
    cst_sys_close(moved);
    assert_false(cst_sys_file_id(moved, &after));
}

static void only_regular_files_with_something_in_them_are_mapped(void **state)
{
    (void)state;
    size_t size = 0;
    write_file("full", "contents");
    const char *bytes = cst_sys_map_file(path_of("full"), &size);
    assert_int_equal(size, 8);
    assert_memory_equal(bytes, "contents", 8);
    write_file("empty", "");
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    errno = UNTOUCHED;
    assert_null(cst_sys_map_file(path_of("empty"), &size));
    assert_null(cst_sys_map_file(path_of("pipe"), &size)); /* must not wait for a writer */
    assert_null(cst_sys_map_file(directory, &size));
    assert_null(cst_sys_map_file("/dev/zero", &size));
    assert_null(cst_sys_map_file(path_of("missing"), &size));
    assert_int_equal(errno, UNTOUCHED);
}

static void memory_is_written_through_its_file_whatever_its_protection(void **state)
{
    (void)state;
    char *page = cst_sys_map(CST_PAGE_SIZE);
    assert_true(cst_sys_protect(page, CST_PAGE_SIZE, PROT_READ));
    int fd = cst_sys_open_memory();
    if (fd < 0) {
        skip();
    }
    assert_int_equal(cst_sys_pwrite(fd, "patch", 6, (uintptr_t)page), 6);
    assert_string_equal(page, "patch");
    cst_sys_close(fd);
    cst_sys_unmap(page, CST_PAGE_SIZE);
}

static void on_signal(int number)
{
    (void)number;
}

static void *write_later(void *descriptors)
{
    const int *fds = descriptors;
    pthread_kill(*(const pthread_t *)(const void *)(fds + 2), SIGUSR1);
    (void)!write(fds[1], "x", 1);
    return NULL;
}

static void a_read_goes_on_after_a_signal(void **state)
{
    (void)state;
    struct {
        int fds[2];
        pthread_t reader;
    } shared;
    pthread_t writer;
    const struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */
    char byte = 0;
    sigaction(SIGUSR1, &action, NULL);
    assert_int_equal(pipe(shared.fds), 0);
    shared.reader = pthread_self();
    assert_int_equal(pthread_create(&writer, NULL, write_later, &shared), 0);
    assert_int_equal(cst_sys_read(shared.fds[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    pthread_join(writer, NULL);
    close(shared.fds[0]);
    close(shared.fds[1]);
}

static void *note_ids(void *ids)
{
    ((pid_t *)ids)[0] = cst_sys_pid();
    ((pid_t *)ids)[1] = cst_sys_tid();
    prctl(PR_SET_NAME, "a name that is far too long");
    char name[16];
    memset(name, '#', sizeof name);
    cst_sys_thread_name(name);
    return strcmp(name, "a name that is ") == 0 ? ids : NULL;
}

static void threads_have_their_process_an_id_and_a_name(void **state)
{
    (void)state;
    pid_t ids[2];
    pthread_t thread;
    void *result;
    assert_int_equal(cst_sys_pid(), getpid());
    assert_int_equal(cst_sys_tid(), getpid());
    assert_int_equal(pthread_create(&thread, NULL, note_ids, ids), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, ids);
    assert_int_equal(ids[0], getpid());
    assert_int_not_equal(ids[1], getpid());
}

static void time_is_that_of_the_wall(void **state)
{
    (void)state;
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    uint64_t now = cst_sys_time_ns();
    clock_gettime(CLOCK_REALTIME, &after);
    assert_true(now >= (uint64_t)before.tv_sec * 1000000000U + (uint64_t)before.tv_nsec);
    assert_true(now <= (uint64_t)after.tv_sec * 1000000000U + (uint64_t)after.tv_nsec);
}

static void limit_and_ask(void)
{
    const struct rlimit limit = {.rlim_cur = (size_t)900 << 20, .rlim_max = (size_t)900 << 20};
    const struct rlimit stack = {.rlim_cur = 3 << 20, .rlim_max = RLIM_INFINITY};
    require(setrlimit(RLIMIT_AS, &limit) == 0 && cst_sys_address_space_limit() == (size_t)900 << 20);
    require(setrlimit(RLIMIT_STACK, &stack) == 0 && cst_sys_stack_limit() == 3 << 20);
    require(cst_sys_map((size_t)1 << 30) == NULL);
    cst_sys_exit(42);
}

static void limits_are_told_and_exit_is_at_once(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    assert_int_equal(cst_sys_address_space_limit(), limit.rlim_cur);
    assert_int_equal(in_a_child(limit_and_ask), 42);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    static const char *const names[] = {"log", "link", "fresh", "moved", "full", "empty", "pipe"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(path_of(names[i]));
    }
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapped_memory_is_zeroed_and_writable),
        cmocka_unit_test(reserved_addresses_are_aligned_and_usable_once_that_is_said),
        cmocka_unit_test(impossible_sizes_give_null_and_leave_errno),
        cmocka_unit_test(files_that_cannot_be_opened_say_why_and_leave_errno),
        cmocka_unit_test(an_append_creates_goes_to_the_end_and_follows_no_link),
        cmocka_unit_test(what_may_be_appended_to_is_the_users_and_has_one_name),
        cmocka_unit_test(a_pipe_is_appended_to_when_somebody_reads_and_room_is_waited_for),
        cmocka_unit_test(a_moved_descriptor_is_the_same_file_and_the_old_one_is_closed),
        cmocka_unit_test(only_regular_files_with_something_in_them_are_mapped),
        cmocka_unit_test(memory_is_written_through_its_file_whatever_its_protection),
        cmocka_unit_test(a_read_goes_on_after_a_signal),
        cmocka_unit_test(threads_have_their_process_an_id_and_a_name),
        cmocka_unit_test(time_is_that_of_the_wall),
        cmocka_unit_test(limits_are_told_and_exit_is_at_once),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
