/* The policy: the rules of the file that the setting `policy` names (custody-policy(5)), as the runtime obeys them. What a
 * rule means stands in runtime/shared/policy; this is who holds the rules, asks them and counts their use. Loaded once at start,
 * before the first side is made; afterwards only counts change. Takes no lock. */
#ifndef CST_CORE_POLICY_H
#define CST_CORE_POLICY_H

#include "core/rules.h"
#include "policy/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True when there are rules about crossings. */
extern bool cst_policy_judges;

/** Reads the policy at `path`, which is kept; at start. 0 when it holds now; otherwise nothing of it does. With
 * CST_POLICY_HAS_ERRORS each of them was told to `complain`, in order. Else a negated errno: -EINVAL for what is no regular
 * file, -EFBIG for one that is larger than CST_POLICY_FILE_MAX. */
#define CST_POLICY_HAS_ERRORS 1
CST_MUST_USE int cst_policy_load(const char *path, cst_policy_complain *complain, void *data);

/** The name that a rule gives to the side of code of this module (its path) in this language; NULL when none does. Lives
 * as long as the process. Counts the use of the rule. */
const char *cst_policy_name(const char *module, enum custody_lang lang);

/** True when a rule isolates any side; and whether one isolates the side of this name, the use of which it counts. */
bool cst_policy_has_isolated(void);
bool cst_policy_isolates(const char *side);

/** A release of a live block by a party that differs from its owner in side or contract. */
struct cst_policy_release {
    struct cst_rule_party owner, by;
    enum custody_door call;
    uint32_t alloc_stack, release_stack; /**< ids; 0 for none */
    uintptr_t return_address;            /**< of the release */
};

/** The rule that decides this release, an `allow` or a `forbid`; NULL when none speaks of it. Counts nothing. For rules
 * about functions symbol tables are read, the first time. */
const struct cst_policy_rule *cst_policy_judge(const struct cst_policy_release *release);

/** Counts one use of a rule that cst_policy_judge gave. Any thread. */
void cst_policy_count(const struct cst_policy_rule *rule);

/** How a rule has been used. */
struct cst_policy_use {
    uint32_t line;
    const char *word; /**< that begins the rule */
    uint64_t count;   /**< releases that it decided; sides that it named; sides that it isolated */
};

/** The file that was to be read: its path as given, NULL without one; whether its rules hold; a hash of its text, 0 when it
 * could not be read; how many lines have errors. */
const char *cst_policy_path(void);
bool cst_policy_holds(void);
uint64_t cst_policy_digest(void);
size_t cst_policy_errors(void);

/** How many rules hold, and how the one with this index has been used. */
size_t cst_policy_size(void);
struct cst_policy_use cst_policy_use(size_t index);

/** After dlclose: answers that rest on functions of modules that are gone are forgotten. */
void cst_policy_forget(void);

/** After fork, in the child: counts begin anew. */
void cst_policy_after_fork(void);

#endif
