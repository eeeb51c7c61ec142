/* `custody check`: a gate for CI. One line per finding that is bad enough, neither known to a baseline nor suppressed nor
 * under a budget; then what the baselines had and the logs have no more, and the budgets. The exit status says whether
 * there was anything new or too much. */
#include "baseline_file.h"
#include "budget.h"
#include "check_lines.h"
#include "command.h"
#include "finding_index.h"
#include "group.h"
#include "option.h"
#include "reader.h"
#include "say.h"
#include "suppression_file.h"
#include "suppression_summary.h"
#include "symbol.h"
#include "usage.h"

#include <errno.h>
#include <string.h>

/* What the command line asks for. */
struct wish {
    int fail_on;
    struct cst_option_list baselines, budget_specs, suppression_files;
    const char *write_baseline; /* NULL for none */
    char **logs;
    int log_count;

    struct cst_budgets budgets;
    struct cst_suppressions suppressions;
};

/* What is compared. */
struct comparison {
    struct cst_groups now, before;
    struct cst_finding_index *now_index, *before_index;
    struct cst_symbols *symbols;
};

/* What came of it. */
struct tally {
    size_t fresh, known, grew, fixed, exceeded;
};

static void free_wish(struct wish *wish)
{
    cst_option_list_free(&wish->baselines);
    cst_option_list_free(&wish->budget_specs);
    cst_option_list_free(&wish->suppression_files);
    cst_budgets_free(&wish->budgets);
    cst_suppressions_free(&wish->suppressions);
}

static bool read_budgets(struct wish *wish)
{
    bool ok = true;
    for (size_t i = 0; i < wish->budget_specs.count; i++) {
        ok = cst_budgets_add(&wish->budgets, wish->budget_specs.items[i]) && ok;
    }
    return ok;
}

static bool read_wish(int argc, char **argv, struct wish *wish, bool *out_help)
{
    const char *fail_on = NULL;
    const struct cst_option options[] = {
        {.name = "fail-on", .value = &fail_on},
        {.name = "baseline", .list = &wish->baselines},
        {.name = "write-baseline", .value = &wish->write_baseline},
        {.name = "budget", .list = &wish->budget_specs},
        {.name = "suppressions", .list = &wish->suppression_files},
        {.name = "help", .flag = out_help},
        {.name = NULL},
    };
    if (!cst_option_parse("check", options, false, argc, argv, &wish->log_count)) {
        return false;
    }
    if (*out_help) {
        return true;
    }
    if (wish->log_count == 0) {
        cst_say("check: no log given; see `custody help check`");
        return false;
    }
    wish->logs = argv;
    wish->fail_on = CUSTODY_SEVERITY_ERROR;
    return (!fail_on || cst_option_severity("check", "fail-on", fail_on, true, &wish->fail_on)) && read_budgets(wish) &&
           cst_suppression_files_read(&wish->suppressions, "check", wish->suppression_files.items,
                                      wish->suppression_files.count);
}

static bool counts(const struct wish *wish, const struct cst_group *group)
{
    return (int)group->severity >= wish->fail_on && !group->suppressed_by;
}

/* Judges one finding that counts by itself. */
static void judge(struct comparison *comparison, const struct cst_group *group, struct tally *tally)
{
    struct cst_finding_amount before, now;
    switch (cst_finding_index_compare(comparison->before_index, comparison->now_index, group, &before, &now)) {
    case CST_FINDING_FRESH:
        cst_check_line_finding("", group, comparison->symbols);
        tally->fresh++;
        break;
    case CST_FINDING_GREW:
        cst_check_line_growth(group, &before, &now, comparison->symbols);
        tally->known++;
        tally->grew++;
        break;
    case CST_FINDING_KNOWN:
        tally->known++;
        break;
    }
}

static struct tally compare(struct wish *wish, struct comparison *comparison)
{
    struct tally tally = {0};
    for (size_t i = 0; i < comparison->now.count; i++) {
        const struct cst_group *group = &comparison->now.items[i];
        bool under_budget = counts(wish, group) && cst_group_is_leak(group) &&
                            cst_budgets_take(&wish->budgets, comparison->symbols, group);
        if (counts(wish, group) && !under_budget) {
            judge(comparison, group, &tally);
        }
    }
    for (size_t i = 0; i < comparison->before.count; i++) {
        const struct cst_group *group = &comparison->before.items[i];
        if (counts(wish, group) && !cst_finding_index_has(comparison->now_index, group)) {
            cst_check_line_finding("fixed: ", group, comparison->symbols);
            tally.fixed++;
        }
    }
    tally.exceeded = cst_check_lines_budgets(&wish->budgets, comparison->symbols);
    cst_suppression_summary_print(stdout, "", &wish->suppressions, false);
    return tally;
}

static void print_tally(const struct wish *wish, const struct tally *tally)
{
    if (wish->baselines.count > 0) {
        printf("%zu new, %zu known, %zu fixed", tally->fresh, tally->known, tally->fixed);
    } else {
        printf("%zu found", tally->fresh);
    }
    if (tally->grew > 0) {
        printf(", %zu grew", tally->grew);
    }
    if (tally->exceeded > 0) {
        printf(", %zu budget%s exceeded", tally->exceeded, tally->exceeded == 1 ? "" : "s");
    }
    fputc('\n', stdout);
}

static bool read_all(struct cst_log *log, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!cst_reader_add(log, paths[i], false)) {
            return false;
        }
    }
    return true;
}

/* With a baseline written, all that counts is known from now on. */
static int conclude(const struct wish *wish, const struct comparison *comparison, const struct tally *tally)
{
    size_t written = 0;
    if (wish->write_baseline) {
        if (!cst_baseline_file_write(wish->write_baseline, &comparison->now, wish->fail_on, comparison->symbols,
                                     &written)) {
            return CST_EXIT_OWN_ERROR;
        }
        printf("%zu finding%s written to %s\n", written, written == 1 ? "" : "s", wish->write_baseline);
    }
    if (fflush(stdout) != 0) {
        cst_say("check: cannot write: %s", strerror(errno));
        return CST_EXIT_OWN_ERROR;
    }
    bool failed = !wish->write_baseline && (tally->fresh > 0 || tally->exceeded > 0);
    return failed ? CST_EXIT_NEW_FINDINGS : CST_EXIT_OK;
}

static int check(struct wish *wish, const struct cst_log *log, const struct cst_log *baseline)
{
    struct comparison comparison = {
        .now = cst_groups_make(log), .before = cst_groups_make(baseline), .symbols = cst_symbols_new()};
    comparison.now_index = cst_finding_index_new(&comparison.now, comparison.symbols);
    comparison.before_index = cst_finding_index_new(&comparison.before, comparison.symbols);
    cst_suppressions_apply(&wish->suppressions, &comparison.now, comparison.symbols);
    struct tally tally = compare(wish, &comparison);
    print_tally(wish, &tally);
    int status = conclude(wish, &comparison, &tally);
    cst_finding_index_free(comparison.before_index);
    cst_finding_index_free(comparison.now_index);
    cst_symbols_free(comparison.symbols);
    cst_groups_free(&comparison.before);
    cst_groups_free(&comparison.now);
    return status;
}

static int read_and_check(struct wish *wish)
{
    struct cst_log log = {0};
    struct cst_log baseline = {0};
    int status = CST_EXIT_OWN_ERROR;
    if (read_all(&log, (const char *const *)wish->logs, (size_t)wish->log_count) &&
        read_all(&baseline, wish->baselines.items, wish->baselines.count)) {
        status = check(wish, &log, &baseline);
    }
    cst_log_free(&baseline);
    cst_log_free(&log);
    return status;
}

int cst_command_check(int argc, char **argv)
{
    struct wish wish = {0};
    bool help = false;
    int status = CST_EXIT_OWN_ERROR;
    if (read_wish(argc, argv, &wish, &help)) {
        status = help ? cst_usage_print("check") : read_and_check(&wish);
    }
    free_wish(&wish);
    return status;
}
