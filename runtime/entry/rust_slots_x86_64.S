/* The slots that Rust's entries jump to: 256 for each entry, 16 bytes each. A slot puts its number into the register of the
 * next argument (System V ABI x86-64: rdi, rsi, rdx, rcx, r8, r9) and goes on to the hook. Fixed code: nothing is generated
 * at run time. */

    .text

    .macro slots name, register, hook
    .p2align 4
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    .set number, 0
    .rept 256
    .p2align 4
    endbr64
    movl $number, \register
    jmp \hook
    .set number, number + 1
    .endr
    .size \name, . - \name
    .endm

    slots cst_rust_slots_alloc, %edx, cst_rust_hook_alloc
    slots cst_rust_slots_alloc_zeroed, %edx, cst_rust_hook_alloc_zeroed
    slots cst_rust_slots_realloc, %r8d, cst_rust_hook_realloc
    slots cst_rust_slots_dealloc, %ecx, cst_rust_hook_dealloc

    .section .note.GNU-stack, "", @progbits
