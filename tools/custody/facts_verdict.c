/* Verdicts; see facts_verdict.h. */
#include "facts_verdict.h"

#include "custody/words.h"

/* Functions up to this many bytes hand their argument on to another, and are alike in what bears no resemblance. */
#define FORWARDER_MAX 16

/* Functions begin at multiples of this. */
#define FUNCTION_ALIGN 16

/* Whether Rust's allocator was inlined into code of this module, or may have been. */
static bool is_optimised_at_link(const struct cst_facts_symbols *symbols, const struct cst_facts_units *units)
{
    bool called = symbols->rust_entries || units->functions_of_allocator;
    return units->rust && (units->inlined || !called);
}

static uint8_t judge_flags(const struct cst_facts_span *span, const struct cst_facts_units *units, bool optimised)
{
    unsigned flags = span->flags;
    bool allocator = flags & CUSTODY_FACTS_RUST_ALLOCATOR, rust = span->lang == CUSTODY_LANG_RUST;
    bool unknown = span->lang == CUSTODY_LANG_NONE; /* such as the `main` that rustc makes */
    if (!optimised) {
        flags &= ~(unsigned)CUSTODY_FACTS_MERGED;
    } else if ((rust || unknown) && !allocator) {
        flags |= CUSTODY_FACTS_MERGED;
    }
    /* The functions that a `#[global_allocator]` is made of are Rust's allocator, too, and bear any names. */
    if (rust && !allocator && units->custom) {
        flags |= CUSTODY_FACTS_MERGED;
    }
    return (uint8_t)flags;
}

/* Functions that stand at one place were folded into one: whose it was is not known. */
static void doubt_folded(struct cst_facts_spans *functions)
{
    cst_facts_spans_sort(functions);
    for (size_t i = 1; i < functions->count; i++) {
        struct cst_facts_span *span = &functions->items[i];
        struct cst_facts_span *other = span - 1;
        if (span->lo == other->lo && span->hi == other->hi) {
            bool differ = span->lang != other->lang, rust = span->lang == CUSTODY_LANG_RUST;
            span->flags |= other->flags | (differ || rust ? CUSTODY_FACTS_MERGED : 0);
            span->lang = differ ? CUSTODY_LANG_NONE : span->lang;
            *other = *span;
        }
    }
}

/* Functions of Rust that LLVM may have folded with others. */
static void doubt_forwarders(struct cst_facts_spans *functions)
{
    for (size_t i = 0; i < functions->count; i++) {
        struct cst_facts_span *span = &functions->items[i];
        bool forwarder = span->lang == CUSTODY_LANG_RUST && span->hi - span->lo <= FORWARDER_MAX;
        span->flags |= forwarder ? CUSTODY_FACTS_MERGED : 0;
    }
}

/* Whether it is nothing but what fills up the space to the next function. */
static bool is_padding(const struct cst_facts_span *span)
{
    return span->lang == CUSTODY_LANG_NONE && span->flags == 0 && span->hi - span->lo < FUNCTION_ALIGN &&
           span->hi % FUNCTION_ALIGN == 0;
}

/* All code, with what is known of it. */
static struct cst_facts_spans gather(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                     struct cst_facts_units *units, const struct cst_facts_spans *code)
{
    doubt_folded(&units->functions);
    doubt_forwarders(&units->functions);
    struct cst_facts_spans named = cst_facts_symbols_spans(arena, symbols, code);
    struct cst_facts_spans described = cst_facts_spans_innermost(arena, &units->functions);
    struct cst_facts_spans allocators = cst_facts_spans_innermost(arena, &units->allocators);
    struct cst_facts_spans spans = cst_facts_spans_overlay(arena, code, &named);
    spans = cst_facts_spans_overlay(arena, &spans, &described);
    return cst_facts_spans_overlay(arena, &spans, &allocators);
}

struct cst_facts_spans cst_facts_verdict_spans(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                               struct cst_facts_units *units, const struct cst_facts_spans *code)
{
    struct cst_facts_spans spans = gather(arena, symbols, units, code), known = {0};
    bool optimised = is_optimised_at_link(symbols, units);
    for (size_t i = 0; i < spans.count; i++) {
        struct cst_facts_span span = spans.items[i];
        bool padding = is_padding(&span);
        span.flags = judge_flags(&span, units, optimised);
        if (!padding && (span.lang != CUSTODY_LANG_NONE || span.flags != 0)) {
            cst_facts_spans_add(arena, &known, span);
        }
    }
    return known;
}
