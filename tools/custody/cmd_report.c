/* `custody report`: logs as text or JSON on standard output. */
#include "command.h"
#include "group.h"
#include "option.h"
#include "reader.h"
#include "report.h"
#include "say.h"
#include "usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TEXT, FORMAT_JSON };

/* What the command line asks for. */
struct wish {
    struct cst_report_wish report;
    int format; /* enum format */
    char **logs;
    int log_count;
};

static bool read_wish(int argc, char **argv, struct wish *wish, bool *out_help)
{
    static const char *const formats[] = {"text", "json", NULL};
    const char *format = NULL, *severity = NULL;
    const struct cst_option options[] = {
        {.name = "format", .value = &format},
        {.name = "severity", .value = &severity},
        {.name = "side", .value = &wish->report.side},
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
    wish->report.severity = CUSTODY_SEVERITY_NOTE;
    wish->report.tables = true;
    wish->report.all_leaks = severity != NULL;
    return (!format || cst_option_word("report", "format", format, formats, &wish->format)) &&
           (!severity || cst_option_severity("report", "severity", severity, false, &wish->report.severity));
}

static bool print_report(const struct wish *wish, const struct cst_groups *groups, struct cst_symbols *symbols)
{
    if (wish->format == FORMAT_JSON) {
        return cst_report_json(stdout, &wish->report, groups, symbols, wish->logs, (size_t)wish->log_count);
    }
    cst_report_text(stdout, cst_report_wants_colour(stdout), &wish->report, groups, symbols);
    cst_report_inferred(stdout, cst_report_wants_colour(stdout), groups);
    cst_report_totals(stdout, groups);
    return fputc('\n', stdout) != EOF;
}

static int report_logs(const struct wish *wish, struct cst_log *log)
{
    for (int i = 0; i < wish->log_count; i++) {
        if (!cst_reader_add(log, wish->logs[i], false)) {
            return CST_EXIT_OWN_ERROR;
        }
    }
    struct cst_groups groups = cst_groups_make(log);
    if (wish->report.side && !cst_groups_have_side(&groups, wish->report.side)) {
        cst_say("report: no side '%s' in these logs; a report without --side lists them", wish->report.side);
    }
    struct cst_symbols *symbols = cst_symbols_new();
    bool ok = print_report(wish, &groups, symbols) && fflush(stdout) == 0;
    if (!ok) {
        cst_say("report: cannot write: %s", strerror(errno));
    }
    cst_symbols_free(symbols);
    cst_groups_free(&groups);
    return ok ? CST_EXIT_OK : CST_EXIT_OWN_ERROR;
}

int cst_command_report(int argc, char **argv)
{
    struct wish wish = {0};
    bool help = false;
    if (!read_wish(argc, argv, &wish, &help)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (help) {
        return cst_usage_print("report");
    }
    struct cst_log log = {0};
    int status = report_logs(&wish, &log);
    cst_log_free(&log);
    return status;
}
