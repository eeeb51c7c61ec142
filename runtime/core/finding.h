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

    size_t leak_blocks, leak_bytes; /**< leak only */
    const char *leak_class;  /**< leak only: "definite", "indirect", "possible", "reachable"; "live": not examined */
    const char *leak_when;   /**< leak only: "exit", "request" */
    bool has_holder;         /**< leak only: all references to these blocks lie in memory of `holder` */
    struct cst_party holder; /**< valid with has_holder; its contract says nothing */
};

/** Receives the first of equal findings. Returns its key, a hash that is the same in every run.
 * Called with the recursion guard held and no lock. */
typedef uint64_t cst_finding_sink(const struct cst_finding *finding);

#endif
