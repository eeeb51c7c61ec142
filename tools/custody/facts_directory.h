/* Where the facts of one run are kept: the directory that the user's settings name, else the cache, else, when that
 * cannot be written, a private directory that goes with the run. */
#ifndef CST_TOOL_FACTS_DIRECTORY_H
#define CST_TOOL_FACTS_DIRECTORY_H

#include "arena.h"

#include <stdbool.h>

struct cst_facts_directory {
    const char *path; /**< absolute, without ':'; in the arena */
    bool temporary;   /**< made for this run */
    bool writable;    /**< facts can be made there */
};

/** Finds or makes the directory. With `may_make` false nothing is made: the cache counts as it is. False, silently,
 * when there is none: the command is then run without facts. */
bool cst_facts_directory_find(struct cst_arena *arena, bool may_make, struct cst_facts_directory *out_directory);

/** Removes a temporary directory with what is in it. */
void cst_facts_directory_leave(const struct cst_facts_directory *directory);

#endif
