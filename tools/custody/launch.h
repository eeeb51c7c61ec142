/* Runs a command and waits for it as `env` and `timeout` do: its own signal dispositions, its own terminal signals, its
 * exit status. Knows nothing of Custody. */
#ifndef CST_TOOL_LAUNCH_H
#define CST_TOOL_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

/** How a command ended. */
struct cst_launch_end {
    bool started; /**< false: it could not be executed, for the reason in `error` */
    int error;    /**< errno of execve when not started */
    int signal;   /**< that killed it; 0 when it exited */
    int status;   /**< exit status when it exited */
};

/** Executes `path` with `argv` and the current environment, and waits for it. SIGINT and SIGQUIT, which a terminal sends
 * to both, are ignored here meanwhile; SIGTERM and SIGHUP are passed on to it. `helper` is a
 * child on which the command relies, which is not left stopped meanwhile; 0: none. False, after a message, when no process
 * can be made. */
bool cst_launch(const char *path, char **argv, pid_t helper, struct cst_launch_end *out_end);

#endif
