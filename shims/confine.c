/* Restrictions of system calls that a program puts on itself, by prctl(2) or seccomp(2): noted, so that the
 * runtime keeps to them (plat/confine.h). Both functions do what libc's do. */
#include "plat/confine.h"
#include "plat/compiler.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/syscall.h>

/** libc's syscall, for the calls that may confine the program; called by syscall_x86_64.S. */
long cst_confining_syscall(long number, long a, long b, long c, long d, long e, long f);

/** What libc's syscall makes of a result that is a negated errno; called by syscall_x86_64.S. */
long cst_failed_syscall(long result);

CST_EXPORT int prctl(int option, long a, long b, long c, long d);

long cst_failed_syscall(long result)
{
    errno = (int)-result;
    return -1;
}

static bool is_confining(long number, long operation)
{
    if (number == SYS_prctl)
        return operation == PR_SET_SECCOMP;
    return operation == SECCOMP_SET_MODE_STRICT || operation == SECCOMP_SET_MODE_FILTER;
}

/* With a flag that has a filter put on all threads, or none, the answer may be the number of a thread that refused. */
static bool is_installed(long number, long flags, long result)
{
    const unsigned long both = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER;
    bool may_refuse = number == SYS_seccomp && ((unsigned long)flags & both) == SECCOMP_FILTER_FLAG_TSYNC;
    return may_refuse ? result == 0 : result >= 0;
}

static long confine(long number, long operation, long mode, long program)
{
    bool strictly = number == SYS_prctl ? mode == SECCOMP_MODE_STRICT : operation == SECCOMP_SET_MODE_STRICT;
    void *room = strictly ? NULL : cst_confine_prepare();
    long result = cst_syscall_raw(number, operation, mode, program, 0, 0, 0);
    if (is_installed(number, mode, result))
        cst_confine_note(strictly ? NULL : (const void *)program, room);
    else
        cst_confine_drop(room);
    return result;
}

long cst_confining_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result = is_confining(number, a) ? confine(number, a, b, c) : cst_syscall_raw(number, a, b, c, d, e, f);
    return (unsigned long)result > -4096UL ? cst_failed_syscall(result) : result;
}

/* libc's takes any number of arguments, of which the kernel looks at no more than these. */
int prctl(int option, long a, long b, long c, long d)
{
    return (int)cst_confining_syscall(SYS_prctl, option, a, b, c, d, 0);
}
