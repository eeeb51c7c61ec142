/* Another stack for the time of a call: see aside.h. The frame pointer leads back, also for debuggers. */

    .text
    .globl cst_aside_call
    .hidden cst_aside_call
    .type cst_aside_call, @function
cst_aside_call:
    .cfi_startproc
    endbr64
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    movq %rdx, %rsp
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    leave
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size cst_aside_call, . - cst_aside_call

    .section .note.GNU-stack, "", @progbits
