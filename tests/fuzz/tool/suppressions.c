/* Any bytes as a file of suppressions, as a budget, as options of a command line, and as a policy: each is read to its end,
 * and what holds can be held against findings. */
#include "../fuzz.h"

#include "budget.h"
#include "command.h"
#include "option.h"
#include "policy_source.h"
#include "reader.h"
#include "suppression_file.h"

#include <fcntl.h>

#define ARGUMENTS_MAX 16

static struct cst_log findings;
static struct cst_groups groups;
static struct cst_symbols *symbols;

/* Findings that something can be held against; what is said of the input goes to nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    unsetenv("DEBUGINFOD_URLS");
    require(cst_reader_add(&findings, "tests/tool/logs/leaks.jsonl", false));
    require(cst_reader_add(&findings, "tests/tool/logs/each_kind.jsonl", false));
    groups = cst_groups_make(&findings);
    symbols = cst_symbols_new();
    return 0;
}

static int turn_away(void)
{
    int before = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return before;
}

static void turn_back(int before)
{
    dup2(before, STDERR_FILENO);
    close(before);
}

static void suppress(const char *path)
{
    struct cst_suppressions suppressions = {.count = 0};
    (void)cst_suppression_file_read(&suppressions, "fuzz", path);
    cst_suppressions_apply(&suppressions, &groups, symbols);
    for (size_t i = 0; i < groups.count; i++)
        groups.items[i].suppressed_by = NULL;
    cst_suppressions_free(&suppressions);
}

static void budget(const char *text)
{
    struct cst_budgets budgets = {.count = 0};
    if (cst_budgets_add(&budgets, text)) {
        for (size_t i = 0; i < groups.count; i++)
            if (cst_group_is_leak(&groups.items[i]))
                use(cst_budgets_take(&budgets, symbols, &groups.items[i]));
        use(cst_budget_is_exceeded(&budgets.items[0]));
    }
    cst_budgets_free(&budgets);
}

static void parse_options(const uint8_t *bytes, size_t size)
{
    char *argv[ARGUMENTS_MAX + 1] = {NULL}, *kept[ARGUMENTS_MAX];
    int argc = 0, operands = 0;
    bool flag = false;
    const char *value = NULL;
    struct cst_option_list list = {.count = 0};
    const struct cst_option options[] = {{.name = "flag", .flag = &flag},
                                         {.name = "value", .value = &value},
                                         {.name = "list", .list = &list},
                                         {.name = NULL}};
    for (const uint8_t *at = bytes, *end = bytes + size; at < end && argc < ARGUMENTS_MAX; argc++)
        argv[argc] = kept[argc] = take_text(&at, end);
    if (cst_option_parse("fuzz", options, false, argc, argv, &operands)) {
        require(operands >= 0 && operands <= argc && argv[operands] == NULL);
        use((value ? strlen(value) : 0) + list.count);
    }
    cst_option_list_free(&list);
    while (argc > 0)
        free(kept[--argc]);
}

static void read_policy(const char *path)
{
    struct cst_policy_source source = {.path = NULL};
    (void)cst_policy_source_read(&source, "fuzz", path);
    cst_policy_source_free(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct file file = file_open(bytes, size);
    char *text = text_of(bytes, size);
    int before = turn_away();
    suppress(file.path);
    budget(text);
    parse_options(bytes, size);
    read_policy(file.path);
    turn_back(before);
    free(text);
    file_close(&file);
    return 0;
}
