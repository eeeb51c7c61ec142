/* The table of objects: what is known of each address at which an object lives, or lived not long ago. The question "is
 * this a living object of that type" is answered without a lock; everything else is done under the lock of the address.
 * Records are the runtime's own memory, never given back and used again, so that whoever follows a chain without a lock
 * reads records, if not always those that it was looking for. */
#ifndef CST_CORE_OBJECT_TABLE_H
#define CST_CORE_OBJECT_TABLE_H

#include "core/history.h"
#include "core/type.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Objects whose end is remembered, for each of CST_OBJECT_SHARDS parts of the table. */
#define CST_OBJECTS_ENDED_MAX 64
#define CST_OBJECT_SHARDS 64

enum cst_object_state {
    CST_OBJECT_NONE, /**< the record is nobody's */
    CST_OBJECT_LIVE,
    CST_OBJECT_ENDED, /**< by its type's functions */
    CST_OBJECT_LOST,  /**< its memory was released, but it had not ended */
};

/** What is known of one object. */
struct cst_object {
    _Atomic uintptr_t address;
    _Atomic uint64_t word;            /**< type, state and thread: cst_object_word; written last */
    struct cst_object *_Atomic next;  /**< in the chain of its bucket, or of free records */
    struct cst_object *next_of_shard; /**< all records that there are, never changed */
    uint64_t number;                  /**< of this object among all: odd, those of callbacks are even */
    size_t size;                      /**< bytes that custody_create was asked for; 0 otherwise */
    uint32_t references;
    uint8_t generation; /**< of the process that made it (core/thread.h) */
    uint8_t shard;      /**< of the table */
    bool is_made;       /**< by custody_create, with its memory */
    struct cst_history history;
};

/** The word of an object. `thread` is the number of the one thread that may use it, 0 for any. */
CST_INLINE uint64_t cst_object_word(uint32_t type, enum cst_object_state state, uint32_t thread)
{
    return (uint64_t)type | (uint64_t)state << 16 | (uint64_t)thread << 32;
}
_Static_assert(CST_TYPES_MAX <= 1 << 16, "a type's number fits in the word");

CST_INLINE enum cst_object_state cst_object_state(const struct cst_object *object)
{
    return (enum cst_object_state)(atomic_load_explicit(&object->word, memory_order_relaxed) >> 16 & 3);
}

CST_INLINE const struct cst_type *cst_object_type(const struct cst_object *object)
{
    return cst_type_get((uint32_t)atomic_load_explicit(&object->word, memory_order_relaxed) & 0xffff);
}

CST_INLINE uint32_t cst_object_thread(const struct cst_object *object)
{
    return (uint32_t)(atomic_load_explicit(&object->word, memory_order_relaxed) >> 32);
}

/** True when the record of `address` has the word `either` or the word `other`. False may also mean that the record was
 * overlooked while others came and went: ask again under the lock. Takes no lock. */
bool cst_objects_match(uintptr_t address, uint64_t either, uint64_t other);

/** Takes the lock of `address`, of 64. */
void cst_objects_lock(uintptr_t address);
void cst_objects_unlock(uintptr_t address);

/** The record of `address`, whatever its state; NULL when nothing is known. Under the lock. */
struct cst_object *cst_objects_find(uintptr_t address);

/** A new record for an object at `address`, in place of an earlier one; all zero but its address and number. It counts
 * once its word is set. NULL when memory is out. Under the lock. */
CST_MUST_USE struct cst_object *cst_objects_add(uintptr_t address);

/** An object has come to the state `state`, its end; it is remembered for a while, and then its record is used again.
 * Under the lock. */
void cst_objects_end(struct cst_object *object, enum cst_object_state state);

/** Takes what an object is out of its record, which stays: for cst_objects_give. Under the lock. */
void cst_objects_take(struct cst_object *object, struct cst_object *out_taken);

/** Makes a new record that of the object that was taken: it has moved. Under the lock. */
void cst_objects_give(struct cst_object *object, const struct cst_object *taken);

/** True when ended objects with this lock were forgotten: one at `address` may have been among them. Under the lock. */
bool cst_objects_forgot(uintptr_t address);

/** One record after the other, in no order: that after `before`, or the first for NULL; NULL behind the last. Takes no
 * lock; what a record says must be read under the lock of its address, which may have changed by then. */
struct cst_object *cst_objects_next(const struct cst_object *before);

/** After fork, in the child: frees locks that other threads of the parent may have held, and mends what they were at. */
void cst_objects_after_fork(void);

#endif
