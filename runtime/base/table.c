/* Memory of uthash's tables: see table.h. Pieces have sizes of powers of two; those that were given back are kept by size. */
#include "base/table.h"

#include "base/lock.h"

struct piece {
    struct piece *next;
};

static struct {
    struct cst_lock lock;
    struct piece *unused[64]; /* by binary logarithm of their size */
} pieces = {.lock = CST_LOCK_INIT};

static unsigned class_of(size_t size)
{
    size_t least = size > sizeof(struct piece) ? size : sizeof(struct piece);
    return 64 - (unsigned)__builtin_clzl(least - 1);
}

void *cst_table_alloc(size_t size)
{
    unsigned class = class_of(size);
    cst_lock_acquire(&pieces.lock);
    struct piece *piece = pieces.unused[class];
    if (piece)
        pieces.unused[class] = piece->next;
    cst_lock_release(&pieces.lock);
    return piece ? piece : cst_pool_alloc((size_t)1 << class);
}

void cst_table_free(void *memory, size_t size)
{
    unsigned class = class_of(size);
    struct piece *piece = memory;
    cst_lock_acquire(&pieces.lock);
    piece->next = pieces.unused[class];
    pieces.unused[class] = piece;
    cst_lock_release(&pieces.lock);
}

/* Whoever held the lock had put a piece in or taken one out, or not yet: one store does it. */
void cst_table_after_fork(void)
{
    cst_lock_reset(&pieces.lock);
}
