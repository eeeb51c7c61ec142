/* What the plugins peg and pin export, and how programs of the tests load plugins. */
#ifndef SCENARIO_PLUG_H
#define SCENARIO_PLUG_H

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** A block from malloc, made two functions deep, and its end; neither is a tail call. */
void *plug_make(size_t size);
void plug_free(void *block);

/** Path of a file beside the program, in a buffer that the next call uses again. */
static inline const char *beside_program(const char *name)
{
    static char path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    path[length > 0 ? length : 0] = '\0';
    strcpy(strrchr(path, '/') + 1, name);
    return path;
}

/** dlopen, saying what went wrong. */
static inline void *load_plugin(const char *path, int mode)
{
    void *plugin = dlopen(path, mode);
    if (!plugin)
        printf("%s\n", dlerror());
    return plugin;
}

/** plug_make and plug_free of a plugin. */
static inline void *make_in(void *plugin, size_t size)
{
    void *(*make)(size_t) = NULL;
    *(void **)&make = dlsym(plugin, "plug_make");
    return make(size);
}

static inline void release_in(void *plugin, void *block)
{
    void (*release)(void *) = NULL;
    *(void **)&release = dlsym(plugin, "plug_free");
    release(block);
}

#endif
