/* Memory that lives as long as one reading of a log: many small allocations, one release. Never returns NULL; when memory
 * runs out the tool says so and exits. Not thread-safe: the tool has one thread. */
#ifndef CST_TOOL_ARENA_H
#define CST_TOOL_ARENA_H

#include <stddef.h>

struct cst_arena_chunk;

/** Start with {0}. */
struct cst_arena {
    struct cst_arena_chunk *chunks;
    size_t used; /**< bytes used of the newest chunk */
};

/** `size` zeroed bytes, aligned for any type, valid until cst_arena_free. */
void *cst_arena_alloc(struct cst_arena *arena, size_t size);

/** A copy of `text` in the arena. NULL stays NULL. */
char *cst_arena_copy(struct cst_arena *arena, const char *text);

/** A formatted string in the arena. */
char *cst_arena_format(struct cst_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Room for one more element in an array that has `count` of `size` bytes each and has only ever grown through here:
 * returns `array`, or a larger copy of it. Elements past `count` are zero. */
void *cst_arena_extend(struct cst_arena *arena, void *array, size_t count, size_t size);

/** Releases everything and leaves an empty arena. */
void cst_arena_free(struct cst_arena *arena);

#endif
