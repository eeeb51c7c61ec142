/* The environment of an audited command; see preload.h. */
#include "preload.h"

#include "say.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libcustody_preload.so"

const char *cst_preload_absolute(struct cst_arena *arena, const char *path)
{
    if (path[0] == '/') {
        return path;
    }
    char *directory = getcwd(NULL, 0);
    if (!directory) {
        cst_say("run: the current directory is unknown (%s): give absolute paths", strerror(errno));
        return NULL;
    }
    const char *absolute = cst_arena_format(arena, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, path);
    free(directory);
    return absolute;
}

/* The directory this executable is in; NULL when the kernel does not tell. */
static char *own_directory(struct cst_arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        return NULL;
    }
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    return cst_arena_copy(arena, path);
}

const char *cst_preload_find(struct cst_arena *arena)
{
    static const char *const places[] = {"", "/../lib/custody", "/../lib"};
    const char *given = getenv("CUSTODY_PRELOAD");
    if (given && *given) {
        if (access(given, R_OK) == 0) {
            return cst_preload_absolute(arena, given);
        }
        cst_say("run: CUSTODY_PRELOAD names %s: %s", given, strerror(errno));
        return NULL;
    }
    const char *directory = own_directory(arena);
    for (size_t i = 0; directory && i < sizeof places / sizeof *places; i++) {
        const char *candidate = cst_arena_format(arena, "%s%s/" LIBRARY, directory, places[i]);
        char resolved[PATH_MAX];
        if (access(candidate, R_OK) == 0 && realpath(candidate, resolved)) {
            return cst_arena_copy(arena, resolved);
        }
    }
    cst_say("run: cannot find " LIBRARY " beside the executable or in ../lib; CUSTODY_PRELOAD may name it");
    return NULL;
}

/* Options are joined by ':', preloads by ':' or blanks; neither has a way to quote them. */
static bool is_clean(const char *path, const char *forbidden, const char *what)
{
    if (path && strpbrk(path, forbidden)) {
        cst_say("run: the path of %s has a '%c' in it, which cannot be passed on: %s", what, *strpbrk(path, forbidden),
                path);
        return false;
    }
    return true;
}

/* Whether settings that a person gave name a log of their own. */
static bool names_log(const char *options)
{
    return strncmp(options, "log=", 4) == 0 || strstr(options, ":log=");
}

static const char *join_options(struct cst_arena *arena, const struct cst_preload_settings *settings)
{
    const struct {
        const char *name, *value;
    } pairs[] = {
        {"log", settings->log},         {"strict", settings->strict ? "1" : NULL},
        {"stacks", settings->stacks},   {"leaks", settings->leaks},
        {"policy", settings->policy},   {"facts", settings->facts},
        {"prepare", settings->prepare},
    };
    const char *options = getenv("CUSTODY_OPTIONS");
    options = options ? options : "";
    if (names_log(options)) {
        cst_say("run: CUSTODY_OPTIONS: log is set aside: `custody run` reads the log that --log names");
    }
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i].value) {
            options = cst_arena_format(arena, "%s%s%s=%s", options, *options ? ":" : "", pairs[i].name, pairs[i].value);
        }
    }
    return options;
}

bool cst_preload_set(struct cst_arena *arena, const char *library, const struct cst_preload_settings *settings)
{
    if (!is_clean(library, ": ", LIBRARY) || !is_clean(settings->log, ":", "the log") ||
        !is_clean(settings->policy, ":", "the policy")) {
        return false;
    }
    const char *before = getenv("LD_PRELOAD");
    if (before && *before) {
        library = cst_arena_format(arena, "%s:%s", library, before);
    }
    if (setenv("LD_PRELOAD", library, 1) != 0 || setenv("CUSTODY_OPTIONS", join_options(arena, settings), 1) != 0) {
        cst_say("run: cannot set the environment: %s", strerror(errno));
        return false;
    }
    return true;
}
