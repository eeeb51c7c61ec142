/* Reports: groups as a person reads them (text), as a program does (JSON), or as flame graphs do (folded). */
#ifndef CST_TOOL_REPORT_H
#define CST_TOOL_REPORT_H

#include "group.h"
#include "leak_table.h"
#include "symbol.h"

#include <stdio.h>

/** What is wanted. */
struct cst_report_wish {
    int severity;     /**< least enum custody_severity that is shown */
    bool all_notes;   /**< what is of severity `note` one by one, instead of a line per side */
    const char *side; /**< only findings in which this side takes part; NULL for all */
    bool tables;      /**< sides and crossings too (text; JSON always has them) */
    bool all_calls;   /**< machinery of standard libraries too, call by call (text; JSON names it as such) */
    bool has_leaks_by;
    enum cst_leak_by leaks_by; /**< leaks as a table by this instead of one by one (text), and too (JSON) */
    bool fold_blocks;          /**< weigh collapsed stacks with blocks, not bytes */
};

/** Leaks that were chosen, as groups. */
struct cst_report_leaks {
    const struct cst_group **items;
    size_t count;
};

/** The leaks that are to be shown under this wish, in the arena; with `listed` only those that text lists one by one. */
struct cst_report_leaks cst_report_choose_leaks(struct cst_arena *arena, const struct cst_report_wish *wish,
                                                const struct cst_groups *groups, bool listed);

/** True when text sums the finding up instead of listing it: leaks in a line per side, releases by another side in a line
 * per pair. */
bool cst_report_sums_up(const struct cst_report_wish *wish, const struct cst_group *group);

/** Prints a text report. Colour when `colour`. */
void cst_report_text(FILE *out, bool colour, const struct cst_report_wish *wish, const struct cst_groups *groups,
                     struct cst_symbols *symbols);

/** Prints a note for each module whose Rust code cannot be told from C exactly. */
void cst_report_inferred(FILE *out, bool colour, const struct cst_groups *groups);

/** Prints one JSON document, described in custody-report(1). `logs` are the `log_count` files it came from. False when
 * it could not be written. */
bool cst_report_json(FILE *out, const struct cst_report_wish *wish, const struct cst_groups *groups,
                     struct cst_symbols *symbols, char *const *logs, size_t log_count);

/** Prints one line for each stack that leaked, "outermost;...;innermost N", as flame graph tools read them. False when
 * it could not be written. */
bool cst_report_folded(FILE *out, const struct cst_report_wish *wish, const struct cst_groups *groups,
                       struct cst_symbols *symbols);

/** Prints the totals in one line: "1 error, 2 warnings, 3 notes in 1 process". */
void cst_report_totals(FILE *out, const struct cst_groups *groups);

/** True when a group is to be shown under this wish, before leaks are summed up; never when it is suppressed. */
bool cst_report_wants(const struct cst_report_wish *wish, const struct cst_group *group);

/** True when `out` is a terminal and the environment does not ask for plain text (NO_COLOR, TERM=dumb). */
bool cst_report_wants_colour(FILE *out);

#endif
