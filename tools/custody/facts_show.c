/* Tables of facts; see facts_show.h. */
#include "facts_show.h"

#include "custody/words.h"

#include <inttypes.h>

static void print_flags(FILE *out, unsigned flags)
{
    static const char *const names[] = {"described", "rust-allocator", "merged"}; /* in the order of their bits */
    const char *before = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (flags >> i & 1) {
            fprintf(out, "%s%s", before, names[i]);
            before = ",";
        }
    }
    fputs(flags == 0 ? "-\n" : "\n", out);
}

void cst_facts_show(FILE *out, const custody_facts_row *rows, size_t count)
{
    fprintf(out, "%-12s %-12s %8s  %-8s %s\n", "from", "to", "bytes", "language", "flags");
    for (size_t i = 0; i + 1 < count; i++) {
        uint64_t lo = custody_facts_row_address(rows[i]), hi = custody_facts_row_address(rows[i + 1]);
        unsigned flags = custody_facts_row_flags(rows[i]), lang = custody_facts_row_lang(rows[i]);
        if (flags != 0 || lang != CUSTODY_LANG_NONE) {
            fprintf(out, "%012" PRIx64 " %012" PRIx64 " %8" PRIu64 "  %-8s ", lo, hi, hi - lo,
                    custody_lang_name((enum custody_lang)lang));
            print_flags(out, flags);
        }
    }
}
