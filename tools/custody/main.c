/* The command-line tool: chooses the command. See custody(1). */
#include "command.h"
#include "say.h"
#include "usage.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", cst_command_run},       {"report", cst_command_report},   {"check", cst_command_check},
    {"policy", cst_command_policy}, {"prepare", cst_command_prepare}, {"explain", cst_command_explain},
    {"help", cst_command_help},
};

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        fputs(cst_usage_overview(), stderr);
        return CST_EXIT_OWN_ERROR;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("custody " CUSTODY_VERSION);
        return CST_EXIT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return cst_usage_print(NULL);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 2, argv + 2);
        }
    }
    cst_say("no command '%s'; see `custody help`", argv[1]);
    return CST_EXIT_OWN_ERROR;
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    if (fflush(stdout) != 0) {
        cst_say("cannot write: %s", strerror(errno));
        return CST_EXIT_OWN_ERROR;
    }
    return status;
}
