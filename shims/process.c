/* The moments of a process that must pass through us to be seen: exec, the ways to end at once, dlclose, dlmopen, and a
 * thread that asks about itself first of all. Each does what the function of its name does, by calling it. */
#include "core/leak.h"
#include "entry/moments.h"
#include "entry/thread.h"
#include "plat/compiler.h"
#include "plat/sys.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef int exec_function(const char *file, char *const argv[]);
typedef int exec_env_function(const char *file, char *const argv[], char *const envp[]);
typedef int fexec_function(int fd, char *const argv[], char *const envp[]);
typedef void exit_function(int status);
typedef int close_function(void *handle);
typedef void *namespace_function(Lmid_t link_namespace, const char *file, int mode);
typedef int attributes_function(pthread_t thread, pthread_attr_t *attributes);

static struct {
    exec_function *execv, *execvp;
    exec_env_function *execve, *execvpe;
    fexec_function *fexecve;
    exit_function *exit;
    close_function *dlclose;
    namespace_function *dlmopen;
    attributes_function *pthread_getattr_np;
} real;

/** What dlmopen_x86_64.S goes on to with the same arguments; NULL when there is no such function. */
namespace_function *cst_process_dlmopen(Lmid_t link_namespace);

static void find(void *out_function, const char *symbol)
{
    *(void **)out_function = dlsym(RTLD_NEXT, symbol);
}

/* When the library is loaded, so that a child of vfork, which may do little, need not. */
__attribute__((constructor(102))) static void find_all(void)
{
    find(&real.execv, "execv");
    find(&real.execvp, "execvp");
    find(&real.execve, "execve");
    find(&real.execvpe, "execvpe");
    find(&real.fexecve, "fexecve");
    find(&real.exit, "exit");
    find(&real.dlclose, "dlclose");
    find(&real.dlmopen, "dlmopen");
    find(&real.pthread_getattr_np, "pthread_getattr_np");
}

/* Constructors of the program's libraries run before ours, and may call any of these. */
#define REAL(function) (CST_LIKELY(real.function) ? real.function : (find_all(), real.function))

static int missing(void)
{
    errno = ENOSYS;
    return -1;
}

CST_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    cst_moments_exec(path, argv);
    return REAL(execve) ? real.execve(path, argv, envp) : missing();
}

CST_EXPORT int execv(const char *path, char *const argv[])
{
    cst_moments_exec(path, argv);
    return REAL(execv) ? real.execv(path, argv) : missing();
}

CST_EXPORT int execvp(const char *file, char *const argv[])
{
    cst_moments_exec(file, argv);
    return REAL(execvp) ? real.execvp(file, argv) : missing();
}

CST_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
    cst_moments_exec(file, argv);
    return REAL(execvpe) ? real.execvpe(file, argv, envp) : missing();
}

CST_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
    cst_moments_exec(NULL, argv);
    return REAL(fexecve) ? real.fexecve(fd, argv, envp) : missing();
}

/* The arguments of execl and its kin, from `first` to the NULL. */
static size_t count_arguments(const char *first, va_list list)
{
    size_t count = first != NULL;
    while (first && va_arg(list, const char *))
        count++;
    return count;
}

static void collect_arguments(char *argv[], size_t count, const char *first, va_list list)
{
    argv[0] = (char *)(size_t)first;
    for (size_t i = 1; i <= count; i++)
        argv[i] = va_arg(list, char *);
    argv[count] = NULL;
}

#define COLLECT(first) \
    va_list list; \
    va_start(list, first); \
    size_t count = count_arguments(first, list); \
    va_end(list); \
    char *argv[count + 2]; \
    va_start(list, first); \
    collect_arguments(argv, count, first, list)

CST_EXPORT int execl(const char *path, const char *arg, ...)
{
    COLLECT(arg);
    va_end(list);
    return execv(path, argv);
}

CST_EXPORT int execlp(const char *file, const char *arg, ...)
{
    COLLECT(arg);
    va_end(list);
    return execvp(file, argv);
}

CST_EXPORT int execle(const char *path, const char *arg, ...)
{
    COLLECT(arg);
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, envp);
}

/* Says from where the program leaves: what lies on the stack below is nobody's. */
CST_EXPORT _Noreturn void exit(int status)
{
    cst_moments_exit(CST_LEAKS_STACK());
    if (REAL(exit))
        real.exit(status);
    cst_sys_exit(status);
}

CST_EXPORT _Noreturn void _exit(int status)
{
    cst_sys_exit(cst_moments_end("_exit", status));
}

CST_EXPORT _Noreturn void _Exit(int status)
{
    cst_sys_exit(cst_moments_end("_exit", status));
}

CST_EXPORT int dlclose(void *handle)
{
    int result = REAL(dlclose) ? real.dlclose(handle) : missing();
    cst_moments_unload();
    return result;
}

namespace_function *cst_process_dlmopen(Lmid_t link_namespace)
{
    if (link_namespace != LM_ID_BASE)
        cst_moments_namespace();
    return REAL(dlmopen);
}

/* libc allocates here with the thread's lock held. Were that the thread's first call, it would be set up there, which
 * asks the same of the same thread and waits for itself. So it is set up first. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved names */
CST_EXPORT int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    bool is_ready = cst_thread_enter();
    (void)is_ready; /* if not, it is in the runtime's hands, which asks too */
    return REAL(pthread_getattr_np) ? real.pthread_getattr_np(thread, attributes) : ENOSYS;
}
