/* Help texts; see usage.h. The manual pages in docs/man say the same at more length. */
#include "usage.h"

#include "command.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char overview[] =
    "custody: who owns this pointer, and who may release it?\n"
    "\n"
    "Usage:\n"
    "  custody run [OPTION...] [--] COMMAND [ARG...]   run a program and check every release in it\n"
    "  custody report [OPTION...] LOG...               show what logs hold\n"
    "  custody check [OPTION...] LOG...                fail when logs hold what is new or too much\n"
    "  custody policy FILE...                          say what rules of a policy mean, or what is wrong\n"
    "  custody prepare [OPTION...] FILE...             work out what debug information says of programs and libraries\n"
    "  custody explain [KIND]                          say what a kind of finding means\n"
    "  custody help [TOPIC]                            commands, settings, findings, log, suppressions, a command's "
    "name\n"
    "  custody --version\n";

static const struct {
    const char *command, *text;
} texts[] = {
    {"run",
     "Usage: custody run [OPTION...] [--] COMMAND [ARG...]\n"
     "\n"
     "Runs COMMAND with the Custody runtime preloaded, waits for it, and reports on stderr what it and its\n"
     "children did wrong. Standard input and output stay the command's.\n"
     "\n"
     "  --log FILE            keep the audit log in FILE, which is begun afresh\n"
     "  --fail-on SEVERITY    error (default), warning, note or never: what makes the run fail\n"
     "  --exit-code N         exit status of a run that fails (0-255, default 99)\n"
     "  --strict              a release across sides is an error, not a warning\n"
     "  --policy FILE         rules for crossings, by `custody help policy`\n"
     "  --stacks N            frames kept for each allocation and release (0-64, default 16)\n"
     "  --leaks WHAT          blocks live at exit: off, summary, or full (default)\n"
     "  --suppressions FILE   findings to pass over, by `custody help suppressions`; may be given several times\n"
     "  --no-prepare          make no facts about code while COMMAND runs; use what the cache has\n"
     "  --quiet               print nothing unless the run fails, and then one line\n"
     "\n"
     "Exit status: the command's own, or 128+N when signal N killed it; 99 (--exit-code) with findings; 125 when\n"
     "custody itself fails, the program cannot be audited, or the log's disk is full and findings may be missing;\n"
     "126 and 127 as for env(1).\n"},
    {"report",
     "Usage: custody report [OPTION...] LOG...\n"
     "\n"
     "Prints the findings of the logs, equal ones once, then the sides and crossings of each program.\n"
     "\n"
     "  --format FORMAT       text (default), json, or folded: collapsed stacks of leaks, for flame graphs\n"
     "  --severity SEVERITY   least severity shown: error, warning or note; with note, leaks are shown one by one\n"
     "  --side NAME           only findings in which this side takes part\n"
     "  --block ADDRESS       all that is known of this address, in order: calls of the ownership API, findings\n"
     "  --handle NUMBER       the same of a handle, callback, loan or lease; loan:7 is of loan 7 only\n"
     "  --leaks-by WHAT       leaks as a table by who pays for them: side, module, crate or site\n"
     "  --folded-by WHAT      weight of collapsed stacks: bytes (default) or blocks\n"
     "  --all-frames          frames of standard libraries too, one by one\n"
     "  --suppressions FILE   findings to pass over, by `custody help suppressions`; may be given several times\n"
     "\n"
     "Exit status: 0; 125 when a log cannot be read.\n"},
    {"check",
     "Usage: custody check [OPTION...] LOG...\n"
     "\n"
     "Prints one line per finding that no baseline has, then those that only a baseline has (\"fixed\"), those of\n"
     "which more leaks than before (\"grew\"), and the budgets.\n"
     "\n"
     "  --fail-on SEVERITY    least severity that counts: error (default), warning, note or never\n"
     "  --baseline LOG        findings in this log are known, by key or by function and line; several may be given\n"
     "  --write-baseline FILE write the findings that count to FILE, as a log that is a baseline for later builds\n"
     "  --budget SPEC         leaks allowed, as [side:|module:|crate:|site:]NAME=BYTES[K|M|G][/BLOCKS]; several may\n"
     "                        be given\n"
     "  --suppressions FILE   findings to pass over, by `custody help suppressions`; may be given several times\n"
     "\n"
     "Exit status: 0 when nothing is new and no budget exceeded, or a baseline was written; 1 otherwise; 125 when a\n"
     "file cannot be read or an option is not understood.\n"},
    {"policy",
     "Usage: custody policy [OPTION...] FILE...\n"
     "\n"
     "Reads policy files, which `custody run --policy` takes, and says of each rule what it means, or what is wrong.\n"
     "\n"
     "  --quiet               only what is wrong\n"
     "\n"
     "A policy has a rule a line; what begins with # is a comment:\n"
     "\n"
     "  allow FIELD=GLOB...   these releases by another side are fine: no finding\n"
     "  forbid FIELD=GLOB...  these are errors, also where there would be no finding\n"
     "  side NAME [module=GLOB] [lang=LANGUAGE]\n"
     "                        what such code does belongs to the side NAME\n"
     "  isolate NAME          the side has a heap of its own\n"
     "\n"
     "Fields of allow and forbid, all of which have to hold; the first rule that fits a release decides:\n"
     "\n"
     "  from=GLOB  to=GLOB    the side that made the block, the side that releases it\n"
     "  contract=GLOB         malloc, new, new[], rust, ...: the same for block and release\n"
     "  call=GLOB             what was called to release it: free, realloc, _ZdlPv, ...\n"
     "  from-lang=, to-lang=, from-module=, to-module=, from-contract=, to-contract=\n"
     "                        language, file and contract of the one and of the other\n"
     "  from-function=GLOB    a function on the stack of the allocation, by its symbol\n"
     "  to-function=GLOB      a function on the stack of the release\n"
     "\n"
     "In a GLOB * is any text, ? any character; a value with blanks stands in quotes. As in\n"
     "\n"
     "  allow from=libnames.so* contract=malloc to-function=adopt_name\n"
     "  forbid to=libcrypto.so*\n"
     "\n"
     "Rules that nothing matched are named after a run. custody-policy(5) says it all.\n"
     "\n"
     "Exit status: 0; 1 when a file has errors; 125 when one cannot be read.\n"},
    {"prepare",
     "Usage: custody prepare [OPTION...] FILE...\n"
     "\n"
     "Works out which code of programs and shared objects was written in which language, and where Rust's\n"
     "allocator is in it, from symbols and debug information, and keeps that in a cache, where audited programs\n"
     "find it. A directory stands for the programs and shared objects in it.\n"
     "\n"
     "  --cache DIR           keep it in DIR, not in $XDG_CACHE_HOME/custody/facts or ~/.cache/custody/facts\n"
     "  --timeout N           give a file up that takes longer than N seconds (default 120)\n"
     "  --force               work it out anew where the cache has it already\n"
     "  --show                print what is known, as a table; FILE may be a file of the cache, too\n"
     "  --clean               empty the cache first; FILE may be left out\n"
     "  --quiet               print nothing unless something fails\n"
     "\n"
     "Exit status: 0; 125 when anything could not be prepared.\n"},
    {"explain",
     "Usage: custody explain [KIND]\n"
     "\n"
     "Says what a kind of finding means, how its report looks, how to mend it and what is left unreported on\n"
     "purpose. Without KIND, lists all kinds.\n"},
    {"help", "Usage: custody help [TOPIC]\n"
             "\n"
             "Topics: commands, settings, findings, log, suppressions, and the names of the commands.\n"},
};

const char *cst_usage_text(const char *command)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i].command, command) == 0) {
            return texts[i].text;
        }
    }
    return NULL;
}

const char *cst_usage_overview(void)
{
    return overview;
}

int cst_usage_print(const char *command)
{
    const char *text = command ? cst_usage_text(command) : NULL;
    fputs(text ? text : overview, stdout);
    return CST_EXIT_OK;
}
