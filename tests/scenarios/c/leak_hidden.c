/* What no search through memory can see: the only pointer is kept in another form, or waits in the kernel. Such blocks are
 * told as lost though the program would find them; docs/detection.md says so, and these runs keep it honest.
 *
 * @run held-xor
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=2 bytes=1802 alloc=$prog
 * @run held-offset
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=902 alloc=$prog
 * @run held-pipe
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=903 alloc=$prog
 */
#include "keep.h"
#include "leaks.h"

#include <stdint.h>
#include <unistd.h>

static volatile uintptr_t hidden;
static char anchor;
static int ends[2];

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

/* The head and the tail of a list that can be walked both ways, as one word. */
static void xored(enum fate fate)
{
    (void)fate;
    for (volatile int i = 0; i < 2; i++)
        hidden ^= (uintptr_t)block_of(901);
}

/* As the distance to something, so that it fits into fewer bits. */
static void offset(enum fate fate)
{
    (void)fate;
    hidden = (uintptr_t)block_of(902) - (uintptr_t)&anchor;
}

/* On its way to another thread. */
static void in_pipe(enum fate fate)
{
    (void)fate;
    void *block = block_of(903);
    if (pipe(ends) != 0 || write(ends[1], &block, sizeof block) != sizeof block)
        abort();
    block = NULL;
    keep(&block);
}

static const struct leak_case cases[] = {
    {"xor", xored},
    {"offset", offset},
    {"pipe", in_pipe},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
