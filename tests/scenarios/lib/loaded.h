/* Functions of a library that is loaded with dlopen from the program's directory, for C and C++. */
#ifndef SCENARIO_LOADED_H
#define SCENARIO_LOADED_H

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Loads the file `name` that lies beside the program. */
static inline void *load(const char *name)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
    path[length < 0 ? 0 : length] = '\0';
    strcpy(strrchr(path, '/') + 1, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(3);
    }
    return library;
}

/* The function `name` of a loaded library that takes a pointer. */
static inline void (*taker(void *library, const char *name))(void *)
{
    void (*function)(void *) = NULL;
    void *address = dlsym(library, name);
    memcpy(&function, &address, sizeof function);
    return function;
}

/* The function `name` of a loaded library that returns a pointer. */
static inline void *(*maker(void *library, const char *name))(void)
{
    void *(*function)(void) = NULL;
    void *address = dlsym(library, name);
    memcpy(&function, &address, sizeof function);
    return function;
}

#endif
