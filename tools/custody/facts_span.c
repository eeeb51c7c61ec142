/* Spans of code and rows; see facts_span.h. */
#include "facts_span.h"

#include <stdlib.h>

/* Functions begin at multiples of this: smaller holes between them are padding. */
#define FUNCTION_ALIGN 16

void cst_facts_spans_add(struct cst_arena *arena, struct cst_facts_spans *spans, struct cst_facts_span span)
{
    if (span.lo < span.hi) {
        spans->items = cst_arena_extend(arena, spans->items, spans->count, sizeof *spans->items);
        spans->items[spans->count++] = span;
    }
}

static int by_address(const void *left, const void *right)
{
    const struct cst_facts_span *a = left;
    const struct cst_facts_span *b = right;
    if (a->lo != b->lo) {
        return a->lo < b->lo ? -1 : 1;
    }
    return a->hi > b->hi ? -1 : a->hi < b->hi;
}

void cst_facts_spans_sort(struct cst_facts_spans *spans)
{
    if (spans->count > 1) {
        qsort(spans->items, spans->count, sizeof *spans->items, by_address);
    }
}

/* A sweep over sorted spans: those that have begun and may not have ended, outermost first. */
struct sweep {
    struct cst_arena *arena;
    struct cst_facts_spans done;
    const struct cst_facts_span **open;
    size_t depth;
    uint64_t at; /* everything before is done */
};

/* Goes on to `address`: what is open there, and ends on the way, is done. */
static void advance(struct sweep *sweep, uint64_t address)
{
    while (sweep->depth > 0 && sweep->at < address) {
        const struct cst_facts_span *top = sweep->open[sweep->depth - 1];
        uint64_t end = top->hi < address ? top->hi : address;
        if (end > sweep->at) {
            cst_facts_spans_add(sweep->arena, &sweep->done,
                                (struct cst_facts_span){sweep->at, end, top->lang, top->flags});
            sweep->at = end;
        }
        if (top->hi <= address) {
            sweep->depth--;
        }
    }
    sweep->at = address;
}

struct cst_facts_spans cst_facts_spans_innermost(struct cst_arena *arena, struct cst_facts_spans *spans)
{
    struct sweep sweep = {.arena = arena};
    cst_facts_spans_sort(spans);
    sweep.open = cst_arena_alloc(arena, spans->count * sizeof *sweep.open);
    for (size_t i = 0; i < spans->count; i++) {
        advance(&sweep, spans->items[i].lo);
        sweep.open[sweep.depth++] = &spans->items[i];
    }
    advance(&sweep, UINT64_MAX);
    return sweep.done;
}

/* What is left of a list from an address on. */
struct rest {
    const struct cst_facts_spans *spans;
    size_t next; /* the first span that ends behind the address */
};

/* The span at `at`, or NULL; in `out_end` where that changes. */
static const struct cst_facts_span *look(struct rest *rest, uint64_t at, uint64_t *out_end)
{
    while (rest->next < rest->spans->count && rest->spans->items[rest->next].hi <= at) {
        rest->next++;
    }
    const struct cst_facts_span *span = rest->next < rest->spans->count ? &rest->spans->items[rest->next] : NULL;
    bool covers = span && span->lo <= at;
    *out_end = !span ? UINT64_MAX : covers ? span->hi : span->lo;
    return covers ? span : NULL;
}

struct cst_facts_spans cst_facts_spans_overlay(struct cst_arena *arena, const struct cst_facts_spans *below,
                                               const struct cst_facts_spans *above)
{
    struct cst_facts_spans both = {0};
    struct rest low = {.spans = below}, high = {.spans = above};
    for (uint64_t at = 0; at != UINT64_MAX;) {
        uint64_t low_end, high_end;
        const struct cst_facts_span *lower = look(&low, at, &low_end), *upper = look(&high, at, &high_end);
        uint64_t end = low_end < high_end ? low_end : high_end;
        if (lower || upper) {
            struct cst_facts_span span = upper ? *upper : *lower;
            span.lang = lower && span.lang == 0 ? lower->lang : span.lang;
            span.flags |= lower ? lower->flags : 0;
            span.lo = at;
            span.hi = end;
            cst_facts_spans_add(arena, &both, span);
        }
        at = end;
    }
    return both;
}

static bool is_same(const struct cst_facts_span *left, const struct cst_facts_span *right)
{
    return left->lang == right->lang && left->flags == right->flags;
}

static void add_row(struct cst_arena *arena, struct cst_facts_rows *rows, uint64_t address,
                    const struct cst_facts_span *span)
{
    rows->items = cst_arena_extend(arena, rows->items, rows->count, sizeof *rows->items);
    rows->items[rows->count++] = custody_facts_row_make(address, span ? span->flags : 0, span ? span->lang : 0);
}

/* Whether nothing but padding is between two spans of one kind. */
static bool joins(const struct cst_facts_span *span, const struct cst_facts_span *next)
{
    bool padding = next->lo - span->hi < FUNCTION_ALIGN && next->lo % FUNCTION_ALIGN == 0;
    return is_same(span, next) && (next->lo == span->hi || padding);
}

struct cst_facts_rows cst_facts_rows_make(struct cst_arena *arena, const struct cst_facts_spans *spans)
{
    struct cst_facts_rows rows = {0};
    for (size_t i = 0; i < spans->count; i++) {
        const struct cst_facts_span *span = &spans->items[i];
        const struct cst_facts_span *next = i + 1 < spans->count ? span + 1 : NULL;
        if (i == 0 || !joins(span - 1, span)) {
            add_row(arena, &rows, span->lo, span);
        }
        if (!next || (!joins(span, next) && next->lo > span->hi)) {
            add_row(arena, &rows, span->hi, NULL);
        }
    }
    return rows;
}
