/* Linked into a copy of the preloaded library that is made for tests: the kernel refuses a request of the runtime's, by
 * what the environment says, and what is asked of it is checked.
 *
 *   FAULT_AT=N     the N-th request is refused
 *   FAULT_FROM=N   it and all that follow
 *   FAULT_TELL=FD  a byte is written for each request, and after each that changes protections the process's mappings
 *                  are looked through: one that is writable and executable ends the process
 */
#include "plat/sys.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__real_cst_sys_map(size_t size);
bool __real_cst_sys_map_at(uintptr_t address, size_t size);
void *__real_cst_sys_reserve(size_t size, size_t align);
bool __real_cst_sys_protect(void *address, size_t size, int protection);
bool __real_cst_sys_move(void *address, size_t size, uintptr_t to);
int __real_cst_sys_open_read(const char *path);
int __real_cst_sys_open_regular(const char *path, uint64_t *out_size);
int __real_cst_sys_open_memory(void);
const void *__real_cst_sys_map_file(const char *path, size_t *out_size);
ssize_t __real_cst_sys_read_memory(uintptr_t address, void *bytes, size_t size);
ssize_t __real_cst_sys_pwrite(int fd, const void *bytes, size_t size, uint64_t offset);
ssize_t __real_cst_sys_write(int fd, const void *bytes, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);

static _Atomic long requests;

/* The number that the environment has under this name; 0 when there is none. */
static long number_of(const char *name)
{
    size_t length = strlen(name);
    for (char **variable = environ; variable && *variable; variable++)
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
            return strtol(*variable + length + 1, NULL, 10);
    return 0;
}

static bool is_refused(void)
{
    long request = ++requests, at = number_of("FAULT_AT"), from = number_of("FAULT_FROM"),
         tell = number_of("FAULT_TELL");
    if (tell > 0)
        (void)!write((int)tell, ".", 1);
    return request == at || (from > 0 && request >= from);
}

/* No mapping may be writable and executable: "lo-hi rwxp ...", a line each. */
static void check_mappings(void)
{
    static char text[1 << 16];
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    if (number_of("FAULT_TELL") <= 0 || atomic_flag_test_and_set(&busy))
        return;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t size; fd >= 0 && (size = read(fd, text, sizeof text - 1)) > 0;) {
        text[size] = '\0';
        if (strstr(text, " rwx") || strstr(text, " -wx"))
            abort();
    }
    close(fd);
    atomic_flag_clear(&busy);
}

void *__wrap_cst_sys_map(size_t size)
{
    return is_refused() ? NULL : __real_cst_sys_map(size);
}

bool __wrap_cst_sys_map_at(uintptr_t address, size_t size)
{
    return !is_refused() && __real_cst_sys_map_at(address, size);
}

void *__wrap_cst_sys_reserve(size_t size, size_t align)
{
    return is_refused() ? NULL : __real_cst_sys_reserve(size, align);
}

bool __wrap_cst_sys_protect(void *address, size_t size, int protection)
{
    if ((protection & PROT_WRITE) && (protection & PROT_EXEC))
        abort();
    bool done = !is_refused() && __real_cst_sys_protect(address, size, protection);
    check_mappings();
    return done;
}

bool __wrap_cst_sys_move(void *address, size_t size, uintptr_t to)
{
    check_mappings();
    bool done = !is_refused() && __real_cst_sys_move(address, size, to);
    check_mappings();
    return done;
}

int __wrap_cst_sys_open_read(const char *path)
{
    return is_refused() ? -24 : __real_cst_sys_open_read(path);
}

int __wrap_cst_sys_open_regular(const char *path, uint64_t *out_size)
{
    return is_refused() ? -24 : __real_cst_sys_open_regular(path, out_size);
}

int __wrap_cst_sys_open_memory(void)
{
    return is_refused() ? -13 : __real_cst_sys_open_memory();
}

const void *__wrap_cst_sys_map_file(const char *path, size_t *out_size)
{
    return is_refused() ? NULL : __real_cst_sys_map_file(path, out_size);
}

ssize_t __wrap_cst_sys_read_memory(uintptr_t address, void *bytes, size_t size)
{
    return is_refused() ? -1 : __real_cst_sys_read_memory(address, bytes, size);
}

ssize_t __wrap_cst_sys_pwrite(int fd, const void *bytes, size_t size, uint64_t offset)
{
    bool refused = is_refused();
    check_mappings();
    return refused ? -5 : __real_cst_sys_pwrite(fd, bytes, size, offset);
}

ssize_t __wrap_cst_sys_write(int fd, const void *bytes, size_t size)
{
    return fd != STDERR_FILENO && is_refused() ? -28 : __real_cst_sys_write(fd, bytes, size);
}

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return is_refused() ? MAP_FAILED : __real_mmap(address, size, protection, flags, fd, offset);
}
