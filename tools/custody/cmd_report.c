/* `custody report`: logs as text, JSON or collapsed stacks on standard output. */
#include "cmd_report_timeline.h"
#include "command.h"
#include "group.h"
#include "option.h"
#include "reader.h"
#include "report.h"
#include "say.h"
#include "suppression_file.h"
#include "suppression_summary.h"
#include "usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_FOLDED };

/* What the command line asks for. */
struct wish {
    struct cst_report_wish report;
    int format; /* enum format */
    char **logs;
    int log_count;
    struct cst_option_list suppression_files;
    struct cst_suppressions suppressions;
    struct cst_log_interest interest; /* with it, the report is about one thing */
};

/* Options that are words, as they stand on the command line; NULL where they do not. */
struct words {
    const char *format, *severity, *leaks_by, *folded_by, *block, *handle;
};

static bool read_words(const struct words *words, struct wish *wish)
{
    static const char *const formats[] = {"text", "json", "folded", NULL};
    static const char *const weights[] = {"bytes", "blocks", NULL};
    int by = 0, weight = 0;
    struct cst_report_wish *report = &wish->report;
    report->severity = CUSTODY_SEVERITY_NOTE;
    report->all_notes = words->severity != NULL;
    report->has_leaks_by = words->leaks_by != NULL;
    bool ok =
        (!words->format || cst_option_word("report", "format", words->format, formats, &wish->format)) &&
        (!words->severity || cst_option_severity("report", "severity", words->severity, false, &report->severity)) &&
        (!words->leaks_by || cst_option_word("report", "leaks-by", words->leaks_by, cst_leak_by_words, &by)) &&
        (!words->folded_by || cst_option_word("report", "folded-by", words->folded_by, weights, &weight));
    report->leaks_by = (enum cst_leak_by)by;
    report->fold_blocks = weight == 1;
    return ok;
}

/* What chooses among findings has no say in what is known of one thing. */
static bool fits_timeline(const struct words *words, const struct wish *wish)
{
    const char *other = wish->report.side                   ? "side"
                        : words->severity                   ? "severity"
                        : words->leaks_by                   ? "leaks-by"
                        : words->folded_by                  ? "folded-by"
                        : wish->suppression_files.count > 0 ? "suppressions"
                        : wish->format == FORMAT_FOLDED     ? "format folded"
                                                            : NULL;
    if (other) {
        cst_say("report: --%s does not go with --%s", other, words->block ? "block" : "handle");
    }
    return !other;
}

static bool read_interest(const struct words *words, struct wish *wish)
{
    bool asked = words->block || words->handle;
    return !asked ||
           (fits_timeline(words, wish) && cst_report_timeline_read(words->block, words->handle, &wish->interest));
}

static bool read_wish(int argc, char **argv, struct wish *wish, bool *out_help)
{
    struct words words = {0};
    const struct cst_option options[] = {
        {.name = "format", .value = &words.format},
        {.name = "severity", .value = &words.severity},
        {.name = "side", .value = &wish->report.side},
        {.name = "leaks-by", .value = &words.leaks_by},
        {.name = "folded-by", .value = &words.folded_by},
        {.name = "block", .value = &words.block},
        {.name = "handle", .value = &words.handle},
        {.name = "all-frames", .flag = &wish->report.all_calls},
        {.name = "suppressions", .list = &wish->suppression_files},
        {.name = "help", .flag = out_help},
        {.name = NULL},
    };
    if (!cst_option_parse("report", options, false, argc, argv, &wish->log_count)) {
        return false;
    }
    if (*out_help) {
        return true;
    }
    if (wish->log_count == 0) {
        cst_say("report: no log given; see `custody help report`");
        return false;
    }
    wish->logs = argv;
    wish->report.tables = true;
    return read_words(&words, wish) && read_interest(&words, wish) &&
           cst_suppression_files_read(&wish->suppressions, "report", wish->suppression_files.items,
                                      wish->suppression_files.count);
}

static bool print_report(const struct wish *wish, const struct cst_groups *groups, struct cst_symbols *symbols)
{
    if (wish->format == FORMAT_JSON) {
        return cst_report_json(stdout, &wish->report, groups, symbols, wish->logs, (size_t)wish->log_count);
    }
    if (wish->format == FORMAT_FOLDED) {
        return cst_report_folded(stdout, &wish->report, groups, symbols);
    }
    cst_report_text(stdout, cst_report_wants_colour(stdout), &wish->report, groups, symbols);
    cst_report_inferred(stdout, cst_report_wants_colour(stdout), groups);
    cst_report_totals(stdout, groups);
    return fputc('\n', stdout) != EOF;
}

/* What the logs hold about one thing. */
static bool report_timeline(const struct wish *wish, const struct cst_log *log)
{
    const struct cst_timeline_wish timeline = {.interest = &wish->interest,
                                               .all_calls = wish->report.all_calls,
                                               .logs = wish->logs,
                                               .log_count = (size_t)wish->log_count};
    return cst_report_timeline(&timeline, wish->format == FORMAT_JSON, log);
}

static bool report_findings(struct wish *wish, const struct cst_log *log)
{
    struct cst_groups groups = cst_groups_make(log);
    if (wish->report.side && !cst_groups_have_side(&groups, wish->report.side)) {
        cst_say("report: no side '%s' in these logs; a report without --side lists them", wish->report.side);
    }
    struct cst_symbols *symbols = cst_symbols_new();
    cst_suppressions_apply(&wish->suppressions, &groups, symbols);
    bool ok = print_report(wish, &groups, symbols) && fflush(stdout) == 0;
    cst_suppression_summary_print(stderr, "custody: ", &wish->suppressions, false);
    cst_policy_uses_print(stderr, "custody: ", &groups.policies, false);
    cst_symbols_free(symbols);
    cst_groups_free(&groups);
    return ok;
}

static int report_logs(struct wish *wish, struct cst_log *log)
{
    log->interest = wish->interest;
    for (int i = 0; i < wish->log_count; i++) {
        if (!cst_reader_add(log, wish->logs[i], false)) {
            return CST_EXIT_OWN_ERROR;
        }
    }
    bool about_one = wish->interest.has_address || wish->interest.has_number;
    errno = 0;
    if (about_one ? report_timeline(wish, log) : report_findings(wish, log)) {
        return CST_EXIT_OK;
    }
    cst_say("report: cannot write: %s", strerror(errno));
    return CST_EXIT_OWN_ERROR;
}

static int read_and_report(struct wish *wish)
{
    struct cst_log log = {0};
    int status = report_logs(wish, &log);
    cst_log_free(&log);
    return status;
}

int cst_command_report(int argc, char **argv)
{
    struct wish wish = {0};
    bool help = false;
    int status = CST_EXIT_OWN_ERROR;
    if (read_wish(argc, argv, &wish, &help)) {
        status = help ? cst_usage_print("report") : read_and_report(&wish);
    }
    cst_option_list_free(&wish.suppression_files);
    cst_suppressions_free(&wish.suppressions);
    return status;
}
