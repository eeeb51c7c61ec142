/* `custody check`: a gate for CI. One line per finding that is bad enough and not in the baseline, then what the baseline
 * had and the logs have no more; the exit status says whether there was anything new. */
#include "command.h"
#include "group.h"
#include "headline.h"
#include "option.h"
#include "reader.h"
#include "say.h"
#include "symbol.h"
#include "usage.h"

#include <errno.h>
#include <string.h>

/* What the command line asks for. */
struct wish {
    int fail_on;
    const char *baseline; /* NULL for none */
    char **logs;
    int log_count;
};

/* What came of it. */
struct tally {
    size_t fresh, known, fixed;
};

static bool read_wish(int argc, char **argv, struct wish *wish, bool *out_help)
{
    const char *fail_on = NULL;
    const struct cst_option options[] = {
        {.name = "fail-on", .value = &fail_on},
        {.name = "baseline", .value = &wish->baseline},
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
    return !fail_on || cst_option_severity("check", "fail-on", fail_on, true, &wish->fail_on);
}

/* Where the finding is to be looked at: the first call with a line in the stack that tells most; false when none has. */
static bool print_place(struct cst_symbols *symbols, const struct cst_log_finding *finding)
{
    const struct cst_log_stack *stack = finding->release.count ? &finding->release : &finding->alloc;
    for (size_t i = 0; i < stack->count; i++) {
        const struct cst_calls *calls = cst_symbols_resolve(symbols, finding->process, &stack->frames[i]);
        for (size_t j = 0; j < calls->count; j++) {
            const struct cst_call *call = &calls->items[j];
            /* Paths that begin with /rustc/ are those of the machine that built the standard library. */
            if (call->file && call->line > 0 && strncmp(call->file, "/rustc/", 7) != 0) {
                fputs(" at ", stdout);
                cst_print_text(stdout, call->file);
                printf(":%d", call->line);
                return true;
            }
        }
    }
    return false;
}

static void print_line(const char *label, const struct cst_group *group, struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    printf("%s%s: ", label, custody_severity_name(group->severity));
    cst_print_text(stdout, group->first->kind);
    fputs(": ", stdout);
    cst_print_text(stdout, cst_headline(&arena, group));
    (void)print_place(symbols, group->first);
    if (*group->first->key) {
        fputs(" [", stdout);
        cst_print_text(stdout, group->first->key);
        fputs("]", stdout);
    }
    fputc('\n', stdout);
    cst_arena_free(&arena);
}

static bool counts(const struct wish *wish, const struct cst_group *group)
{
    return (int)group->severity >= wish->fail_on;
}

static struct tally compare(const struct wish *wish, const struct cst_groups *now, const struct cst_groups *before,
                            struct cst_symbols *symbols)
{
    struct tally tally = {0};
    for (size_t i = 0; i < now->count && counts(wish, &now->items[i]); i++) {
        if (cst_groups_find(before, now->items[i].first->key)) {
            tally.known++;
        } else {
            print_line("", &now->items[i], symbols);
            tally.fresh++;
        }
    }
    for (size_t i = 0; i < before->count && counts(wish, &before->items[i]); i++) {
        if (!cst_groups_find(now, before->items[i].first->key)) {
            print_line("fixed: ", &before->items[i], symbols);
            tally.fixed++;
        }
    }
    return tally;
}

static bool read_logs(const struct wish *wish, struct cst_log *log, struct cst_log *baseline)
{
    for (int i = 0; i < wish->log_count; i++) {
        if (!cst_reader_add(log, wish->logs[i], false)) {
            return false;
        }
    }
    return !wish->baseline || cst_reader_add(baseline, wish->baseline, false);
}

static int check(const struct wish *wish, const struct cst_log *log, const struct cst_log *baseline)
{
    struct cst_groups now = cst_groups_make(log);
    struct cst_groups before = cst_groups_make(baseline);
    struct cst_symbols *symbols = cst_symbols_new();
    struct tally tally = compare(wish, &now, &before, symbols);
    if (wish->baseline) {
        printf("%zu new, %zu known, %zu fixed\n", tally.fresh, tally.known, tally.fixed);
    } else {
        printf("%zu found\n", tally.fresh);
    }
    cst_symbols_free(symbols);
    cst_groups_free(&before);
    cst_groups_free(&now);
    if (fflush(stdout) != 0) {
        cst_say("check: cannot write: %s", strerror(errno));
        return CST_EXIT_OWN_ERROR;
    }
    return tally.fresh ? CST_EXIT_NEW_FINDINGS : CST_EXIT_OK;
}

int cst_command_check(int argc, char **argv)
{
    struct wish wish = {0};
    bool help = false;
    if (!read_wish(argc, argv, &wish, &help)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (help) {
        return cst_usage_print("check");
    }
    struct cst_log log = {0};
    struct cst_log baseline = {0};
    int status = read_logs(&wish, &log, &baseline) ? check(&wish, &log, &baseline) : CST_EXIT_OWN_ERROR;
    cst_log_free(&baseline);
    cst_log_free(&log);
    return status;
}
