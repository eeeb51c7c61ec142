/* dlmopen: says what it means for an audit, and goes on to libc's by a jump. That function looks at where it returns to: by
 * whose RUNPATH it searches depends on who calls. Arguments are in rdi, rsi and rdx (System V ABI x86-64, section 3.2.3). */

    .text
    .p2align 4
    .globl dlmopen
    .type dlmopen, @function
dlmopen:
    .cfi_startproc
    endbr64
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    pushq %rdx
    .cfi_adjust_cfa_offset 8
    call cst_process_dlmopen
    popq %rdx
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
    testq %rax, %rax
    je 1f
    jmp *%rax
1:  ret /* NULL: no such function */
    .cfi_endproc
    .size dlmopen, . - dlmopen

    .section .note.GNU-stack, "", @progbits
