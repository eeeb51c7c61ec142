/* Help texts of the commands. */
#ifndef CST_TOOL_USAGE_H
#define CST_TOOL_USAGE_H

/** Prints the help of a command ("run", ...) on standard output and returns CST_EXIT_OK. NULL prints the overview. */
int cst_usage_print(const char *command);

/** The help of a command, or NULL when there is no such command. Static. */
const char *cst_usage_text(const char *command);

/** The overview of all commands. Static. */
const char *cst_usage_overview(void);

#endif
