/* A chunked bump allocator; see arena.h. */
#include "arena.h"

#include "say.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define ALIGNMENT (_Alignof(max_align_t))

struct cst_arena_chunk {
    struct cst_arena_chunk *next;
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct cst_arena_chunk *make_chunk(size_t size)
{
    struct cst_arena_chunk *chunk = NULL;
    if (size <= SIZE_MAX - sizeof *chunk) {
        chunk = calloc(1, sizeof *chunk + size);
    }
    if (chunk) {
        chunk->size = size;
        return chunk;
    }
    cst_say_and_exit("out of memory");
}

static void add_chunk(struct cst_arena *arena, size_t at_least)
{
    struct cst_arena_chunk *chunk = make_chunk(at_least > CHUNK_BYTES ? at_least : CHUNK_BYTES);
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
}

void *cst_arena_alloc(struct cst_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        cst_say_and_exit("out of memory");
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!arena->chunks || rounded > arena->chunks->size - arena->used) {
        add_chunk(arena, rounded);
    }
    void *result = arena->chunks->bytes + arena->used;
    arena->used += rounded;
    return result;
}

char *cst_arena_copy(struct cst_arena *arena, const char *text)
{
    if (!text) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    return memcpy(cst_arena_alloc(arena, size), text, size);
}

char *cst_arena_format(struct cst_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        cst_say_and_exit("cannot format a message");
    }
    char *text = cst_arena_alloc(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void *cst_arena_extend(struct cst_arena *arena, void *array, size_t count, size_t size)
{
    /* The capacity is `count` rounded up to a power of two, so only powers of two are full. */
    if (count != 0 && (count & (count - 1)) != 0) {
        return array;
    }
    size_t capacity = count ? count * 2 : 1;
    if (capacity > SIZE_MAX / size) {
        cst_say_and_exit("out of memory");
    }
    void *larger = cst_arena_alloc(arena, capacity * size);
    if (count) {
        memcpy(larger, array, count * size);
    }
    return larger;
}

void cst_arena_free(struct cst_arena *arena)
{
    struct cst_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct cst_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (struct cst_arena){0};
}
