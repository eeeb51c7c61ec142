/* An allocator in the place of libc's, with names of mimalloc's, whose function for release cannot be redirected, because it
 * jumps back into its own first bytes. It never uses memory again. */
#include <stddef.h>
#include <sys/mman.h>

#define ROOM ((size_t)1 << 20)

void *mi_malloc(size_t size);
void *mi_realloc(void *block, size_t size);
size_t mi_usable_size(const void *block);
void *malloc(size_t size);
void free(void *block);

/* void mi_free(void *block) */
__asm__(".globl mi_free\n.type mi_free, @function\n"
        "mi_free:\n.cfi_startproc\nnop\n1: test %rdi, %rdi\nje 2f\nxor %edi, %edi\njmp 1b\n2: ret\n.cfi_endproc\n"
        ".size mi_free, . - mi_free\n");

void *mi_malloc(size_t size)
{
    static char *memory;
    static size_t used = 64;
    if (!memory) {
        memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    size_t start = used;
    used += (size + 79) & ~(size_t)15;
    return memory == MAP_FAILED || size > ROOM || used > ROOM ? NULL : memory + start;
}

void *mi_realloc(void *block, size_t size)
{
    return block ? NULL : mi_malloc(size);
}

size_t mi_usable_size(const void *block)
{
    return block ? 1 : 0;
}

void *malloc(size_t size)
{
    return mi_malloc(size);
}

void free(void *block)
{
    (void)block;
}
