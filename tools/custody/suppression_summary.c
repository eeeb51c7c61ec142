/* Suppressions summed up; see suppression_summary.h. */
#include "suppression_summary.h"

#include "headline.h"
#include "say.h"

#include <inttypes.h>

static void print_place(FILE *out, const struct cst_suppression *suppression)
{
    cst_print_text(out, suppression->path);
    fprintf(out, ":%lu", suppression->line);
}

/* What all suppressions that had an effect come to. */
static struct cst_suppression add_up(const struct cst_suppressions *suppressions, size_t *out_used)
{
    struct cst_suppression sum = {0};
    for (size_t i = 0; i < suppressions->count; i++) {
        const struct cst_suppression *suppression = &suppressions->items[i];
        if (suppression->findings > 0 && !cst_suppression_is_exceeded(suppression)) {
            ++*out_used;
            sum.findings += suppression->findings;
            sum.leak_blocks += suppression->leak_blocks;
            sum.leak_bytes += suppression->leak_bytes;
        }
    }
    return sum;
}

static void print_total(FILE *out, const char *prefix, const struct cst_suppressions *suppressions)
{
    size_t used = 0;
    struct cst_suppression sum = add_up(suppressions, &used);
    if (used == 0) {
        return;
    }
    struct cst_arena arena = {0};
    fprintf(out, "%ssuppressed: %s", prefix, cst_headline_count(&arena, sum.findings, "finding"));
    if (sum.leak_blocks > 0) {
        fprintf(out, ", with %s of leaks in %s", cst_headline_bytes(&arena, sum.leak_bytes),
                cst_headline_count(&arena, sum.leak_blocks, "block"));
    }
    fprintf(out, ", by %zu of %s\n", used, cst_headline_count(&arena, suppressions->count, "suppression"));
    cst_arena_free(&arena);
}

static void print_exceeded(FILE *out, const char *prefix, const struct cst_suppression *suppression)
{
    fputs(prefix, out);
    print_place(out, suppression);
    fprintf(out, ": suppresses nothing: %" PRIu64 " is more than its max of %" PRIu64 ": ", suppression->times,
            suppression->max);
    cst_print_text(out, suppression->text);
    fputc('\n', out);
}

static void print_unused(FILE *out, const char *prefix, const struct cst_suppression *suppression)
{
    fputs(prefix, out);
    fputs("unused suppression: ", out);
    print_place(out, suppression);
    fputs(": ", out);
    cst_print_text(out, suppression->text);
    fputc('\n', out);
}

static void print_unused_briefly(FILE *out, const char *prefix, const struct cst_suppression *first, size_t count)
{
    fprintf(out, "%s%zu unused suppression%s, the first at ", prefix, count, count == 1 ? "" : "s");
    print_place(out, first);
    fputc('\n', out);
}

void cst_suppression_summary_print(FILE *out, const char *prefix, const struct cst_suppressions *suppressions,
                                   bool brief)
{
    print_total(out, prefix, suppressions);
    const struct cst_suppression *first_unused = NULL;
    size_t unused = 0;
    for (size_t i = 0; i < suppressions->count; i++) {
        const struct cst_suppression *suppression = &suppressions->items[i];
        if (cst_suppression_is_exceeded(suppression)) {
            print_exceeded(out, prefix, suppression);
        } else if (suppression->findings == 0) {
            first_unused = unused++ ? first_unused : suppression;
            if (!brief) {
                print_unused(out, prefix, suppression);
            }
        }
    }
    if (brief && unused > 0) {
        print_unused_briefly(out, prefix, first_unused, unused);
    }
}
