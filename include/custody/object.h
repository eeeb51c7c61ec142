/* Objects that a library owns: a type with a pair of functions, one that makes an object and one that ends it. Between
 * the two the object is a handle: Custody knows its type, the thread it belongs to and how many references there are,
 * and tells of every use that does not fit (docs/findings.md: wrong-type, stale-handle, wrong-thread, handle-leak).
 *
 *   static custody_type ledger_type;                                   // once, with the library's side
 *   custody_type_register(side, "ledger", "ledger_close", 0, &ledger_type);
 *
 *   struct ledger *ledger_open(void)
 *   {
 *       return custody_create(ledger_type, sizeof(struct ledger));
 *   }
 *   int ledger_count(const struct ledger *ledger)
 *   {
 *       return custody_check(ledger_type, ledger) ? ledger->count : -1; // check on entry
 *   }
 *   void ledger_close(struct ledger *ledger)
 *   {
 *       custody_destroy(ledger_type, ledger);
 *   }
 *
 * Objects of memory that Custody did not make are adopted (custody_adopt) and ended (custody_end) before their memory is
 * given back. A block that is released with an object at its start, which has not ended, is a handle-leak there and then,
 * where Custody sees the release; an object whose block is resized lives on at its new address.
 *
 * Functions that answer 0 have told of misuse, in the audit log, and have done nothing: a library function that gets a 0
 * should do nothing either. Any thread; in a signal handler custody_check alone, which in doubt answers 1. Where the
 * runtime could not be started all of this works, and nothing is told. */
#ifndef CUSTODY_OBJECT_H
#define CUSTODY_OBJECT_H

#include "custody/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A type's number; 0 is no type. Valid for the life of the process. */
typedef uint32_t custody_type;

/** What may be said of a type; or them together. */
enum custody_type_flags {
    CUSTODY_TYPE_PLAIN = 0,
    CUSTODY_TYPE_THREAD_BOUND = 1, /**< an object may be used and ended by the thread that made it only */
    CUSTODY_TYPE_COUNTED = 2,      /**< an object has references: custody_retain makes one more */
};

/** Registers a type of the library `side`, or finds it when it was registered before with the same name, side and flags.
 * `destroy` names the function that ends its objects, for advice in findings: "ledger_close", or says it in words: "the
 * destructor of its owner"; it may be NULL. Both texts are copied, at most 254 bytes of each. INVALID_ARGUMENT, also when
 * the name stands for a type with other flags; NOT_RUNNING; EXHAUSTED. *out_type is 0 then. */
CUSTODY_API custody_status custody_type_register(custody_side side, const char *name, const char *destroy,
                                                 unsigned flags, custody_type *out_type);

/** An object of `size` zeroed bytes, a block of the type's side (custody_alloc), with one reference. It ends by
 * custody_destroy. NULL and errno ENOMEM, or EINVAL for what is no type. */
CUSTODY_API void *custody_create(custody_type type, size_t size);

/** Makes an object of memory that any allocator made, or of any address at all, with one reference; it ends by custody_end.
 * INVALID_ARGUMENT for what is no type, for NULL, and when there is an object at this address that has not ended;
 * NOT_RUNNING; EXHAUSTED. */
CUSTODY_API custody_status custody_adopt(custody_type type, void *object);

/** Check on entry of a library function: 1 when `object` is a living object of `type` that this thread may use; 0, told of,
 * otherwise. NULL is never one. */
CUSTODY_API int custody_check(custody_type type, const void *object);

/** One more reference to an object of a counted type: 1; or 0, told of, as custody_check. */
CUSTODY_API int custody_retain(custody_type type, void *object);

/** How custody_end and custody_destroy went. */
enum custody_ending {
    CUSTODY_REFUSED = 0, /**< told of: no such object; nothing was done */
    CUSTODY_KEPT = 1,    /**< other references are left: the object lives on */
    CUSTODY_ENDED = 2,   /**< that was the last reference */
};

/** Gives up one reference to an object. With CUSTODY_ENDED it is no object any more, and the caller gives its memory back
 * (custody_release, if custody_create made it). NULL does nothing and is CUSTODY_KEPT. */
CUSTODY_API enum custody_ending custody_end(custody_type type, void *object);

/** As custody_end, and gives the memory of an object that custody_create made back with the last reference; that of an
 * adopted one is left alone. The last 256 objects, of 1 MiB in all and 64 KiB each at most, are kept unused for a while, so
 * that late uses of them can be told; they count as released. */
CUSTODY_API enum custody_ending custody_destroy(custody_type type, void *object);

#ifdef __cplusplus
}
#endif

#endif
