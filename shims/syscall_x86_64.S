/* syscall: does what libc's does, with the registers that it leaves as they are, but for the two calls by which a program
 * confines itself (shims/confine.c): __NR_prctl is 157, __NR_seccomp 317. The number and the arguments are in rdi, rsi, rdx, rcx, r8, r9
 * and on the stack (System V ABI x86-64, sections 3.2.3 and A.2). Nothing is pushed: who calls vfork or clone by it returns
 * twice, or on another stack. */

    .text
    .p2align 4
    .globl syscall
    .type syscall, @function
syscall:
    .cfi_startproc
    endbr64
    cmpq $157, %rdi
    je cst_confining_syscall
    cmpq $317, %rdi
    je cst_confining_syscall
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
    cmpq $-4095, %rax
    jae 1f
    ret
1:  movq %rax, %rdi
    jmp cst_failed_syscall
    .cfi_endproc
    .size syscall, . - syscall

    .section .note.GNU-stack, "", @progbits
