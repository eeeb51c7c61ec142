/* Live heaps of different shapes, for measuring what looking through them costs: `heaps SHAPE MIB` builds one, prints the
 * time (CLOCK_MONOTONIC, seconds) at which the program begins to end, and ends with everything live. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct block {
    struct block *next;
};

/* What everything hangs on, unless it is lost. */
static struct block *volatile root;

static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Blocks of `size` bytes, as many as fit into `bytes`; what they hold looks like no pointer. The list of them is not on the
 * heap; drop_blocks takes it. */
static struct block **make_blocks(size_t size, size_t bytes, size_t *out_count)
{
    size_t count = bytes / size;
    struct block **blocks =
        mmap(NULL, count * sizeof *blocks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (blocks == MAP_FAILED)
        abort();
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        if (!blocks[i])
            abort();
        memset(blocks[i], 1, size);
    }
    *out_count = count;
    return blocks;
}

static void drop_blocks(struct block **blocks, size_t count)
{
    munmap(blocks, count * sizeof *blocks);
}

static void shuffle(struct block **blocks, size_t count)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = next_random() % (i + 1);
        struct block *held = blocks[i];
        blocks[i] = blocks[other];
        blocks[other] = held;
    }
}

/* Each leads to the next of the list. Returns the first. */
static struct block *link_blocks(struct block **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        blocks[i]->next = i + 1 < count ? blocks[i + 1] : NULL;
    return blocks[0];
}

/* One long list of small nodes that lie in no order: each step is a cache miss. */
static struct block *nodes(size_t bytes)
{
    size_t count;
    struct block **blocks = make_blocks(64, bytes, &count);
    shuffle(blocks, count);
    struct block *first = link_blocks(blocks, count);
    drop_blocks(blocks, count);
    return first;
}

static struct block *linked(size_t size, size_t bytes)
{
    size_t count;
    struct block **blocks = make_blocks(size, bytes, &count);
    struct block *first = link_blocks(blocks, count);
    drop_blocks(blocks, count);
    return first;
}

/* Pages full of pointers to other pages: every word has to be looked up. */
static struct block *pointers(size_t bytes)
{
    enum { PAGE = 4096 };
    size_t count;
    struct block **blocks = make_blocks(PAGE, bytes, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t word = 1; word < PAGE / sizeof(void *); word++)
            ((struct block **)blocks[i])[word] = blocks[next_random() % count];
    }
    struct block *first = link_blocks(blocks, count);
    drop_blocks(blocks, count);
    return first;
}

static void build(const char *shape, size_t bytes)
{
    if (strcmp(shape, "nodes") == 0)
        root = nodes(bytes);
    else if (strcmp(shape, "lost-nodes") == 0)
        nodes(bytes);
    else if (strcmp(shape, "kilobytes") == 0)
        root = linked(1024, bytes);
    else if (strcmp(shape, "megabytes") == 0)
        root = linked(1 << 20, bytes);
    else if (strcmp(shape, "pointers") == 0)
        root = pointers(bytes);
    else
        abort();
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    build(argv[1], strtoul(argv[2], NULL, 10) << 20);
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    printf("%lld.%09ld\n", (long long)time.tv_sec, time.tv_nsec);
    fflush(stdout);
    return 0;
}
