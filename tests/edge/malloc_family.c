/* glibc's edge cases of every function of the malloc family, printed. What glibc 2.36 does without Custody is what it
 * must do under Custody: the output of both is compared.
 *
 * @flags -fno-builtin
 * @run all
 * @compare
 */
#include "keep.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t SIZES[] = {0,  1,   7,   8,   15,   16,   17,   24,     31,     33,
                               63, 100, 129, 511, 1000, 4095, 4097, 100000, 3000000};
static const size_t TOO_LARGE[] = {(size_t)PTRDIFF_MAX - 4096, PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096,
                                   SIZE_MAX};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A number that the compiler cannot warn about. */
static size_t hidden(size_t number)
{
    __asm__ volatile("" : "+r"(number));
    return number;
}

/* Prints what came of one call: null or memory that can be used, its alignment, errno. */
static void show(const char *what, size_t number, void *block, size_t size, size_t align)
{
    int error = errno;
    if (!block) {
        printf("%s %zu: null, errno %d\n", what, number, error);
        return;
    }
    memset(block, 0x5a, size);
    const char *usable = malloc_usable_size(block) >= size ? "usable" : "too small";
    printf("%s %zu: %s, %s, errno %d\n", what, number, (uintptr_t)block % align ? "misaligned" : "aligned", usable,
           error);
    free(block);
}

static void plain_sizes(void)
{
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        size_t size = SIZES[i];
        errno = 0;
        show("malloc", size, keep(malloc(size)), size, 16);
        show("calloc", size, keep(calloc(1, size)), size, 16);
        show("calloc bytes", size, keep(calloc(size, 1)), size, 16);
        show("realloc null", size, keep(realloc(NULL, size)), size, 16);
        show("reallocarray null", size, keep(reallocarray(NULL, size, 3)), size * 3, 16);
        show("valloc", size, keep(valloc(size)), size, 4096);
        show("pvalloc", size, keep(pvalloc(size)), size ? (size + 4095) / 4096 * 4096 : 0, 4096);
    }
}

static void too_large(void)
{
    for (size_t i = 0; i < COUNT(TOO_LARGE); i++) {
        size_t size = TOO_LARGE[i];
        void *block = NULL;
        errno = 0;
        show("malloc", i, keep(malloc(size)), 0, 16);
        errno = 0;
        show("calloc", i, keep(calloc(size, 1)), 0, 16);
        errno = 0;
        show("calloc of pairs", i, keep(calloc(size / 2 + 1, 2)), 0, 16);
        errno = 0;
        show("realloc null", i, keep(realloc(NULL, size)), 0, 16);
        errno = 0;
        show("reallocarray", i, keep(reallocarray(NULL, size, 1)), 0, 16);
        errno = 0;
        show("reallocarray overflow", i, keep(reallocarray(NULL, size, 16)), 0, 16);
        errno = 0;
        show("memalign", i, keep(memalign(64, size)), 0, 64);
        errno = 0;
        show("aligned_alloc", i, keep(aligned_alloc(64, size)), 0, 64);
        errno = 0;
        show("valloc", i, keep(valloc(size)), 0, 4096);
        errno = 0;
        show("pvalloc", i, keep(pvalloc(size)), 0, 4096);
        errno = 0;
        printf("posix_memalign %zu: %d\n", i, posix_memalign(&block, 64, size));
        printf("  block %s\n", block ? "set" : "untouched"); /* errno is unspecified here: the result tells */
    }
    errno = 0;
    show("calloc overflow", 0, keep(calloc(hidden(SIZE_MAX / 2 + 1), 2)), 0, 16);
    errno = 0;
    show("calloc overflow", 1, keep(calloc(hidden(1UL << 33), hidden(1UL << 33))), 0, 16);
}

static void alignments(void)
{
    for (size_t align = 0; align <= 65536; align = align < 4 ? align + 1 : align * 2) {
        void *block = NULL;
        errno = 0;
        int result = posix_memalign(&block, align, 100);
        printf("posix_memalign align %zu: %d, %s, errno %d\n", align, result, block ? "set" : "untouched", errno);
        if (block && (uintptr_t)block % align)
            puts("  misaligned");
        free(block);
        if (align)
            show("aligned_alloc align", align, keep(aligned_alloc(align, align * 3)), align * 3, align & (~align + 1));
        if (align)
            show("memalign align", align, keep(memalign(align, 100)), 100, align & (~align + 1));
    }
    static const size_t odd[] = {3, 5, 6, 24, 48, 100, 4095, 4097, 65537};
    for (size_t i = 0; i < COUNT(odd); i++) {
        void *block = NULL;
        errno = 0;
        show("memalign odd", odd[i], keep(memalign(odd[i], 10)), 10, 16);
        errno = 0;
        show("aligned_alloc odd", odd[i], keep(aligned_alloc(odd[i], 10)), 10, 16);
        errno = 0;
        printf("posix_memalign odd %zu: %d, errno %d\n", odd[i], posix_memalign(&block, odd[i], 10), errno);
    }
    errno = 0;
    show("memalign huge", 0, keep(memalign(hidden(SIZE_MAX / 2 + 1), 10)), 0, 16);
    errno = 0;
    show("memalign huge", 1, keep(memalign(hidden(SIZE_MAX), 10)), 0, 16);
    errno = 0;
    show("aligned_alloc size not a multiple", 0, keep(aligned_alloc(64, 100)), 100, 64);
}

static void reallocs(void)
{
    char *block = keep(malloc(20));
    memcpy(block, "nineteen characters", 20);
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        if (SIZES[i] < 20)
            continue;
        block = keep(realloc(block, SIZES[i]));
        printf("realloc to %zu keeps: %s\n", SIZES[i], block);
    }
    block = keep(realloc(block, 5));
    printf("realloc to 5 keeps: %.5s\n", block);
    errno = 0;
    const char *result = keep(realloc(keep(block), hidden(PTRDIFF_MAX))) ? "memory" : "null";
    printf("realloc too large: %s, errno %d, kept %.5s\n", result, errno, block);
    errno = 0;
    result = keep(reallocarray(keep(block), hidden(SIZE_MAX), 2)) ? "memory" : "null";
    printf("reallocarray overflow: %s, errno %d, kept %.5s\n", result, errno, block);
    errno = 0;
    result = keep(realloc(keep(block), hidden(0))) ? "memory" : "null";
    printf("realloc to 0: %s, errno %d\n", result, errno);
    block = keep(malloc(30));
    result = keep(reallocarray(block, hidden(0), 5)) ? "memory" : "null";
    printf("reallocarray to 0: %s, errno %d\n", result, errno);
    block = keep(aligned_alloc(4096, 8192));
    memset(block, 'a', 8192);
    block = keep(realloc(block, 20000));
    printf("realloc of aligned keeps: %c%c\n", block[0], block[8191]);
    free(block);
}

static void errno_of_free(void)
{
    errno = 1234;
    free(NULL);
    printf("free of null leaves errno %d\n", errno);
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        void *block = keep(malloc(SIZES[i]));
        errno = 1234;
        free(block);
        if (errno != 1234)
            printf("free of %zu leaves errno %d\n", SIZES[i], errno);
    }
    void *block = NULL;
    errno = 1234;
    int result = posix_memalign(&block, 3, 10);
    printf("posix_memalign %d leaves errno %d\n", result, errno);
    printf("usable size of null %zu\n", malloc_usable_size(NULL));
}

static void zeroing(void)
{
    size_t dirty = 0;
    for (int round = 0; round < 200; round++) {
        size_t size = (size_t)(round * 37 % 5000 + 1);
        unsigned char *block = keep(malloc(size));
        memset(block, 0xff, size);
        free(block);
        block = keep(calloc(size, 1));
        for (size_t i = 0; i < size; i++)
            dirty += block[i] != 0;
        memset(block, 0xff, size);
        free(block);
    }
    printf("bytes of calloc that are not zero: %zu\n", dirty);
}

int main(void)
{
    plain_sizes();
    too_large();
    alignments();
    reallocs();
    errno_of_free();
    zeroing();
    return 0;
}
