/* Stretches of code with what is known of them, and how overlapping ones become the rows of a facts file. Pure; memory
 * is the arena's. */
#ifndef CST_TOOL_FACTS_SPAN_H
#define CST_TOOL_FACTS_SPAN_H

#include "arena.h"

#include "custody/facts.h"

#include <stdbool.h>

/** Addresses [lo, hi), with a language (enum custody_lang) and flags (enum custody_facts_flag). */
struct cst_facts_span {
    uint64_t lo, hi;
    uint8_t lang, flags;
};

/** A list of spans. Start with {0}. */
struct cst_facts_spans {
    struct cst_facts_span *items;
    size_t count;
};

/** Rows in ascending order of address, the last one with nothing known: ready to be written. */
struct cst_facts_rows {
    custody_facts_row *items;
    size_t count;
    unsigned traits; /**< of the module, enum custody_facts_trait */
};

/** Appends a span; none when it is empty. */
void cst_facts_spans_add(struct cst_arena *arena, struct cst_facts_spans *spans, struct cst_facts_span span);

/** Sorts by address, of those that begin together the longer ones first. */
void cst_facts_spans_sort(struct cst_facts_spans *spans);

/** Makes overlapping spans disjoint, sorted: where several cover an address, the one counts that begins last, or of
 * those that begin together the shortest. Sorts `spans`. */
struct cst_facts_spans cst_facts_spans_innermost(struct cst_arena *arena, struct cst_facts_spans *spans);

/** Lays disjoint, sorted spans over others of that kind. Where both are, the language is that of `above`, or of `below`
 * when `above` has none, and the flags are those of both. */
struct cst_facts_spans cst_facts_spans_overlay(struct cst_arena *arena, const struct cst_facts_spans *below,
                                               const struct cst_facts_spans *above);

/** Rows of disjoint, sorted spans. Holes of a few bytes, where compilers align functions, go to what stands on both
 * sides of them. */
struct cst_facts_rows cst_facts_rows_make(struct cst_arena *arena, const struct cst_facts_spans *spans);

#endif
