/* What rustc and the linker make around an allocator, by hand: four thunks, what they lead to, a tail call and a switch. */
.macro function name
.globl \name
.type \name, @function
\name:
.cfi_startproc
.endm
.macro end name
.cfi_endproc
.size \name, .-\name
.endm

.section .comment
.asciz "rustc version 1.80.0 (custody)"
.text
function alloc
    jmp alloc_body
end alloc
function alloc_zeroed
    jmp zeroed_body
end alloc_zeroed
function resize
    jmp resize_body
end resize
function dealloc
    jmp dealloc_body
end dealloc
function alloc_body
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    cmpq $16, %rsi
    ja 1f
    popq %rbp
    .cfi_remember_state
    .cfi_def_cfa_offset 8
    jmp malloc@PLT
1:  .cfi_restore_state
    subq $16, %rsp
    .cfi_adjust_cfa_offset 16
    movq %rsp, %rdi
    call posix_memalign@PLT
    movq (%rsp), %rax
    addq $16, %rsp
    .cfi_adjust_cfa_offset -16
    popq %rbp
    .cfi_def_cfa_offset 8
    ret
end alloc_body
function zeroed_body
    cmpq $16, %rsi
    ja 1f
    jmp *calloc@GOTPCREL(%rip)
1:  call posix_memalign@PLT
    jmp memset@PLT
end zeroed_body
function resize_body
    call realloc@PLT
    call posix_memalign@PLT
    call memcpy@PLT
    jmp *free@GOTPCREL(%rip)
end resize_body
function dealloc_body
    jmp free@PLT
end dealloc_body
function chooses
    endbr64
    movq %rsp, %rbp
    .cfi_def_cfa %rbp, 8
    leaq 2f(%rip), %rax
    movslq (%rax,%rdi,4), %rdi
    addq %rax, %rdi
    notrack jmp *%rdi
1:  movq free@GOTPCREL(%rip), %rbx
    call *%rbx
    callq *8(%rbx)
    leave
    ret
end chooses
.section .rodata
2:  .long 1b-2b, 1b-2b
.section .note.GNU-stack,"",@progbits
