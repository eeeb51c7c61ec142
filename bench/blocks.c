/* Workloads of the malloc family. An operation is a pair: one allocation and one release (of `grow`, one realloc). */
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 10000
#define GROWTHS 16

/* A block is released right after it was made. */
static void pair(uint64_t operations, uint64_t seed)
{
    uint16_t sizes[WORKLOAD_SIZES];
    workload_fill_sizes(sizes, seed);
    for (uint64_t i = 0; i < operations; i++) {
        char *block = malloc(sizes[i % WORKLOAD_SIZES]);
        *block = (char)i;
        free(block);
    }
}

static void zeroed(uint64_t operations, uint64_t seed)
{
    uint16_t sizes[WORKLOAD_SIZES];
    workload_fill_sizes(sizes, seed);
    for (uint64_t i = 0; i < operations; i++)
        free(calloc(1, sizes[i % WORKLOAD_SIZES]));
}

/* 10,000 blocks are live; each operation replaces one of them, chosen at random. */
static void window(uint64_t operations, uint64_t seed)
{
    uint16_t sizes[WORKLOAD_SIZES];
    workload_fill_sizes(sizes, seed);
    char **blocks = calloc(WINDOW, sizeof *blocks);
    for (uint64_t i = 0; blocks && i < operations; i++) {
        char **slot = &blocks[workload_random(&seed) % WINDOW];
        free(*slot);
        *slot = malloc(sizes[i % WORKLOAD_SIZES]);
        **slot = (char)i;
    }
    for (size_t i = 0; blocks && i < WINDOW; i++)
        free(blocks[i]);
    free(blocks);
}

/* A buffer grows by doubling from 16 bytes to half a megabyte, again and again. */
static void grow(uint64_t operations, uint64_t seed)
{
    (void)seed;
    for (uint64_t i = 0; i < operations; i += GROWTHS) {
        char *buffer = NULL;
        for (unsigned log2 = 4; log2 < 4 + GROWTHS; log2++) {
            char *grown = realloc(buffer, (size_t)1 << log2);
            if (!grown)
                abort();
            buffer = grown;
            buffer[0] = (char)i;
        }
        free(buffer);
    }
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {
        {"pair", pair}, {"zeroed", zeroed}, {"window", window}, {"grow", grow}, {NULL, NULL}};
    return workload_main(argc, argv, workloads);
}
