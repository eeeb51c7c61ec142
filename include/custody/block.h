/* Blocks and sides: the part of Custody's public interface that everything else rests on. Who owns memory, memory made for
 * an owner, questions about any address, and the search for leaks. custody.h is the way in. */
#ifndef CUSTODY_BLOCK_H
#define CUSTODY_BLOCK_H

#include "custody/words.h"

#include <stddef.h>
#include <stdint.h>

/* Compiled out, every function is defined by disabled.h, which needs all declarations. */
#ifdef CUSTODY_DISABLE
#ifndef CUSTODY_CUSTODY_H
#error "with CUSTODY_DISABLE include custody/custody.h, which has all of it"
#endif
#define CUSTODY_API static inline
#else
#define CUSTODY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Version and status ---------------------------------------------------------------------------------------- */

/** The version of the library that is running, such as "0.1.0". Static string. */
CUSTODY_API const char *custody_version(void);

/** Results; statuses.def says what each means. */
typedef enum custody_status {
#define CUSTODY_STATUS(ID, name, text) CUSTODY_STATUS_##ID,
#include "custody/statuses.def"
} custody_status;

/** The name of a status, such as "invalid-argument". Static string; "unknown" when out of range. */
CUSTODY_API const char *custody_status_name(custody_status status);

/** One line that explains a status. Static string; "" when out of range. */
CUSTODY_API const char *custody_status_text(custody_status status);

/* --- Sides ----------------------------------------------------------------------------------------------------- *
 * A side is a party that owns memory. Modules are sides by themselves; a program registers a name when one module holds
 * several parties, or when a party's blocks should be told apart from the rest. */

/** A side's number; 0 is the unknown side. Valid for the life of the process. */
typedef uint16_t custody_side;

/** Registers the side `name` in `lang`, or finds it when it was registered before: equal names and languages are one side.
 * The name is copied; at most 254 bytes of it count. INVALID_ARGUMENT, NOT_RUNNING or EXHAUSTED otherwise. */
CUSTODY_API custody_status custody_side_register(const char *name, enum custody_lang lang, custody_side *out_side);

/** The side of the code that calls this: its module and language, as Custody attributes an allocation made there. The
 * unknown side when that cannot be told. NOT_RUNNING, INVALID_ARGUMENT. */
CUSTODY_API custody_status custody_side_of_caller(custody_side *out_side);

/** The same for code at `function`, such as a function of the library that is meant. UNKNOWN_ADDRESS when no module's code
 * is there. */
CUSTODY_API custody_status custody_side_of_code(const void *function, custody_side *out_side);

/** The name of a side. Lives as long as the process; "unknown" for the unknown side and for numbers that are none. */
CUSTODY_API const char *custody_side_name(custody_side side);

/* --- Blocks ---------------------------------------------------------------------------------------------------- *
 * Blocks made here belong to the side they are made for, under the contract `custody`: only custody_release and
 * custody_resize for the same side release them. free(), operator delete and Rust's allocator do not, and are told of. */

/** `size` bytes, uninitialised, aligned to `align` bytes (a power of two; 0 means 16), owned by `side`. The caller releases
 * the block with custody_release. NULL with errno ENOMEM, or EINVAL for an impossible alignment. Size 0 gives a block
 * that must be released too. */
CUSTODY_API void *custody_alloc(custody_side side, size_t size, size_t align);

/** Resizes `block` to `size` bytes, moving it if need be; its alignment stays. NULL as `block` allocates. On NULL the old
 * block is as it was; otherwise its address is no longer valid. */
CUSTODY_API void *custody_resize(custody_side side, void *block, size_t size);

/** Releases `block` for `side`; NULL does nothing. A block that this side may not release is reported, then released where
 * it belongs; what is no block is reported and left alone. errno is as it was. */
CUSTODY_API void custody_release(custody_side side, void *block);

/* --- Asking ---------------------------------------------------------------------------------------------------- */

/** Frames that a description can hold. */
#define CUSTODY_FRAMES_MAX 64

/** What is known of an address. Strings are static or live as long as the process. */
struct custody_description {
    const char *place; /**< "heap", "stack", "static", "mapping", "foreign" (another allocator's, perhaps) or "wild" */
    uintptr_t start;   /**< first address of the block; 0: no block is known there, and only `place` says something */
    size_t size;       /**< bytes asked for */
    size_t align;      /**< bytes */
    int live;          /**< 1: live; 0: released, and its address not used since */
    const char *side;  /**< owner; "unknown" when it could not be told */
    enum custody_lang lang;
    enum custody_contract contract;
    const char *type;   /**< of the object that begins at the block's start, or at the address; NULL: no object */
    size_t loans;       /**< that are out, of the block */
    size_t frame_count; /**< return addresses of the allocation in `frames`, innermost first */
    uintptr_t frames[CUSTODY_FRAMES_MAX];
};

/** Describes `address` and the block that it points to or into. INVALID_ARGUMENT for NULL, NOT_RUNNING. */
CUSTODY_API custody_status custody_describe(const void *address, struct custody_description *out_description);

/** The owner of the block that `address` points to or into. UNKNOWN_ADDRESS when no live block is known there. */
CUSTODY_API custody_status custody_owner(const void *address, custody_side *out_side);

/** For a debugger: writes what custody_describe says of `address` to stderr, with what the ledger knows of it, in lines for
 * people. (gdb) call (void)custody_print(p) */
CUSTODY_API void custody_print(const void *address);

/* --- Leaks ----------------------------------------------------------------------------------------------------- *
 * Blocks that nothing leads to any more are looked for when the process ends (setting `leaks`), when a signal comes
 * (setting `leak_signal`), and here. The other threads are halted meanwhile; system calls that they wait in may answer
 * EINTR. */

/** Live blocks by class: docs/findings.md, `leak`. */
struct custody_leaks {
    size_t definite_blocks, definite_bytes;   /**< nothing leads to them */
    size_t indirect_blocks, indirect_bytes;   /**< only lost blocks lead to them */
    size_t possible_blocks, possible_bytes;   /**< something leads to them, but only into their middle */
    size_t reachable_blocks, reachable_bytes; /**< something leads to them */
    size_t live_blocks, live_bytes;           /**< it could not be examined which of the above they are */
};

/** Looks for leaks now. They become findings in the audit log, with "when":"request", and what is still there at the end
 * is told again then. `out_leaks` may be NULL. NOT_RUNNING when called from inside the runtime. */
CUSTODY_API custody_status custody_find_leaks(struct custody_leaks *out_leaks);

#ifdef __cplusplus
}
#endif

#endif
