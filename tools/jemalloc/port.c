/* Answers to what jemalloc would otherwise ask of the audited process or of libraries we do not want to need. Linked with
 * jemalloc by rename.sh, which sends each call of `name` in jemalloc to cst_jeport_name here. The functions of libm and
 * of the unwinder serve jemalloc's profiler alone, which stays off (opt.prof is false and cannot be set from outside).
 * None allocates or locks; those that "find nothing" are called once, when jemalloc starts. */

#include "core/held.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <errno.h>
#include <stdatomic.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

void *cst_jeport_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int cst_jeport_munmap(void *address, size_t size);
char *cst_jeport_secure_getenv(const char *name);
ssize_t cst_jeport_readlink(const char *path, char *buffer, size_t size);
void *cst_jeport_dlsym(void *handle, const char *name);

int cst_jeport_pthread_mutex_trylock(pthread_mutex_t *mutex);
int cst_jeport_pthread_mutex_lock(pthread_mutex_t *mutex);
int cst_jeport_pthread_mutex_unlock(pthread_mutex_t *mutex);

double cst_jeport_exp(double x);
double cst_jeport_log(double x);
double cst_jeport_round(double x);
int cst_jeport__Unwind_Backtrace(void *callback, void *argument);
void *cst_jeport__Unwind_GetIP(void *context);

/* For the page by which jemalloc, when it starts, looks at what the kernel does: it does not expect to be refused that one. */
static _Alignas(CST_PAGE_SIZE) char spare_page[CST_PAGE_SIZE];

static void *take_spare_page(size_t size)
{
    static atomic_flag taken = ATOMIC_FLAG_INIT;
    return size <= sizeof spare_page && !atomic_flag_test_and_set(&taken) ? spare_page : MAP_FAILED;
}

/** jemalloc's records of itself hold addresses of blocks; they are ours, and no references to those. */
void *cst_jeport_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *start = mmap(address, size, protection, flags, fd, offset);
    if (start != MAP_FAILED)
        cst_own_note(start, size);
    else
        cst_own_note_refusal();
    return start != MAP_FAILED ? start : take_spare_page(size);
}

/** What lies in the middle of a mapping that stays is given back without its addresses. */
int cst_jeport_munmap(void *address, size_t size)
{
    return cst_own_forget(address, size) ? munmap(address, size) : madvise(address, size, MADV_DONTNEED);
}

/** MALLOC_CONF is the audited program's, for a jemalloc of its own: ours does not see it. */
char *cst_jeport_secure_getenv(const char *name)
{
    (void)name;
    return NULL;
}

/** The same for the link /etc/malloc.conf. */
ssize_t cst_jeport_readlink(const char *path, char *buffer, size_t size)
{
    (void)path;
    (void)buffer;
    (void)size;
    errno = ENOENT;
    return -1;
}

/** jemalloc looks for the next pthread_create, for background threads: an audited process gets none. */
void *cst_jeport_dlsym(void *handle, const char *name)
{
    (void)handle;
    (void)name;
    return NULL;
}

/** A thread that holds a lock of jemalloc's must not come back to it from a signal's handler: core/held.h. */
int cst_jeport_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    cst_held_heap_coming(mutex);
    int result = pthread_mutex_trylock(mutex);
    if (result != 0)
        cst_held_heap_gone(mutex);
    return result;
}

int cst_jeport_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    cst_held_heap_coming(mutex);
    return pthread_mutex_lock(mutex);
}

int cst_jeport_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int result = pthread_mutex_unlock(mutex);
    cst_held_heap_gone(mutex);
    return result;
}

double cst_jeport_exp(double x)
{
    (void)x;
    return 0.0;
}

double cst_jeport_log(double x)
{
    (void)x;
    return 0.0;
}

double cst_jeport_round(double x)
{
    return x;
}

/** 0 is the unwinder's _URC_NO_REASON: a walk that met no frame. */
int cst_jeport__Unwind_Backtrace(void *callback, void *argument)
{
    (void)callback;
    (void)argument;
    return 0;
}

void *cst_jeport__Unwind_GetIP(void *context)
{
    (void)context;
    return NULL;
}
