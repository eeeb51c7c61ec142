/* The rules: a pure function from what is known of a pointer and of its release to at most one finding. No state, no
 * memory, no clock; the table in rules.c is the whole of it. */
#ifndef CST_CORE_RULES_H
#define CST_CORE_RULES_H

#include "core/finding.h"
#include "core/side.h"
#include "custody/words.h"
#include "policy/rule.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What was found at the released pointer. */
enum cst_target {
    CST_TARGET_BLOCK,    /**< a live block starts here */
    CST_TARGET_RELEASED, /**< a block that started here was released before */
    CST_TARGET_INTERIOR, /**< inside a live block, not at its start */
    CST_TARGET_FOREIGN,  /**< probably a block of an allocator that we do not see */
    CST_TARGET_NOTHING,  /**< no heap block */
};

/** One side of a release: the owner of the block, or who released it. */
struct cst_rule_party {
    uint16_t side;                   /**< CST_SIDE_UNKNOWN when it could not be told */
    const struct cst_module *module; /**< NULL when unknown or not a module */
    const struct cst_module
        *near; /**< where the call returns to: close to the caller even when it is unknown; or NULL */
    enum custody_contract contract;
    const char *name; /**< of the side, where sides of one name belong together; or NULL */
    bool in_doubt;    /**< nothing but a name says that it is not Rust's allocator that calls from there */
    bool open;        /**< of a library's contract: its callers may use free() as well */
};

/** Everything that the rules look at. */
struct cst_rule_case {
    enum cst_target target;
    struct cst_rule_party owner, by;
    size_t size, align; /**< of the block, bytes */
    bool has_given_size, has_given_align;
    size_t given_size, given_align; /**< named by the release, bytes */
    bool handed_out;                /**< the owner's library may have handed out this pointer into one of its blocks */
    bool replaced;                  /**< a library that takes part calls functions of the program instead of libc's */
    bool other_malloc;              /**< but for us the program's malloc would be another than libc's */
    enum custody_contract
        malloc_family; /**< of a family of allocators (families.def), whose malloc that is; or UNKNOWN */
    bool strict;       /**< the setting: cross-side-free is an error */
};

struct cst_verdict {
    bool found;
    enum custody_finding_kind kind;
    enum custody_severity severity;
    enum custody_confidence confidence;
};

/** Judges one release. */
struct cst_verdict cst_rules_judge(const struct cst_rule_case *facts);

/** What becomes of the verdict on a live block when a rule of the policy decides: an `allow` takes back what was found about
 * the crossing, a `forbid` makes a finding of it, an error when it is exact. Anything else that was found stays. */
struct cst_verdict cst_rules_obey(enum cst_policy_verb verb, const struct cst_rule_case *facts,
                                  struct cst_verdict verdict);

/** True for kinds that say that a block went to the wrong party, which a policy may allow or forbid. */
bool cst_rules_is_crossing(enum custody_finding_kind kind);

/** True when `party` acts for others: libc, the C++ runtime, and the library this runtime is in. */
bool cst_rules_transparent(const struct cst_rule_party *party);

/** True when `by` may release blocks of `owner` without a word, under the contract they have in common: the same module, a
 * party that acts for others, or one that is not known; or a registered side's, by any code but Custody's own functions. */
bool cst_rules_may_release(const struct cst_rule_party *owner, const struct cst_rule_party *by);

#endif
