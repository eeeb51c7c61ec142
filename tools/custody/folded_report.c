/* The collapsed-stack report, for flamegraph.pl, inferno, speedscope and their like: a line for each stack, its calls
 * joined by ';' from the outermost on, a space, and a number. See report.h. */
#include "call_path.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

/* Writes a name without what the format itself is made of: ';' between calls, a space before the number, a newline. */
static void write_name(FILE *out, const char *name)
{
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        bool c1_control = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
        if (*c == ';') {
            fputc(',', out);
        } else if (*c <= ' ' || *c == 0x7f || c1_control) {
            fputc('_', out);
            c += c1_control;
        } else {
            fputc(*c, out);
        }
    }
}

static void write_path(FILE *out, const struct cst_call_path *path, uint64_t weight)
{
    for (size_t i = 0; i < path->count; i++) {
        if (i > 0) {
            fputc(';', out);
        }
        write_name(out, path->steps[i].name);
    }
    fprintf(out, " %" PRIu64 "\n", weight);
}

bool cst_report_folded(FILE *out, const struct cst_report_wish *wish, const struct cst_groups *groups,
                       struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    struct cst_report_leaks leaks = cst_report_choose_leaks(&arena, wish, groups, false);
    struct cst_call_paths paths = cst_call_paths_make(&arena, symbols, leaks.items, leaks.count, CST_PATH_NAMES);
    for (size_t i = 0; i < paths.count; i++) {
        const struct cst_call_path *path = &paths.items[i];
        write_path(out, path, wish->fold_blocks ? path->blocks : path->bytes);
    }
    cst_arena_free(&arena);
    return !ferror(out);
}
