/* The public functions as the world calls them, and the note by which copies of the runtime in one process find each other
 * (copies.h). Each function goes on, by a jump, to its body in the copy that serves: arguments, return address and frame
 * are the caller's. Which copy serves is worked out by the first call, unless a constructor has done so before. */

    .text

/* Who calls is read from the code that does, and that goes to the function in its own copy: the body of
 * custody_side_of_caller is told which that is, in a second argument. */
    .macro entry name
    .p2align 4
    .globl \name
    .type \name, @function
\name:
0:
    .cfi_startproc
    endbr64
    .ifc \name, custody_side_of_caller
    leaq 0b(%rip), %rsi
    .endif
    movq cst_functions_serving(%rip), %r11
    testq %r11, %r11
    jz 1f
    jmp *8 * number(%r11)
1:  call settle
    jmp *8 * number(%r11)
    .cfi_endproc
    .size \name, . - \name
    .set number, number + 1
    .endm

    .hidden cst_functions_serving
    .hidden cst_copies_settle
    .set number, 0

#define CUSTODY_FUNCTION(name) entry name
#include "custody/functions.def"

/* Gives the functions that serve in r11; keeps the registers of arguments. No public function takes one in a vector. */
    .p2align 4
    .type settle, @function
settle:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %r8
    pushq %r9
    subq $8, %rsp
    call cst_copies_settle
    movq %rax, %r11
    addq $8, %rsp
    popq %r9
    popq %r8
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size settle, . - settle

/* struct cst_copy_note. What it says needs no relocation: it can be read of a copy that is still being loaded. */
    .hidden cst_copy_here
    .hidden cst_copy_note
    .globl cst_copy_note
    .hidden cst_copy_note_size
    .globl cst_copy_note_size
    .section .note.custody, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long 1
1:  .asciz "Custody"
2:  .balign 4
    .type cst_copy_note, @object
3:
cst_copy_note:
    .quad cst_copy_here - .
    .asciz CUSTODY_VERSION
#undef CUSTODY_FUNCTION
#define CUSTODY_FUNCTION(name) .asciz #name
#include "custody/functions.def"
4:  .balign 4
    .size cst_copy_note, 4b - 3b

    .section .rodata, "a"
    .balign 8
    .type cst_copy_note_size, @object
    .size cst_copy_note_size, 8
cst_copy_note_size:
    .quad 4b - 3b

    .section .note.GNU-stack, "", @progbits
