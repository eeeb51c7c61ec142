/* What a finding says of something that the program told of (an object, a loan, a lease, a callback): its type, its number,
 * what was to fit into it, and its history with the stack of each moment. Called by event_finding.c. Stacks are resolved
 * before a line is begun, into the runtime's own memory: they are more than a small thread's stack holds. */
#ifndef CST_AUDIT_TOLD_H
#define CST_AUDIT_TOLD_H

#include "audit/json.h"
#include "audit/trace.h"
#include "core/finding.h"

/** The stacks of a history, resolved: those of the moments, in their order. */
struct cst_told_traces {
    struct cst_trace of[CST_MOMENTS_MAX];
    struct cst_told_traces *next; /**< of those that nobody uses */
};

/** Resolves the stacks of all moments. Never NULL for one that has moments, unless memory is out; the caller gives it back
 * with cst_told_give. `told` may be NULL. */
struct cst_told_traces *cst_told_resolve(const struct cst_told *told);

/** Gives back what cst_told_resolve made; NULL does nothing. */
void cst_told_give(struct cst_told_traces *traces);

/** Its members, but the history. */
void cst_told_write(struct cst_json *json, const struct cst_told *told);

/** The history, as much of it as the line has room for: stacks are cut so that each gets its share, and moments that find
 * no room are counted with those that were left out. The last thing in a line. */
void cst_told_write_history(struct cst_json *json, const struct cst_told *told, const struct cst_told_traces *traces);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_told_after_fork(void);

#endif
