/* The command that is to be audited: found as execvp finds it, and refused when a preload could not reach it, because a
 * silent no-op is worse than no audit. Reads files, runs nothing. */
#ifndef CST_TOOL_TARGET_H
#define CST_TOOL_TARGET_H

#include "arena.h"

/** Finds the program that `command` names: the path itself when it has a slash, else along PATH. The path is in the arena.
 * NULL, after a message, when there is none; `*out_status` is then CST_EXIT_NOT_FOUND or CST_EXIT_CANNOT_EXECUTE. */
const char *cst_target_find(struct cst_arena *arena, const char *command, int *out_status);

/** Looks whether the program at `path`, or for a script its interpreter, can be audited. 0 when it can; otherwise the exit
 * status, after a message that says why not. */
int cst_target_check(const char *path);

#endif
