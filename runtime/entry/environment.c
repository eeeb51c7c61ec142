/* The environment: see environment.h. */
#include "entry/environment.h"

#include "plat/own.h"
#include "plat/sys.h"

#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define BLOCK_MAX ((size_t)512 * 1024)

/* The value, when `variable` is the one of that name. */
static const char *value_of(const char *variable, const char *name)
{
    size_t length = strlen(name);
    return strncmp(variable, name, length) == 0 && variable[length] == '=' ? variable + length + 1 : NULL;
}

/* The environment as the kernel holds it, read once: before libc has set `environ`. NULL when it cannot be had. */
static const char *kernel_block(size_t *out_size)
{
    static char *block;
    static size_t size;
    int fd = block ? -1 : cst_sys_open_read("/proc/self/environ");
    if (fd >= 0) {
        block = cst_own_map(BLOCK_MAX);
        ssize_t got = 1;
        while (block && got > 0 && size < BLOCK_MAX - 1) {
            got = cst_sys_read(fd, block + size, BLOCK_MAX - 1 - size);
            size += got > 0 ? (size_t)got : 0;
        }
        cst_sys_close(fd);
    }
    *out_size = size;
    return block;
}

static const char *find_in_kernel(const char *name)
{
    size_t size = 0;
    const char *block = kernel_block(&size), *value = NULL;
    for (size_t at = 0; block && at < size && !value; at += strnlen(block + at, size - at) + 1)
        value = value_of(block + at, name);
    return value;
}

const char *cst_environment_find(const char *name)
{
    const char *value = NULL;
    if (getauxval(AT_SECURE))
        return NULL;
    if (!environ)
        return find_in_kernel(name);
    for (char **variable = environ; *variable && !value; variable++)
        value = value_of(*variable, name);
    return value;
}
