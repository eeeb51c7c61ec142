/* `custody policy`: reads policy files as a run would, and says what is wrong with them, or what their rules mean. */
#include "command.h"
#include "option.h"
#include "policy_source.h"
#include "policy_words.h"
#include "say.h"
#include "usage.h"

static void print_rules(const struct cst_policy_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        cst_print_text(stdout, source->path);
        printf(":%u: ", source->rules[i].line);
        cst_policy_words_print(stdout, &source->rules[i]);
        fputc('\n', stdout);
    }
}

static int look_at(const char *path, bool quiet)
{
    struct cst_policy_source source = {0};
    int status = CST_EXIT_OWN_ERROR;
    if (cst_policy_source_read(&source, "policy", path)) {
        status = source.errors > 0 ? CST_EXIT_NEW_FINDINGS : CST_EXIT_OK;
        if (source.errors == 0 && !quiet) {
            print_rules(&source);
        }
    }
    cst_policy_source_free(&source);
    return status;
}

int cst_command_policy(int argc, char **argv)
{
    bool help = false, quiet = false;
    const struct cst_option options[] = {
        {.name = "quiet", .flag = &quiet}, {.name = "help", .flag = &help}, {.name = NULL}};
    int operands = 0, worst = CST_EXIT_OK;
    if (!cst_option_parse("policy", options, false, argc, argv, &operands)) {
        return CST_EXIT_OWN_ERROR;
    }
    if (help) {
        return cst_usage_print("policy");
    }
    if (operands == 0) {
        cst_say("policy: no file given; see `custody help policy`");
        return CST_EXIT_OWN_ERROR;
    }
    for (int i = 0; i < operands; i++) {
        int status = look_at(argv[i], quiet);
        worst = status > worst ? status : worst;
    }
    return worst;
}
