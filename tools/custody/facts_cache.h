/* The cache of facts files: one directory of the user's, a file for each module, made when it is asked for and not there.
 * Two processes may use it at once. Nothing here keeps state, but libelf has some of its own: one thread at a time. A file
 * that is damaged on purpose may cost time and memory: the server of `custody run` asks in a child process. */
#ifndef CST_TOOL_FACTS_CACHE_H
#define CST_TOOL_FACTS_CACHE_H

#include "facts_identity.h"

#include <stddef.h>

/** What the cache may hold, in bytes, before the files go that were not used for the longest time. */
#define CST_FACTS_CACHE_BYTES ((uint64_t)512 << 20)

/** What came of making a file. */
struct cst_facts_made {
    bool kept;                   /**< it was there already */
    char key[CST_FACTS_KEY_MAX]; /**< its name, without the suffix */
    size_t rows, rust_allocator_ranges, described_ranges;
    char trouble[200]; /**< why there is none */
};

/** The directory of the cache in `out_path`: $XDG_CACHE_HOME/custody/facts or $HOME/.cache/custody/facts. False when
 * neither variable is an absolute path, or that is too long. */
bool cst_facts_cache_directory(char *out_path, size_t size);

/** Opens `directory` (NULL: the default one), making it, with mode 0700, and those above it when they are not there. It must
 * be the user's own, and written by nobody else. Returns a descriptor, or -1 with the reason in `out_trouble`. */
int cst_facts_cache_open(const char *directory, char *out_trouble, size_t size);

/** Makes the facts file of the module at `path` in `directory` (NULL: the default one), or finds it there and notes that it
 * was used; with `force` it is made in any case. `key`, when not NULL, is the name that it must have: the file at `path` may
 * no longer be the module that was loaded. True when the file is there now. Otherwise `out_made->trouble` says why; the
 * caller decides whether anybody is told. */
bool cst_facts_cache_make(const char *path, const char *key, const char *directory, bool force,
                          struct cst_facts_made *out_made);

/** Removes facts files, those first that were not used for the longest time, until the others have no more than `limit`
 * bytes, and what writers left unfinished. Returns how many files went. `out_bytes`, unless NULL, gets their bytes. */
size_t cst_facts_cache_trim(int directory, uint64_t limit, uint64_t *out_bytes);

#endif
