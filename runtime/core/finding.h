/* A finding as plain values: the one place where core and audit meet. Core fills the struct and hands it to a sink that
 * start wired up; the sink knows logs, core does not. Everything a finding points to lives as long as the process or,
 * where said, as long as the call. */
#ifndef CST_CORE_FINDING_H
#define CST_CORE_FINDING_H

#include "custody/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One party to a finding: who, in which language, under which contract. */
struct cst_party {
    const char *side; /**< name of the side; "unknown" when it could not be told; never NULL */
    enum custody_lang lang;
    enum custody_contract contract;
};

/** Frames (site/stack_frame.h), innermost first: return addresses, but of code that another module took the place of. */
struct cst_frames {
    const uintptr_t *addresses; /**< valid during the call of the sink only */
    size_t count;               /**< 0 when there is no such stack */
};

/** Where a pointer that is no heap block lies. */
enum cst_place {
    CST_PLACE_NONE,    /**< not asked */
    CST_PLACE_STACK,   /**< a thread's stack */
    CST_PLACE_STATIC,  /**< static data (or code) of a module */
    CST_PLACE_MAPPING, /**< memory from mmap, or a file mapping */
    CST_PLACE_HEAP,    /**< our heap's range, but no block begins or lies there */
    CST_PLACE_FOREIGN, /**< inside an anonymous mapping that another allocator may own */
    CST_PLACE_WILD,    /**< not mapped */
};

/** One moment in the history of something that the program told of. */
struct cst_moment {
    enum custody_deed deed;
    struct cst_party by;
    bool has_to;
    struct cst_party to; /**< to whom: valid with has_to; its contract is what to release under, or UNKNOWN */
    char thread[16];     /**< name of the thread that did it */
    uint32_t stack;      /**< id (site/stack.h); 0 when none is kept */
};

/** Moments of a history that a finding tells; of longer ones the middle is left out. */
#define CST_MOMENTS_MAX 16

/** What the program told of when a rule was broken that it made itself: an object, a loan, a lease, a callback. */
struct cst_told {
    const char *function; /**< of the API that was called, in place of a door; NULL at exit, or when it was a door */
    const char *advice;   /**< what should have been done: one clause without a full stop; valid during the call only */
    const char *type;     /**< of the object or name of the callback; NULL when it is neither */
    const char *expected_type;        /**< wrong-type: what the function takes; NULL otherwise */
    uint64_t number;                  /**< of the object, loan, lease or callback; 0 for none */
    bool has_buffer;                  /**< the finding is about a buffer: */
    size_t capacity, length;          /**< bytes that it may hold; that were written, or reported, or released at */
    const struct cst_moment *moments; /**< oldest first; valid during the call only */
    size_t moment_count, moments_left_out;
};

/** A broken rule and its facts. */
struct cst_finding {
    enum custody_finding_kind kind;
    enum custody_severity severity;
    enum custody_confidence confidence;

    uintptr_t address; /**< pointer given to the release; start of the block for a leak */
    bool has_block;    /**< the block's own facts (block_*, owner, alloc) are known */
    uintptr_t block_address;
    size_t block_size;  /**< bytes requested */
    size_t block_align; /**< bytes */

    struct cst_party owner; /**< valid with has_block */
    bool has_by;            /**< false for leaks */
    struct cst_party by;
    enum custody_door call; /**< valid with has_by */

    bool has_given_size,
        has_given_align;            /**< layout-mismatch: the size, the alignment that the release named is another */
    size_t given_size, given_align; /**< bytes */
    enum cst_place place;           /**< invalid-free, foreign-free */
    bool has_namespaces;            /**< foreign-free: link namespaces were made, each with an allocator of its own */
    const char *place_name;         /**< module or mapping there; NULL when none; valid during the call only */

    struct cst_frames alloc, release, first_release;

    const char *policy_file; /**< of the rule that forbids this; NULL when none does */
    uint32_t policy_line;    /**< from 1 */

    const struct cst_told *told; /**< NULL for findings about releases and leaks; valid during the call only */

    size_t leak_blocks, leak_bytes; /**< leak only */
    const char *leak_class;  /**< leak only: "definite", "indirect", "possible", "reachable"; "live": not examined */
    const char *leak_when;   /**< leak only: "exit", "request" */
    bool has_holder;         /**< leak only: all references to these blocks lie in memory of `holder` */
    struct cst_party holder; /**< valid with has_holder; its contract says nothing */
};

/** Receives the first of equal findings. Returns its key, a hash that is the same in every run.
 * Called with the recursion guard held and no lock. */
typedef uint64_t cst_finding_sink(const struct cst_finding *finding);

/** A call of the ownership API, as an event of the log (setting `events`). */
struct cst_ownership {
    const char *event; /**< "handle", "transfer", "lend", "lease" */
    enum custody_deed deed;
    uint64_t number; /**< of the object, loan, lease or callback; 0 for a transfer */
    uintptr_t address;
    size_t size;      /**< bytes of the block, or capacity of the buffer; 0 when not known */
    const char *type; /**< of an object, or name of a callback; NULL otherwise */
    struct cst_party by;
    bool has_to;
    struct cst_party to;
    uint32_t stack;
};

/** Receives each of them. Called with the recursion guard held and no lock. */
typedef void cst_ownership_sink(const struct cst_ownership *ownership);

#endif
