/* The book of leases: the record of each, found by its number or by the block that is leased; and which are used again
 * when. Judges nothing. Whoever has a record in the state BUSY has it alone; of the others the book's lock is held while
 * they are looked at. Records live as long as the process: that of a lease that ended is used for another when many
 * others have ended since. */
#ifndef CST_CORE_LEASE_BOOK_H
#define CST_CORE_LEASE_BOOK_H

#include "core/history.h"
#include "core/replica.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cst_lease_state {
    CST_LEASE_ENDED, /**< or never begun */
    CST_LEASE_BUSY,  /**< beginning, ending or being told of: one thread has it */
    CST_LEASE_LIVE,
    CST_LEASE_PAST, /**< ended, and its copy is watched (lease_past.h) */
};

struct cst_lease;

/** A place in the list of those leases that have something in one block. */
struct cst_lease_link {
    struct cst_lease *lease;
    struct cst_lease_link *next;
    uintptr_t key; /**< 0: in no list */
};

struct cst_lease {
    uint64_t number;
    enum cst_lease_state state;
    uint8_t generation; /**< fork generation of the process that began it */
    bool gone;          /**< the buffer's block was released meanwhile */
    bool has_sum;       /**< `sum` tells whether contents have changed */
    unsigned flags;     /**< enum custody_lease_flags */
    uint16_t from, to;  /**< sides: of the code that began it, and to whom */
    uint16_t owner;     /**< side whose the buffer is: its block's, or `from` where there is none */
    uintptr_t buffer;   /**< 0: it asks for a size only */
    uintptr_t block;    /**< that the buffer lies in; 0: none that is known */
    size_t capacity;    /**< bytes, as stated */
    size_t usable;      /**< of these, bytes that are there */
    size_t guard;       /**< bytes of the guard behind the buffer itself */
    uint64_t sum;       /**< of the contents; of a past copy, of all of it */
    struct cst_replica copy;
    struct cst_history history;
    struct cst_lease *next; /**< among those to be used again */
    struct cst_lease *next_of_number, *next_of_all;
    struct cst_lease_link of_buffer, of_copy;
};

/** The lock: for those who look at the parts of it; the functions below take it themselves unless they say otherwise. */
void cst_lease_book_lock(void);
void cst_lease_book_unlock(void);

/** What is known of a lease that is not live. */
struct cst_lease_known {
    uint64_t number; /**< 0: nothing is known */
    uintptr_t buffer, block;
    size_t capacity;
    uint16_t from, to;
    struct cst_history_copy history; /**< empty while a thread has the lease to itself */
};

/** A record for a new lease, with a number of its own and nothing else, BUSY. NULL when memory is out. */
CST_MUST_USE struct cst_lease *cst_lease_book_open(void);

/** The lease is LIVE from now on, and found by its buffer and its copy. */
void cst_lease_book_publish(struct cst_lease *lease);

/** The live lease of this number, BUSY from now on. NULL when there is none: then `out_known` gets what is known. */
CST_MUST_USE struct cst_lease *cst_lease_book_take(uint64_t number, struct cst_lease_known *out_known);

/** The memory that the live lease of this number gives to the library. False when there is none, as above. */
CST_MUST_USE bool cst_lease_book_memory(uint64_t number, uintptr_t *out_memory, struct cst_lease_known *out_known);

/** The copy of a lease that was taken is no live block any more: it is not found by it. Lock held. */
void cst_lease_book_retire_copy(struct cst_lease *lease);

/** What is known of `lease`, which may be NULL. Lock held, or the lease is the caller's alone. */
void cst_lease_book_describe(const struct cst_lease *lease, struct cst_lease_known *out_known);

/** A lease that was taken, or opened and never published, has ended. */
void cst_lease_book_close(struct cst_lease *lease);

/** The address by which a lease of a buffer is found: the start of its block, or itself where it lies in none. 0 where it
 * asks for a size only. */
CST_INLINE uintptr_t cst_lease_book_key(const struct cst_lease *lease)
{
    if (lease->capacity == 0)
        return 0;
    return lease->block ? lease->block : lease->buffer;
}

/** The first of the live leases whose key `key` is, or of those, ending ones too, whose copy it is. NULL when there is none. Lock held. */
struct cst_lease *cst_lease_book_first(uintptr_t key);

/** The one behind `lease`; NULL behind the last. Lock held. */
struct cst_lease *cst_lease_book_next(const struct cst_lease *lease, uintptr_t key);

/** The block that a live lease's buffer lies in is about to be released: it is not found by it any more, and the buffer is
 * not to be touched. Lock held. */
void cst_lease_book_lose(struct cst_lease *lease);

/** Leases that are live or past: when there are none, nothing that is released can be theirs. */
size_t cst_lease_book_count(void);

/** After fork, in the child: frees the lock and puts in order what another thread of the parent may have been changing. */
void cst_lease_book_after_fork(void);

#endif
