/* The directory of facts of a run; see facts_directory.h. */
#include "facts_directory.h"

#include "facts_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTING "facts="

/* The directory that CUSTODY_OPTIONS names, in the arena; the last one counts, as for the runtime. NULL when there is
 * none of use. */
static const char *named_directory(struct cst_arena *arena)
{
    const char *options = getenv("CUSTODY_OPTIONS"), *found = NULL;
    for (const char *at = options ? options : ""; *at; at += strcspn(at, ":"), at += *at == ':') {
        if (strncmp(at, SETTING, strlen(SETTING)) == 0) {
            found = at + strlen(SETTING);
        }
    }
    return found && found[0] == '/' ? cst_arena_format(arena, "%.*s", (int)strcspn(found, ":"), found) : NULL;
}

/* Makes the directory when it is not there. */
static bool is_writable(const char *path)
{
    char trouble[PATH_MAX];
    int fd = cst_facts_cache_open(path, trouble, sizeof trouble);
    bool writable = fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return writable;
}

/* In the arena; NULL when it cannot be made. */
static const char *make_temporary(struct cst_arena *arena)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || parent[0] != '/' || strchr(parent, ':')) {
        parent = "/tmp";
    }
    return mkdtemp(cst_arena_format(arena, "%s/custody-facts-XXXXXX", parent));
}

bool cst_facts_directory_find(struct cst_arena *arena, bool may_make, struct cst_facts_directory *out_directory)
{
    char usual[PATH_MAX];
    const char *path = named_directory(arena);
    bool named = path != NULL;
    if (!named && cst_facts_cache_directory(usual, sizeof usual) && !strchr(usual, ':')) {
        path = cst_arena_copy(arena, usual);
    }
    *out_directory = (struct cst_facts_directory){.path = path, .writable = may_make && path && is_writable(path)};
    if (may_make && !named && !out_directory->writable) {
        path = make_temporary(arena);
        *out_directory =
            (struct cst_facts_directory){.path = path, .temporary = path != NULL, .writable = path != NULL};
    }
    return path != NULL;
}

void cst_facts_directory_leave(const struct cst_facts_directory *directory)
{
    DIR *stream = directory->temporary ? opendir(directory->path) : NULL;
    if (!stream) {
        return;
    }
    for (struct dirent *item = readdir(stream); item; item = readdir(stream)) {
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            (void)unlinkat(dirfd(stream), item->d_name, 0);
        }
    }
    closedir(stream);
    (void)rmdir(directory->path);
}
