/* `custody run`: preloads the runtime into a command, waits for it, reads the log of all its processes, reports, and turns
 * findings into an exit status. The steps are files of their own: target, preload, log_file, launch, reader, report. */
#include "command.h"
#include "facts_directory.h"
#include "facts_server.h"
#include "group.h"
#include "launch.h"
#include "log_file.h"
#include "log_symbols.h"
#include "option.h"
#include "policy_source.h"
#include "preload.h"
#include "reader.h"
#include "report.h"
#include "say.h"
#include "suppression_file.h"
#include "suppression_summary.h"
#include "target.h"
#include "usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line asks for. */
struct run_wish {
    struct cst_preload_settings settings;
    int fail_on;
    int exit_code;
    bool keep_log; /* it is the user's, not a temporary one */
    bool quiet;
    bool no_prepare;
    char **command; /* ends with NULL */
    struct cst_option_list suppression_files;
    struct cst_suppressions suppressions;
};

static bool read_numbers(const char *stacks, const char *exit_code, struct run_wish *wish)
{
    long number = CST_EXIT_FINDINGS;
    if (stacks && !cst_option_number("run", "stacks", stacks, 0, 64, &number)) {
        return false;
    }
    number = CST_EXIT_FINDINGS;
    if (exit_code && !cst_option_number("run", "exit-code", exit_code, 0, 255, &number)) {
        return false;
    }
    wish->exit_code = (int)number;
    wish->settings.stacks = stacks;
    return true;
}

static bool read_words(const char *leaks, const char *fail_on, struct run_wish *wish)
{
    static const char *const leak_words[] = {"off", "summary", "full", NULL};
    int ignored;
    if (leaks && !cst_option_word("run", "leaks", leaks, leak_words, &ignored)) {
        return false;
    }
    wish->settings.leaks = leaks;
    wish->fail_on = CUSTODY_SEVERITY_ERROR;
    return !fail_on || cst_option_severity("run", "fail-on", fail_on, true, &wish->fail_on);
}

/* Reads the command line; false after a message. With `*out_help` nothing else counts. */
static bool read_wish(int argc, char **argv, struct run_wish *wish, bool *out_help)
{
    const char *log = NULL, *fail_on = NULL, *exit_code = NULL, *policy = NULL, *stacks = NULL, *leaks = NULL;
    const struct cst_option options[] = {
        {.name = "log", .value = &log},
        {.name = "fail-on", .value = &fail_on},
        {.name = "exit-code", .value = &exit_code},
        {.name = "strict", .flag = &wish->settings.strict},
        {.name = "policy", .value = &policy},
        {.name = "stacks", .value = &stacks},
        {.name = "leaks", .value = &leaks},
        {.name = "quiet", .flag = &wish->quiet},
        {.name = "no-prepare", .flag = &wish->no_prepare},
        {.name = "suppressions", .list = &wish->suppression_files},
        {.name = "help", .flag = out_help},
        {.name = NULL},
    };
    int operands = 0;
    if (!cst_option_parse("run", options, true, argc, argv, &operands)) {
        return false;
    }
    if (*out_help) {
        return true;
    }
    if (operands == 0) {
        cst_say("run: no command given; see `custody help run`");
        return false;
    }
    wish->command = argv;
    wish->settings.log = log;
    wish->settings.policy = policy;
    wish->keep_log = log != NULL;
    return read_numbers(stacks, exit_code, wish) && read_words(leaks, fail_on, wish) &&
           cst_suppression_files_read(&wish->suppressions, "run", wish->suppression_files.items,
                                      wish->suppression_files.count);
}

/* A command is not run under half a policy. */
static bool check_policy(const char *path)
{
    struct cst_policy_source source = {0};
    bool ok = cst_policy_source_read(&source, "run", path);
    if (ok && source.errors > 0) {
        cst_say("run: nothing was run: %zu error%s in the policy %s", source.errors, source.errors == 1 ? "" : "s",
                path);
        ok = false;
    }
    cst_policy_source_free(&source);
    return ok;
}

/* What serves the command with facts about code. */
struct run_facts {
    struct cst_facts_directory directory;
    struct cst_facts_server server;
    bool serving;
};

/* Without facts the command is run all the same: then less is told apart in it. */
static void begin_facts(struct cst_arena *arena, struct run_wish *wish, struct run_facts *facts)
{
    wish->settings.prepare = ""; /* who would be asked otherwise is an outer run */
    if (!cst_facts_directory_find(arena, !wish->no_prepare, &facts->directory)) {
        return;
    }
    wish->settings.facts = facts->directory.path;
    facts->serving = facts->directory.writable && cst_facts_server_start(arena, facts->directory.path, &facts->server);
    if (facts->serving) {
        wish->settings.prepare = facts->server.name;
    }
}

static void end_facts(const struct run_facts *facts)
{
    if (facts->serving) {
        cst_facts_server_stop(&facts->server);
    }
    cst_facts_directory_leave(&facts->directory);
}

/* Makes paths absolute, begins the log and sets the environment. The command may change its directory. */
static bool prepare(struct cst_arena *arena, struct run_wish *wish)
{
    struct cst_preload_settings *settings = &wish->settings;
    const char *library = cst_preload_find(arena);
    if (!library || (settings->policy && !check_policy(settings->policy))) {
        return false;
    }
    if (settings->policy && !(settings->policy = cst_preload_absolute(arena, settings->policy))) {
        return false;
    }
    settings->log = wish->keep_log ? cst_preload_absolute(arena, settings->log) : cst_log_file_temporary(arena);
    return settings->log && cst_preload_set(arena, library, settings) &&
           (!wish->keep_log || cst_log_file_begin(settings->log));
}

/* A stream to stderr that gathers what it is given: reports are long, and stderr itself writes byte by byte. */
static FILE *open_stderr(void)
{
    int fd = dup(STDERR_FILENO);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    return out ? out : stderr;
}

static void close_stderr(FILE *out)
{
    if (out != stderr) {
        fclose(out);
    }
}

static void print_summary(const struct run_wish *wish, const struct cst_groups *groups)
{
    fputs("custody: ", stderr);
    cst_report_totals(stderr, groups);
    if (wish->keep_log) {
        fputs("; log: ", stderr);
        cst_print_text(stderr, wish->settings.log);
    }
    fputc('\n', stderr);
}

/* Prints findings above notes with their tables; of a clean run only what could not be told and the totals. Quiet:
 * nothing, unless it fails. */
static void tell(const struct run_wish *wish, const struct cst_groups *groups, struct cst_symbols *symbols)
{
    if (!wish->quiet && cst_groups_reach(groups, CUSTODY_SEVERITY_WARNING)) {
        FILE *out = open_stderr();
        const struct cst_report_wish report = {.severity = CUSTODY_SEVERITY_NOTE, .tables = true};
        cst_report_text(out, cst_report_wants_colour(stderr), &report, groups, symbols);
        close_stderr(out);
    }
    if (!wish->quiet) {
        cst_report_inferred(stderr, cst_report_wants_colour(stderr), groups);
        cst_suppression_summary_print(stderr, "custody: ", &wish->suppressions, true);
        cst_policy_uses_print(stderr, "custody: ", &groups->policies, true);
    }
    if (!wish->quiet || cst_groups_reach(groups, wish->fail_on)) {
        print_summary(wish, groups);
    }
}

/* Keeps in the log what frames mean, as long as the programs are what ran: of all that a report shows in full, of what
 * fails, and of deeds. */
static void keep_symbols(const struct run_wish *wish, const struct cst_log *log, const struct cst_groups *groups,
                         struct cst_symbols *symbols)
{
    int severity = wish->fail_on < CUSTODY_SEVERITY_WARNING ? wish->fail_on : CUSTODY_SEVERITY_WARNING;
    if (wish->keep_log) {
        (void)cst_log_symbols_append(wish->settings.log, log, groups, severity, symbols);
    }
}

/* A process has no last word in the log, and there is no room for one: what it found then may not be there either. Without
 * room alone nothing needs to be missing, and a process that was killed has no last word. */
static bool lacks_its_end(const struct run_wish *wish, const struct cst_log *log)
{
    bool missing = false;
    for (size_t i = 0; i < log->process_count; i++) {
        missing |= log->processes[i]->end == CST_END_MISSING;
    }
    const char *reason = missing ? cst_log_file_why_full(wish->settings.log) : NULL;
    if (reason) {
        cst_say("run: the log %s lacks its end: %s; findings may be missing", wish->settings.log, reason);
    }
    return reason;
}

static int exit_status(const struct run_wish *wish, const struct cst_groups *groups, const struct cst_launch_end *end,
                       bool is_whole)
{
    if (cst_groups_reach(groups, wish->fail_on)) {
        return wish->exit_code;
    }
    if (!is_whole && !end->signal) {
        return CST_EXIT_OWN_ERROR;
    }
    return end->signal ? CST_EXIT_SIGNAL_BASE + end->signal : end->status;
}

static int judge_log(struct run_wish *wish, const struct cst_log *log, const struct cst_launch_end *end)
{
    struct cst_groups groups = cst_groups_make(log);
    struct cst_symbols *symbols = cst_symbols_new();
    bool is_whole = !lacks_its_end(wish, log);
    cst_suppressions_apply(&wish->suppressions, &groups, symbols);
    keep_symbols(wish, log, &groups, symbols);
    tell(wish, &groups, symbols);
    int status = exit_status(wish, &groups, end, is_whole);
    cst_symbols_free(symbols);
    cst_groups_free(&groups);
    return status;
}

/* No process wrote to the log. That a library of the command is missing the dynamic linker has said, with this status. */
static int judge_silence(const struct run_wish *wish, const struct cst_launch_end *end)
{
    if (!end->signal && end->status == CST_EXIT_NOT_FOUND) {
        cst_say(
            "run: %s ended with status %d before Custody was in it, as where a library is missing; nothing was checked",
            wish->command[0], end->status);
        return CST_EXIT_NOT_FOUND;
    }
    cst_say("run: %s ran, but Custody was not in it: no process wrote to the log, so nothing was checked",
            wish->command[0]);
    return CST_EXIT_OWN_ERROR;
}

/* Reads what the command's processes wrote and decides. */
static int judge(struct run_wish *wish, const struct cst_launch_end *end)
{
    struct cst_log log = {.interest = {.stacks = wish->keep_log}};
    int status = CST_EXIT_OWN_ERROR;
    if (end->signal && !wish->quiet) {
        cst_say("%s was killed by signal %d (%s)", wish->command[0], end->signal, strsignal(end->signal));
    }
    if (cst_reader_add(&log, wish->settings.log, true)) {
        status = cst_log_any_start(&log) ? judge_log(wish, &log, end) : judge_silence(wish, end);
    }
    cst_log_free(&log);
    return status;
}

/* Runs the command, served with facts. False when no process could be made. */
static bool launch(struct cst_arena *arena, struct run_wish *wish, const char *path, struct cst_launch_end *out_end)
{
    struct run_facts facts = {0};
    begin_facts(arena, wish, &facts);
    bool launched =
        prepare(arena, wish) && cst_launch(path, wish->command, facts.serving ? facts.server.process : 0, out_end);
    end_facts(&facts);
    return launched;
}

static int run_and_judge(struct cst_arena *arena, struct run_wish *wish, const char *path)
{
    struct cst_launch_end end;
    if (!launch(arena, wish, path, &end)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (!end.started) {
        cst_say("run: cannot execute %s: %s", path, strerror(end.error));
        return end.error == ENOENT ? CST_EXIT_NOT_FOUND : CST_EXIT_CANNOT_EXECUTE;
    }
    return judge(wish, &end);
}

static int run(struct cst_arena *arena, struct run_wish *wish)
{
    int status = CST_EXIT_OWN_ERROR;
    const char *path = cst_target_find(arena, wish->command[0], &status);
    if (!path) {
        return status;
    }
    int refused = cst_target_check(path);
    if (refused != 0) {
        return refused;
    }
    status = run_and_judge(arena, wish, path);
    if (!wish->keep_log && wish->settings.log) {
        unlink(wish->settings.log);
    }
    return status;
}

static int find_and_run(struct run_wish *wish)
{
    struct cst_arena arena = {0};
    int status = run(&arena, wish);
    cst_arena_free(&arena);
    return status;
}

int cst_command_run(int argc, char **argv)
{
    struct run_wish wish = {0};
    bool help = false;
    int status = CST_EXIT_OWN_ERROR;
    if (read_wish(argc, argv, &wish, &help)) {
        status = help ? cst_usage_print("run") : find_and_run(&wish);
    }
    cst_option_list_free(&wish.suppression_files);
    cst_suppressions_free(&wish.suppressions);
    return status;
}
