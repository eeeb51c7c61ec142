/* Registers of an interrupted thread, x86-64: see halt_context.h. Layout of the context: <sys/ucontext.h>; the vector
 * registers lie where fpregs points, as fxsave or xsave leaves them, with their size in the software-reserved bytes
 * (arch/x86/include/uapi/asm/sigcontext.h). */
#include "plat/halt_context.h"

#include <signal.h>
#include <string.h>
#include <sys/ucontext.h>

#define FXSAVE_SIZE ((size_t)512)
#define SOFTWARE_BYTES 464
#define EXTENDED_MAGIC UINT32_C(0x46505853)
#define EXTENDED_SIZE_MAX ((size_t)64 * 1024)

__asm__(".text\n"
        ".type cst_halt_restore, @function\n"
        ".globl cst_halt_restore\n"
        ".hidden cst_halt_restore\n"
        "cst_halt_restore:\n"
        "    mov $15, %rax\n"
        "    syscall\n"
        ".size cst_halt_restore, . - cst_halt_restore\n");

static size_t vector_size(const unsigned char *saved)
{
    struct {
        uint32_t magic, extended_size;
    } software;
    memcpy(&software, saved + SOFTWARE_BYTES, sizeof software);
    bool extended = software.magic == EXTENDED_MAGIC && software.extended_size <= EXTENDED_SIZE_MAX;
    return extended ? software.extended_size : FXSAVE_SIZE;
}

void cst_halt_context_read(const void *context, struct cst_halted *out_thread)
{
    const ucontext_t *interrupted = context;
    for (size_t i = 0; i < CST_HALT_REGISTERS; i++)
        out_thread->registers[i] = (uintptr_t)interrupted->uc_mcontext.gregs[i];
    out_thread->stack_pointer = (uintptr_t)interrupted->uc_mcontext.gregs[REG_RSP];
    out_thread->thread_pointer = (uintptr_t)__builtin_thread_pointer();
    const stack_t *aside = &interrupted->uc_stack;
    out_thread->signal_stack = aside->ss_flags & SS_DISABLE ? 0 : (uintptr_t)aside->ss_sp;
    out_thread->on_signal_stack =
        !(aside->ss_flags & SS_DISABLE) && out_thread->stack_pointer - (uintptr_t)aside->ss_sp <= aside->ss_size;
    const unsigned char *saved = (const void *)interrupted->uc_mcontext.fpregs;
    out_thread->vectors_lo = (uintptr_t)saved;
    out_thread->vectors_hi = saved ? (uintptr_t)saved + vector_size(saved) : 0;
}
