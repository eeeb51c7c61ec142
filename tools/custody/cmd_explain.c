/* `custody explain`: what a kind of finding means, and how to mend it. */
#include "command.h"
#include "explanation.h"
#include "option.h"
#include "say.h"
#include "usage.h"

static int list_kinds(void)
{
    for (int kind = 0; kind < CUSTODY_FINDING_COUNT; kind++) {
        printf("%-22s %s\n", custody_finding_name((enum custody_finding_kind)kind),
               custody_finding_summary((enum custody_finding_kind)kind));
    }
    puts("\n`custody explain KIND` says more.");
    return CST_EXIT_OK;
}

static int explain(const char *word)
{
    enum custody_finding_kind kind = cst_explanation_kind(word);
    if (kind == CUSTODY_FINDING_COUNT) {
        cst_say("explain: no kind of finding is called '%s'; did you mean %s?", word,
                custody_finding_name(cst_explanation_nearest(word)));
        return CST_EXIT_OWN_ERROR;
    }
    printf("%s (%s): %s\n\n%s", custody_finding_name(kind), custody_severity_name(custody_finding_severity(kind)),
           custody_finding_summary(kind), cst_explanations[kind]);
    return CST_EXIT_OK;
}

int cst_command_explain(int argc, char **argv)
{
    bool help = false;
    const struct cst_option options[] = {{.name = "help", .flag = &help}, {.name = NULL}};
    int operands = 0;
    if (!cst_option_parse("explain", options, false, argc, argv, &operands)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (help) {
        return cst_usage_print("explain");
    }
    if (operands > 1) {
        cst_say("explain: one kind at a time; see `custody help explain`");
        return CST_EXIT_OWN_ERROR;
    }
    return operands == 0 ? list_kinds() : explain(argv[0]);
}
