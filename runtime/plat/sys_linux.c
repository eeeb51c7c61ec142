/* The kernel on Linux: see sys.h. Raw system calls throughout, so errno and libc's state are left alone. */
#include "plat/sys.h"

#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

/* MADV_POPULATE_WRITE, which older headers do not know. */
#define MADV_POPULATE_WRITE_ADVICE 23

/* PAGEMAP_SCAN (Documentation/admin-guide/mm/pagemap.rst), which older headers do not know: its argument, and the kinds
 * of pages: of a file; present or swapped. */
struct pagemap_scan {
    uint64_t size, flags, start, end, come, runs, run_count, max_pages, inverted, all_of, any_of, told;
};
#define PAGEMAP_SCAN_REQUEST _IOWR('f', 16, struct pagemap_scan)
#define PAGEMAP_FILE (UINT64_C(1) << 2)
#define PAGEMAP_TOUCHED ((UINT64_C(1) << 3) | (UINT64_C(1) << 4))
_Static_assert(sizeof(struct pagemap_scan) == 96 && sizeof(struct cst_sys_run) == 24, "the kernel's own layouts");

#define SYS_ERROR(result) ((unsigned long)(result) > -4096UL)

static void *map(size_t size, int protection, int flags, int fd)
{
    long result = cst_syscall6(SYS_mmap, 0, (long)size, protection, flags, fd, 0);
    return SYS_ERROR(result) ? NULL : (void *)result;
}

void *cst_sys_map(size_t size)
{
    return map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

/* Kernels before 4.17 take the flag for none and map elsewhere. */
bool cst_sys_map_at(uintptr_t address, size_t size)
{
    long result = cst_syscall6(SYS_mmap, (long)address, (long)size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (SYS_ERROR(result))
        return false;
    if ((uintptr_t)result != address)
        cst_sys_unmap((void *)result, size);
    return (uintptr_t)result == address;
}

void *cst_sys_reserve(size_t size, size_t align)
{
    size_t slack = align > CST_PAGE_SIZE ? align : 0;
    if (size > SIZE_MAX - slack)
        return NULL;
    char *start = map(size + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (!start)
        return NULL;
    size_t lead = slack ? (align - (uintptr_t)start % align) % align : 0;
    if (lead)
        cst_sys_unmap(start, lead);
    if (slack - lead)
        cst_sys_unmap(start + lead + size, slack - lead);
    cst_syscall3(SYS_madvise, (long)(start + lead), (long)size, MADV_NOHUGEPAGE);
    return start + lead;
}

void cst_sys_unmap(void *address, size_t size)
{
    cst_syscall3(SYS_munmap, (long)address, (long)size, 0);
}

bool cst_sys_discard(void *address, size_t size)
{
    return cst_syscall3(SYS_madvise, (long)address, (long)size, MADV_DONTNEED) == 0;
}

void cst_sys_populate(void *address, size_t size)
{
    cst_syscall3(SYS_madvise, (long)address, (long)size, MADV_POPULATE_WRITE_ADVICE);
}

bool cst_sys_protect(void *address, size_t size, int protection)
{
    return cst_syscall3(SYS_mprotect, (long)address, (long)size, protection) == 0;
}

/* The kernel holds the lock of the address space from the first step to the last. */
bool cst_sys_move(void *address, size_t size, uintptr_t to)
{
    return cst_syscall6(SYS_mremap, (long)address, (long)size, (long)size, MREMAP_MAYMOVE | MREMAP_FIXED, (long)to,
                        0) == (long)to;
}

static int open_file(const char *path, int flags, mode_t mode)
{
    long result;
    do
        result = cst_syscall6(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode, 0, 0);
    while (result == -EINTR);
    return (int)result;
}

int cst_sys_open_read(const char *path)
{
    return open_file(path, O_RDONLY, 0);
}

int cst_sys_open_regular(const char *path, uint64_t *out_size)
{
    int fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    struct stat status = {0};
    if (cst_syscall3(SYS_fstat, fd, (long)&status, 0) != 0 || !S_ISREG(status.st_mode)) {
        cst_sys_close(fd);
        return -EINVAL;
    }
    *out_size = (uint64_t)status.st_size;
    return fd;
}

int cst_sys_open_memory(void)
{
    return open_file("/proc/thread-self/mem", O_RDWR, 0);
}

int cst_sys_open_append(const char *path, mode_t mode)
{
    return open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, mode);
}

int cst_sys_judge_own(int fd)
{
    struct stat status = {0};
    long result = cst_syscall3(SYS_fstat, fd, (long)&status, 0);
    if (result != 0 || S_ISCHR(status.st_mode))
        return (int)result;
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
        return -EINVAL;
    if (status.st_uid != (uid_t)cst_syscall3(SYS_geteuid, 0, 0, 0))
        return -EPERM;
    return status.st_nlink > 1 ? -EMLINK : 0;
}

bool cst_sys_await_room(int fd, int milliseconds)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    return cst_syscall3(SYS_poll, (long)&wanted, 1, milliseconds) == 1;
}

int cst_sys_move_fd(int fd, int minimum)
{
    long moved = cst_syscall3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, minimum);
    cst_sys_close(fd);
    return (int)moved;
}

bool cst_sys_file_id(int fd, struct cst_file_id *out_id)
{
    struct stat status = {0};
    if (cst_syscall3(SYS_fstat, fd, (long)&status, 0) != 0)
        return false;
    *out_id = (struct cst_file_id){.device = status.st_dev, .inode = status.st_ino};
    return true;
}

void cst_sys_close(int fd)
{
    cst_syscall3(SYS_close, fd, 0, 0);
}

ssize_t cst_sys_write(int fd, const void *bytes, size_t size)
{
    long result;
    do
        result = cst_syscall3(SYS_write, fd, (long)bytes, (long)size);
    while (result == -EINTR);
    return result;
}

ssize_t cst_sys_read(int fd, void *bytes, size_t size)
{
    long result;
    do
        result = cst_syscall3(SYS_read, fd, (long)bytes, (long)size);
    while (result == -EINTR);
    return result;
}

ssize_t cst_sys_pread(int fd, void *bytes, size_t size, uint64_t offset)
{
    long result;
    do
        result = cst_syscall6(SYS_pread64, fd, (long)bytes, (long)size, (long)offset, 0, 0);
    while (result == -EINTR);
    return result;
}

ssize_t cst_sys_read_memory(uintptr_t address, void *bytes, size_t size)
{
    const struct iovec to = {bytes, size}, from = {(void *)address, size};
    return cst_syscall6(SYS_process_vm_readv, cst_sys_tid(), (long)&to, 1, (long)&from, 1, 0);
}

ssize_t cst_sys_touched(int pagemap, uintptr_t lo, uintptr_t hi, bool changed, struct cst_sys_run *out_runs, size_t max,
                        uintptr_t *out_come)
{
    const uint64_t page = CST_PAGE_SIZE - 1;
    struct pagemap_scan scan = {.size = sizeof scan,
                                .start = lo & ~page,
                                .end = (hi + page) & ~page,
                                .runs = (uintptr_t)out_runs,
                                .run_count = max,
                                .inverted = PAGEMAP_FILE,
                                .all_of = changed ? PAGEMAP_FILE : 0,
                                .any_of = PAGEMAP_TOUCHED,
                                .told = PAGEMAP_TOUCHED};
    long result = cst_syscall3(SYS_ioctl, pagemap, PAGEMAP_SCAN_REQUEST, (long)&scan);
    if (result >= 0)
        *out_come = scan.come < hi ? scan.come : hi;
    return result;
}

ssize_t cst_sys_write_memory(uintptr_t address, const void *bytes, size_t size)
{
    const struct iovec from = {(void *)(uintptr_t)bytes, size}, to = {(void *)address, size};
    return cst_syscall6(SYS_process_vm_writev, cst_sys_tid(), (long)&from, 1, (long)&to, 1, 0);
}

ssize_t cst_sys_pwrite(int fd, const void *bytes, size_t size, uint64_t offset)
{
    long result;
    do
        result = cst_syscall6(SYS_pwrite64, fd, (long)bytes, (long)size, (long)offset, 0, 0);
    while (result == -EINTR);
    return result;
}

const void *cst_sys_map_file(const char *path, size_t *out_size)
{
    uint64_t size = 0;
    int fd = cst_sys_open_regular(path, &size);
    if (fd < 0)
        return NULL;
    void *bytes = NULL;
    if (size > 0) {
        bytes = map(size, PROT_READ, MAP_PRIVATE, fd);
        *out_size = size;
    }
    cst_sys_close(fd);
    return bytes;
}

static bool is_trusted(const struct stat *status)
{
    uid_t self = (uid_t)cst_syscall3(SYS_geteuid, 0, 0, 0);
    return S_ISREG(status->st_mode) && (status->st_uid == self || status->st_uid == 0) &&
           (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int map_trusted(int fd, size_t limit, const void **out_bytes, size_t *out_size)
{
    struct stat status = {0};
    long result = cst_syscall3(SYS_fstat, fd, (long)&status, 0);
    if (result != 0)
        return (int)result;
    if (!is_trusted(&status))
        return -EPERM;
    if (status.st_size <= 0 || (size_t)status.st_size > limit)
        return status.st_size <= 0 ? -ENODATA : -EFBIG;
    *out_size = (size_t)status.st_size;
    *out_bytes = map(*out_size, PROT_READ, MAP_PRIVATE, fd);
    return *out_bytes ? 0 : -ENOMEM;
}

int cst_sys_map_trusted_file(const char *path, size_t limit, const void **out_bytes, size_t *out_size)
{
    int fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
    if (fd < 0)
        return fd == -ELOOP ? -EPERM : fd;
    int result = map_trusted(fd, limit, out_bytes, out_size);
    cst_sys_close(fd);
    return result;
}

pid_t cst_sys_pid(void)
{
    return (pid_t)cst_syscall3(SYS_getpid, 0, 0, 0);
}

pid_t cst_sys_tid(void)
{
    return (pid_t)cst_syscall3(SYS_gettid, 0, 0, 0);
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};
    cst_syscall3(SYS_clock_gettime, clock, (long)&now, 0);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t cst_sys_time_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t cst_sys_monotonic_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void cst_sys_thread_name(char out_name[16])
{
    out_name[0] = '\0';
    cst_syscall3(SYS_prctl, PR_GET_NAME, (long)out_name, 0);
    out_name[15] = '\0';
}

static size_t resource_limit(int resource)
{
    struct rlimit limit = {0};
    if (cst_syscall3(SYS_getrlimit, resource, (long)&limit, 0) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur;
}

size_t cst_sys_address_space_limit(void)
{
    return resource_limit(RLIMIT_AS);
}

size_t cst_sys_data_limit(void)
{
    return resource_limit(RLIMIT_DATA);
}

size_t cst_sys_stack_limit(void)
{
    return resource_limit(RLIMIT_STACK);
}

static long membarrier(int command)
{
    return cst_syscall3(SYS_membarrier, command, 0, 0);
}

bool cst_sys_fence_threads(void)
{
    long result = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    if (result == -EPERM && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0)
        result = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    return result == 0;
}

void cst_sys_exit(int status)
{
    for (;;)
        cst_syscall_raw(SYS_exit_group, status, 0, 0, 0, 0, 0);
}
