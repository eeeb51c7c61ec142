/* `custody help`: the topics. Settings and findings are printed from the lists that the runtime is made from. */
#include "command.h"
#include "option.h"
#include "say.h"
#include "usage.h"

#include "custody/words.h"

#include <string.h>

static void print_settings(void)
{
    /* Types as settings.def spells them, for people. */
#define TEXT "text"
#define BOOL "0 or 1"
#define NUMBER(lowest, highest) #lowest " to " #highest
#define CHOICE(words) words
    static const struct {
        const char *name, *values, *otherwise, *help;
    } settings[] = {
#define CUSTODY_SETTING(name, type, default_value, help) {#name, type, default_value, help},
#include "custody/settings.def"
    };
#undef TEXT
#undef BOOL
#undef NUMBER
#undef CHOICE
    puts("CUSTODY_OPTIONS takes name=value pairs joined by ':', as in\n"
         "  LD_PRELOAD=libcustody_preload.so CUSTODY_OPTIONS=log=audit.jsonl:stacks=4 ./program\n"
         "`custody run` sets it from its own options, after what is already there.\n");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        printf("  %-10s %s\n%13svalues: %s; default: %s\n", settings[i].name, settings[i].help, "", settings[i].values,
               *settings[i].otherwise ? settings[i].otherwise : "none");
    }
}

static void print_findings(void)
{
    puts("Kinds of finding and their severity when nothing is uncertain:\n");
    for (int i = 0; i < CUSTODY_FINDING_COUNT; i++) {
        enum custody_finding_kind kind = (enum custody_finding_kind)i;
        printf("  %-22s %-8s %s\n", custody_finding_name(kind), custody_severity_name(custody_finding_severity(kind)),
               custody_finding_summary(kind));
    }
    puts("\nAn inferred finding is never more severe than a warning. `custody explain KIND` says more.");
}

static void print_log(void)
{
    puts("The audit log is JSON Lines: one object a line, appended by every process of a run.\n"
         "Every object has v (1), event, pid, seq and t (seconds since the epoch). Events:\n"
         "\n"
         "  start     a program begins: argv, version, options, ppid, exe\n"
         "  module    a program file or shared object: id, path, build_id, base, epoch\n"
         "  finding   a broken rule: kind, severity, confidence, key, block, owner, by, expect, stacks\n"
         "  handle, transfer, lend, lease\n"
         "            a call of the ownership API, with the setting events=ownership: deed, number, addr, by, to\n"
         "  fork      a child process begins: parent\n"
         "  exec      the process becomes another program: file, argv\n"
         "  exit      the process ends: findings by severity, sides, crossings, repeats\n"
         "  symbols   what frames of a module mean, added by `custody run` once its command has ended\n"
         "\n"
         "A frame names a module and an offset, which is an address in the module's ELF file; `custody report`\n"
         "turns it into functions and lines. Further events and fields may be added; none changes its meaning.");
}

static void print_suppressions(void)
{
    puts("A suppression file has a suppression a line; lines that begin with # are comments. Two forms:\n"
         "\n"
         "  leak:PATTERN          as in LeakSanitizer's files: leaks with PATTERN in the function, source file or\n"
         "                        module of a frame; * is any text, ^ and $ are the ends\n"
         "  KIND [FIELD=VALUE]... findings of that kind (`custody help findings`), * for any, of which all fields\n"
         "                        hold:\n"
         "\n"
         "    function=GLOB  module=GLOB  source=GLOB\n"
         "                     a call in one of its stacks; parameters, and directories in front, may be left out\n"
         "    side=GLOB        it owns the block, releases it, holds it or takes part in its history\n"
         "    type=GLOB        the type of the object, or the name of the callback\n"
         "    crate=GLOB       the Rust crate that the finding is billed to\n"
         "    max=COUNT        with more blocks (of leaks) or times than this, nothing is suppressed\n"
         "\n"
         "In a GLOB * is any text, ? any character, \\ takes their meaning away; a value with blanks stands in\n"
         "quotes. The first line that matches takes a finding. As in\n"
         "\n"
         "  leak:libfontconfig\n"
         "  leak function=registry_* source=src/registry.c max=3\n"
         "  cross-side-free side=libledger.so\n"
         "\n"
         "Lines for other sanitizers are left out, with a note. What is suppressed is summed up; lines that match\n"
         "nothing are named.");
}

static int help_about(const char *topic)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } topics[] = {{"settings", print_settings},
                  {"findings", print_findings},
                  {"log", print_log},
                  {"suppressions", print_suppressions}};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        if (strcmp(topic, topics[i].name) == 0) {
            topics[i].print();
            return CST_EXIT_OK;
        }
    }
    if (strcmp(topic, "commands") == 0) {
        return cst_usage_print(NULL);
    }
    if (cst_usage_text(topic)) {
        return cst_usage_print(topic);
    }
    cst_say("help: no topic '%s'; there are commands, settings, findings, log, suppressions, and the commands' names",
            topic);
    return CST_EXIT_OWN_ERROR;
}

int cst_command_help(int argc, char **argv)
{
    bool help = false;
    const struct cst_option options[] = {{.name = "help", .flag = &help}, {.name = NULL}};
    int operands = 0;
    if (!cst_option_parse("help", options, false, argc, argv, &operands)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (operands > 1) {
        cst_say("help: one topic at a time");
        return CST_EXIT_OWN_ERROR;
    }
    return operands == 0 || help ? cst_usage_print(NULL) : help_about(argv[0]);
}
