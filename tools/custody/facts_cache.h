/* The cache of facts files: one directory of the user's, a file for each module, made when it is asked for and not
 * there. Two processes may use it at once. Nothing here keeps state, but libelf has some of its own: one thread at a
 * time. A file that is damaged on purpose may cost time, memory or the process: see facts_worker.h. */
#ifndef CST_TOOL_FACTS_CACHE_H
#define CST_TOOL_FACTS_CACHE_H

#include "facts_identity.h"

#include <stddef.h>

/** Facts that are wanted. */
struct cst_facts_order {
    const char *path; /**< of the module's file */
    const char *key; /**< the name that the facts must have, since the file may no longer be the module that was loaded;
                              NULL: any */
    const char *directory; /**< of the cache; NULL: the default one */
    bool force;            /**< made anew in any case */
};

/** What came of making a file. */
struct cst_facts_made {
    bool done;                   /**< it is there now */
    bool kept;                   /**< it was there already */
    bool no_module;              /**< the file at the path is nothing of which there could be facts */
    bool untried;                /**< nobody could look at the file now (facts_worker.h) */
    char key[CST_FACTS_KEY_MAX]; /**< its name, without the suffix */
    size_t rows, rust_allocator_ranges;
    char trouble[200]; /**< why there is none */
};

/** The directory of the cache in `out_path`: $XDG_CACHE_HOME/custody/facts or $HOME/.cache/custody/facts. False when
 * neither variable is an absolute path, or that is too long. */
bool cst_facts_cache_directory(char *out_path, size_t size);

/** Opens `directory` (NULL: the default one), making it, with mode 0700, and those above it when they are not there. It
 * must be the user's own, and nobody else may write to it. Returns a descriptor, or -1 with the reason in `out_trouble`. */
int cst_facts_cache_open(const char *directory, char *out_trouble, size_t size);

/** Makes the facts file of a module, or finds it in the cache and notes that it was used. Returns `out_made->done`;
 * when that is false, `trouble` says why, and the caller decides whether anybody is told. */
bool cst_facts_cache_make(const struct cst_facts_order *order, struct cst_facts_made *out_made);

#endif
