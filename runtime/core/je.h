/* jemalloc, as the heap sees it: declarations of the private copy that tools/jemalloc/rename.sh builds, whose public names
 * begin with cst_je_ instead of nothing. Meanings, flags and layouts are those of jemalloc 5.3 (jemalloc(3),
 * <jemalloc/jemalloc.h>); they are written out here so that no name of the audited world is declared by accident.
 * Only core/heap*.c calls these. */
#ifndef CST_CORE_JE_H
#define CST_CORE_JE_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

/* Flags of the *x functions; or them together. */
#define MALLOCX_LG_ALIGN(la) ((int)(la))
#define MALLOCX_ZERO ((int)0x40)
/** Explicit thread cache `tc`, an index from "tcache.create". */
#define MALLOCX_TCACHE(tc) ((int)(((tc) + 2) << 8))
#define MALLOCX_TCACHE_NONE MALLOCX_TCACHE(-1)
/** Explicit arena `a`, an index from "arenas.create". */
#define MALLOCX_ARENA(a) ((int)((((unsigned)(a)) + 1U) << 20))
/** Alignment in bytes, a power of two >= 1. */
#define MALLOCX_ALIGN(a) MALLOCX_LG_ALIGN(__builtin_ctzl((unsigned long)(a)))

/** How an arena gets its memory; the table and its functions outlive the arena. bool results: true is failure. */
typedef struct extent_hooks_s extent_hooks_t;
struct extent_hooks_s {
    void *(*alloc)(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment, bool *zero, bool *commit,
                   unsigned arena);
    bool (*dalloc)(extent_hooks_t *hooks, void *addr, size_t size, bool committed, unsigned arena);
    void (*destroy)(extent_hooks_t *hooks, void *addr, size_t size, bool committed, unsigned arena);
    bool (*commit)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length, unsigned arena);
    bool (*decommit)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length, unsigned arena);
    bool (*purge_lazy)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length, unsigned arena);
    bool (*purge_forced)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length, unsigned arena);
    bool (*split)(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a, size_t size_b, bool committed,
                  unsigned arena);
    bool (*merge)(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b, size_t size_b, bool committed,
                  unsigned arena);
};

/** Options that jemalloc reads before its first allocation. Weak (NULL) in jemalloc: core/heap.c defines it. The
 * environment (MALLOC_CONF) and /etc/malloc.conf are not read: see tools/jemalloc/port.c. */
extern const char *cst_je_malloc_conf;

/** Where jemalloc writes its rare messages; NULL is stderr. */
extern void (*cst_je_malloc_message)(void *opaque, const char *text);

/** Makes the calling thread ready for every other function here, and for jemalloc's part in a fork. False when memory is
 * out: then none may be called. Quick where that was done before, and where there is nothing to do. */
CST_MUST_USE bool cst_je_thread_begin(void);

/** What jemalloc keeps of its own for the calling thread, in static thread-local storage: for every thread at the same
 * distance from its thread pointer. Holds keys of its caches, which look like addresses in the heap. */
uintptr_t cst_je_thread_state(void);
/** Its size in bytes; 0 when it lies in memory that is known to be the runtime's own (plat/own.h). */
extern const size_t cst_je_thread_state_size;

void *cst_je_malloc(size_t size);
void *cst_je_calloc(size_t count, size_t size);
void cst_je_free(void *block);
size_t cst_je_malloc_usable_size(void *block);

/* `size` must not be 0, and for allocations the size class (cst_je_nallocx) must not overflow: NULL when out of memory. */
void *cst_je_mallocx(size_t size, int flags);
/** Releases a block; `size` must lie between what was asked for and the real size. */
void cst_je_sdallocx(void *block, size_t size, int flags);
/** Real size that mallocx would give; 0 when the request cannot be met. */
size_t cst_je_nallocx(size_t size, int flags);
/* The size class of the block afterwards, whether it could be resized where it is or not. */
size_t cst_je_xallocx(void *block, size_t size, size_t extra, int flags);

/* Control tree; 0 on success, else an errno value. `old_size` is in and out, in bytes. */
int cst_je_mallctl(const char *name, void *old_value, size_t *old_size, void *new_value, size_t new_size);

#endif
