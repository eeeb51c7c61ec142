/* The commands of the tool, one entry each, and the exit statuses they share (custody(1)). Each gets its own arguments,
 * without the program's and the command's name, and returns the exit status of the process. */
#ifndef CST_TOOL_COMMAND_H
#define CST_TOOL_COMMAND_H

enum cst_exit {
    CST_EXIT_OK = 0,
    CST_EXIT_NEW_FINDINGS = 1, /**< check: something new; policy: a file with errors */
    CST_EXIT_FINDINGS = 99,    /**< run: findings, unless --exit-code says otherwise */
    CST_EXIT_OWN_ERROR = 125,  /**< usage, unreadable log, program that cannot be audited */
    CST_EXIT_CANNOT_EXECUTE = 126,
    CST_EXIT_NOT_FOUND = 127,
    CST_EXIT_SIGNAL_BASE = 128, /**< plus the number of the signal that killed the command */
};

int cst_command_run(int argc, char **argv);
int cst_command_report(int argc, char **argv);
int cst_command_check(int argc, char **argv);
int cst_command_policy(int argc, char **argv);
int cst_command_prepare(int argc, char **argv);
int cst_command_explain(int argc, char **argv);
int cst_command_help(int argc, char **argv);

#endif
