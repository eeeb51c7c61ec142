/* Findings on their way out: equal ones are counted, the first of each goes to the sink. Two findings are equal when
 * kind, contract, sides, door and both stacks are. Called on slow paths under the recursion guard; takes no lock. */
#ifndef CST_CORE_FINDINGS_H
#define CST_CORE_FINDINGS_H

#include "core/finding.h"
#include "plat/compiler.h"

#include <stddef.h>
#include <stdint.h>

/** Distinct findings that are told; further ones are counted by severity only. Notes leave room for what is worse. */
#define CST_FINDINGS_MAX 8192
#define CST_FINDINGS_NOTES_MAX (CST_FINDINGS_MAX / 2)

/** Sets the sink; at start. */
void cst_findings_start(cst_finding_sink *sink);

/** Counts `finding`; tells the sink when none equal to it was told before. `identity` is a hash of what makes two
 * findings equal. */
void cst_findings_raise(const struct cst_finding *finding, uint64_t identity);

/** Mixes `value` into a running hash. */
CST_INLINE uint64_t cst_findings_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 29;
}

/** Distinct findings of one severity so far; past CST_FINDINGS_MAX, where equal ones are not recognised, each of them. */
uint64_t cst_findings_count(enum custody_severity severity);

/** Calls `visit` with the key and count of each finding that came more than once. */
void cst_findings_each_repeat(void (*visit)(uint64_t key, uint64_t count, void *data), void *data);

/** After fork, in the child: what the parent found stays the parent's. */
void cst_findings_after_fork(void);

#endif
