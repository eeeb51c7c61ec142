/* Raw system calls on x86-64 Linux: the result is the value or the negated errno, and errno itself is never touched.
 * Going round libc also goes round cancellation points and whoever interposes on libc's wrappers. Used by sys_linux.c
 * and process_linux.c only. Source of the convention: syscall(2), System V ABI x86-64 appendix A.2. */
#ifndef CST_PLAT_SYSCALL_X86_64_H
#define CST_PLAT_SYSCALL_X86_64_H

#include "plat/compiler.h"

CST_INLINE long cst_syscall6(long number, long a, long b, long c, long d, long e, long f)
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

CST_INLINE long cst_syscall3(long number, long a, long b, long c)
{
    return cst_syscall6(number, a, b, c, 0, 0, 0);
}

#endif
