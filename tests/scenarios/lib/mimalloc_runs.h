/* Runs of a program with mimalloc: those of every allocator, and those of functions that only mimalloc has. */
#ifndef SCENARIOS_MIMALLOC_RUNS_H
#define SCENARIOS_MIMALLOC_RUNS_H

#include <mimalloc.h>

#define OWN_MAKE(size) mi_malloc(size)
#define OWN_RESIZE(block, size) mi_realloc(block, size)
#define OWN_RELEASE(block) mi_free(block)
#define OWN_USABLE(block) mi_usable_size(block)

static int copies(void);
static int arrays(void);
static int heaps(void);
static int outs(void);
static int copy_to_free(void);
static int owned(void);
#define OWN_MORE \
    {"copies", copies}, {"arrays", arrays}, {"heaps", heaps}, {"outs", outs}, {"copy-to-free", copy_to_free}, \
    { \
        "owned", owned \
    }

#include "other_allocator.h"

static int copies(void)
{
    char path[4096];
    mi_free(mi_strdup("a copy"));
    mi_free(mi_strndup("a copy", 3));
    mi_free(mi_realpath("/usr/bin/..", NULL));
    require(keep(mi_realpath("/usr", path)) == keep(path), "not where it was to be");
    return 0;
}

static int arrays(void)
{
    mi_free(mi_recalloc(mi_calloc(3, 20), 6, 20));
    mi_free(mi_reallocn(mi_mallocn(3, 20), 6, 20));
    mi_free_aligned(mi_realloc_aligned(mi_malloc_aligned(100, 64), 400, 64), 64);
    mi_free_size(mi_zalloc(90), 90);
    mi_free(mi_reallocf(mi_malloc(20), 40));
    void *block = mi_malloc(100);
    require(mi_expand(block, 90) == block || block, "moved");
    mi_free(block);
    mi_free(mi_new(74));
    return 0;
}

static int heaps(void)
{
    mi_heap_t *heap = mi_heap_new();
    void *block = mi_heap_malloc(heap, 76);
    require(mi_heap_contains_block(heap, block), "not in its heap");
    mi_free(mi_heap_realloc(heap, block, 800));
    mi_free(mi_heap_strdup(heap, "in a heap"));
    mi_heap_delete(heap);
    return 0;
}

static int outs(void)
{
    void *block = NULL;
    char *value = NULL;
    size_t size = 0;
    require(mi_posix_memalign(&block, 256, 77) == 0, "no memory");
    require(mi_reallocarr(&block, 10, 20) == 0, "not resized");
    mi_free(block);
    setenv("OTHER_ALLOCATOR", "a value", 1);
    require(mi_dupenv_s(&value, &size, "OTHER_ALLOCATOR") == 0 && strcmp(value, "a value") == 0, "no value");
    mi_free(value);
    return 0;
}

static int copy_to_free(void)
{
    free(mi_strdup("a copy"));
    return 0;
}

static int owned(void)
{
    void *block = malloc(78);
    require(!mi_check_owned(block), "taken for its own");
    free(block);
    return 0;
}

#endif
