/* What the leak scenarios share. A case makes blocks and is told what to do with them: `lost-NAME` loses the last pointer,
 * `held-NAME` keeps it where a scan must find it, `freed-NAME` releases everything. Pointers that the compiler left in
 * registers and in the dead part of the stack are overwritten before the program ends: what is lost is lost, and no
 * verdict hangs on what happens to lie there. */
#ifndef SCENARIO_LEAKS_H
#define SCENARIO_LEAKS_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fate { LOST, HELD, FREED };

struct leak_case {
    const char *name;
    void (*run)(enum fate fate);
};

/* The vector registers, or what of them is beyond the 128 bits that every machine has. */
static void forget_vectors(void)
{
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile("vpxorq %zmm16, %zmm16, %zmm16\n vpxorq %zmm17, %zmm17, %zmm17\n"
                         "vpxorq %zmm18, %zmm18, %zmm18\n vpxorq %zmm19, %zmm19, %zmm19\n"
                         "vpxorq %zmm20, %zmm20, %zmm20\n vpxorq %zmm21, %zmm21, %zmm21\n"
                         "vpxorq %zmm22, %zmm22, %zmm22\n vpxorq %zmm23, %zmm23, %zmm23\n"
                         "vpxorq %zmm24, %zmm24, %zmm24\n vpxorq %zmm25, %zmm25, %zmm25\n"
                         "vpxorq %zmm26, %zmm26, %zmm26\n vpxorq %zmm27, %zmm27, %zmm27\n"
                         "vpxorq %zmm28, %zmm28, %zmm28\n vpxorq %zmm29, %zmm29, %zmm29\n"
                         "vpxorq %zmm30, %zmm30, %zmm30\n vpxorq %zmm31, %zmm31, %zmm31\n");
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroupper");
}

/* Overwrites the stack below the caller and the registers that a call may destroy. */
__attribute__((noinline)) static void forget(void)
{
    char dead[1 << 15];
    memset(dead, 0, sizeof dead);
    forget_vectors();
    __asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n pxor %%xmm2, %%xmm2\n pxor %%xmm3, %%xmm3\n"
                     "pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n"
                     "pxor %%xmm8, %%xmm8\n pxor %%xmm9, %%xmm9\n pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
                     "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n pxor %%xmm14, %%xmm14\n pxor %%xmm15, %%xmm15\n"
                     "xor %%ecx, %%ecx\n xor %%edx, %%edx\n xor %%esi, %%esi\n xor %%edi, %%edi\n"
                     "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n"
                     :
                     : "a"(dead)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       "memory");
}

/* Ends the program from where the caller stands, whose frame and those above it stay alive. */
__attribute__((noreturn, unused)) static void leave(void)
{
    forget();
    puts("done");
    exit(0);
}

/* Splits `lost-NAME`; returns NAME. */
static const char *fate_of(const char *word, enum fate *fate)
{
    *fate = strncmp(word, "lost-", 5) == 0 ? LOST : strncmp(word, "held-", 5) == 0 ? HELD : FREED;
    return strchr(word, '-') + 1;
}

/* The whole `main` of a leak scenario: runs the case that the first argument names. */
__attribute__((unused)) static int run_leak_case(const char *word, const struct leak_case *cases, size_t count)
{
    enum fate fate;
    const char *name = fate_of(word, &fate);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cases[i].name, name) == 0) {
            cases[i].run(fate);
            forget();
            puts("done");
            return 0;
        }
    }
    return 2;
}

#endif
