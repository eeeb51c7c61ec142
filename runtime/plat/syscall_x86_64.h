/* Raw system calls on x86-64 Linux: the result is the value or the negated errno, and errno itself is never touched.
 * Going round libc also goes round cancellation points and whoever interposes on libc's wrappers. Used by the files
 * of this floor only. Source of the convention: syscall(2), System V ABI x86-64 appendix A.2. */
#ifndef CST_PLAT_SYSCALL_X86_64_H
#define CST_PLAT_SYSCALL_X86_64_H

#include "plat/compiler.h"
#include "plat/confine.h"

/** A call that is made in any case. */
CST_INLINE long cst_syscall_raw(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/** A call that is made unless the program's own filters of system calls would end it for that: then -EPERM. */
CST_INLINE long cst_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    if (CST_UNLIKELY(atomic_load_explicit(&cst_confine_is_on, memory_order_relaxed)))
        return cst_confine_call(number, a, b, c, d, e, f);
    return cst_syscall_raw(number, a, b, c, d, e, f);
}

CST_INLINE long cst_syscall3(long number, long a, long b, long c)
{
    return cst_syscall6(number, a, b, c, 0, 0, 0);
}

#endif
