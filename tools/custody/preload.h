/* The environment of an audited command: where the preload library is, and what CUSTODY_OPTIONS and LD_PRELOAD say. */
#ifndef CST_TOOL_PRELOAD_H
#define CST_TOOL_PRELOAD_H

#include "arena.h"

#include <stdbool.h>

/** Settings for the command, on top of what the user's CUSTODY_OPTIONS says. NULL leaves a setting alone. */
struct cst_preload_settings {
    const char *log;    /**< absolute path */
    const char *stacks; /**< frames */
    const char *leaks;
    const char *policy;  /**< absolute path */
    const char *facts;   /**< absolute path of a directory */
    const char *prepare; /**< abstract socket */
    bool strict;
};

/** Finds the preload library: $CUSTODY_PRELOAD, else beside the executable, else in ../lib/custody or ../lib of its
 * directory. In the arena. NULL, after a message, when there is none. */
const char *cst_preload_find(struct cst_arena *arena);

/** Sets LD_PRELOAD (ours first, then what was there) and CUSTODY_OPTIONS (the user's, then ours) in this process's
 * environment. False, after a message, when a path holds what the variables cannot. */
bool cst_preload_set(struct cst_arena *arena, const char *library, const struct cst_preload_settings *settings);

/** `path` made absolute by the current directory, in the arena; NULL, after a message, when that is unknown. */
const char *cst_preload_absolute(struct cst_arena *arena, const char *path);

#endif
