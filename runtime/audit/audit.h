/* The audit: findings and the life of the process become lines of the audit log (docs/audit-log.md), or, when no log
 * is set, short messages on stderr. Builds each line in a fixed buffer of its own memory and appends it with one
 * write, so that a killed process loses nothing it had found. Never allocates from the audited heap, uses no stdio,
 * leaves errno as it was. Callable from any thread under the recursion guard; takes one lock, its own, for the time of
 * a line. */
#ifndef CST_AUDIT_AUDIT_H
#define CST_AUDIT_AUDIT_H

#include "core/finding.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Bytes and blocks of one side, for the `exit` event. Counts since the start of the process. */
struct cst_side_total {
    const char *side;
    enum custody_lang lang;
    const char *module;                  /**< path of its module; NULL for registered names and the unknown side */
    uint64_t allocs, frees, total_bytes; /**< bytes of all blocks ever made */
    uint64_t live_blocks, live_bytes;    /**< now */
    uint64_t peak_blocks, peak_bytes;    /**< the most at once */
};

/** How often blocks of one side were released by another. */
struct cst_crossing_total {
    const char *from, *to; /**< owner, releaser */
    enum custody_lang from_lang, to_lang;
    enum custody_contract contract; /**< of the block */
    bool allowed;                   /**< false when any of them was reported */
    uint64_t count;
};

/** A finding that came again after its first time. */
struct cst_repeat {
    uint64_t key;
    uint64_t count; /**< in all, the first time included; >= 2 */
};

/** Blocks of one class of leak. */
struct cst_class_total {
    const char *class; /**< as in a leak's finding */
    uint64_t blocks, bytes;
};

/** How a rule of the policy has been used. */
struct cst_rule_total {
    uint32_t line;
    const char *word; /**< that begins the rule */
    uint64_t count;
};

/** The policy and its use, for the `exit` event. */
struct cst_policy_total {
    const char *file; /**< NULL without a policy */
    bool holds;       /**< false when it could not be read, or has errors */
    uint64_t digest;  /**< hash of its text */
    size_t errors;    /**< lines with errors */
    const struct cst_rule_total *rules;
    size_t rule_count;
};

/** Everything that the `exit` event tells. Arrays belong to the caller. */
struct cst_exit_summary {
    uint64_t findings[3]; /**< distinct findings by enum custody_severity */
    const struct cst_side_total *sides;
    size_t side_count;
    const struct cst_crossing_total *crossings;
    size_t crossing_count;
    const struct cst_repeat *repeats;
    size_t repeat_count;
    const struct cst_class_total *leaks; /**< all leaks, also those that have no finding of their own */
    size_t leak_count;
    struct cst_policy_total policy;
    int status;      /**< exit status, -1 when not known */
    const char *how; /**< "exit", "_exit", "quick_exit", "abort" */
};

/** Opens the log at `path` (NULL or "": messages on stderr) and remembers `options` for the `start` event, both copied.
 * A log that cannot be opened is said once on stderr, with the path, the setting and the reason; the audit then goes to
 * stderr. */
void cst_audit_open(const char *path, const char *options);

/** Event `start`: argv (from /proc/self/cmdline, bounded), version, options, parent pid, executable. */
void cst_audit_start(void);

/** Event `module`. Fits cst_module_observer. */
void cst_audit_module(const struct cst_module *module);

/** Event `finding`. Fits cst_finding_sink. */
uint64_t cst_audit_finding(const struct cst_finding *finding);

/** Events `handle`, `transfer`, `lend`, `lease`. Nothing without a log. Fits cst_ownership_sink. */
void cst_audit_ownership(const struct cst_ownership *ownership);

/** Event `fork`, in the child: its parent's pid. Also frees locks that another thread of the parent may have held, and
 * starts `seq` anew. */
void cst_audit_fork(pid_t parent);

/** Event `exec`, before it is tried: the file and the arguments (bounded; argv may be NULL). */
void cst_audit_exec(const char *file, char *const argv[]);

/** Event `leaks`: what an audit on request came to, by class. Without a log one line on stderr. */
void cst_audit_leaks(const struct cst_class_total *totals, size_t count);

/** Event `exit`. */
void cst_audit_exit(const struct cst_exit_summary *summary);

/** The process ends next: waits until no thread is in the middle of a line, and lets none begin another. */
void cst_audit_close(void);

/** A message to the person who set Custody up, on stderr: "custody: <text>\n". For settings and set-up only. */
void cst_audit_say(const char *format, ...) CST_PRINTF(1, 2);

#endif
