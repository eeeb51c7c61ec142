/* Reports about one thing; see cmd_report_timeline.h. */
#include "cmd_report_timeline.h"

#include "numbered.h"
#include "report.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A hexadecimal number and nothing else. */
static bool read_address(const char *text, uint64_t *out_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 16);
    *out_number = number;
    return *text && strchr("0123456789abcdefABCDEF", *text) && *end == '\0' && errno == 0;
}

bool cst_report_timeline_read(const char *block, const char *handle, struct cst_log_interest *out_interest)
{
    if (block && handle) {
        cst_say("report: --block and --handle ask for two things; one at a time");
        return false;
    }
    if (block && !read_address(block, &out_interest->address)) {
        cst_say("report: --block takes an address such as 0x7d00e7008000, not '%s'", block);
        return false;
    }
    if (handle && !cst_numbered_read(handle, &out_interest->numbered, &out_interest->number)) {
        cst_say("report: --handle takes the number of a handle, callback, loan or lease, such as 7 or loan:7, not '%s'",
                handle);
        return false;
    }
    out_interest->has_address = block != NULL;
    out_interest->has_number = handle != NULL;
    return true;
}

static void say_what_is_missing(const struct cst_log_interest *interest, const struct cst_log *log, bool any)
{
    static const char setting[] = "calls of the ownership API are kept with the setting events=ownership only "
                                  "(CUSTODY_OPTIONS=events=ownership)";
    if (any && log->has_ownership) {
        return;
    }
    if (any) {
        cst_say("report: these are findings only: %s", setting);
    } else if (interest->has_address) {
        cst_say("report: nothing about 0x%" PRIx64 " in these logs%s%s", interest->address,
                log->has_ownership ? "" : ": ", log->has_ownership ? "" : setting);
    } else {
        cst_say("report: nothing about %s %" PRIu64 " in these logs%s%s", cst_numbered_word(interest->numbered),
                interest->number, log->has_ownership ? "" : ": ", log->has_ownership ? "" : setting);
    }
}

bool cst_report_timeline(const struct cst_timeline_wish *wish, bool json, const struct cst_log *log)
{
    struct cst_arena arena = {0};
    struct cst_groups groups = cst_groups_make(log);
    struct cst_symbols *symbols = cst_symbols_new();
    struct cst_timeline timeline = cst_timeline_make(&arena, log, wish->interest);
    bool ok = true;
    if (json) {
        ok = cst_timeline_json(stdout, wish, &timeline, &groups, symbols);
    } else if (timeline.count > 0) {
        cst_timeline_text(stdout, cst_report_wants_colour(stdout), wish, &timeline, &groups, symbols);
    }
    ok = fflush(stdout) == 0 && !ferror(stdout) && ok;
    say_what_is_missing(wish->interest, log, timeline.count > 0);
    cst_symbols_free(symbols);
    cst_groups_free(&groups);
    cst_arena_free(&arena);
    return ok;
}
