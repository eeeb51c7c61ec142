/* Threads with the smallest stack there may be: one that loads a library, whose constructors allocate, and one that ends the
 * process, with blocks to tell of. Both have room enough by themselves.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run library
 * @compare
 * @run end
 * @exit 7
 * @compare
 */
#include "keep.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 16384 /* PTHREAD_STACK_MIN, where that is a constant */

static void *load(void *name)
{
    void *library = dlopen(name, RTLD_NOW);
    void *function = library ? dlsym(library, "xmlInitParser") : NULL;
    if (library)
        dlclose(library);
    return function;
}

static void *end(void *status)
{
    free(keep(malloc(71)));
    exit(*(int *)status);
}

static void *run(void *body(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    void *result = NULL;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, SMALLEST) != 0 ||
        pthread_create(&thread, &attributes, body, argument) != 0)
        abort();
    pthread_join(thread, &result);
    pthread_attr_destroy(&attributes);
    return result;
}

int main(int argc, char **argv)
{
    static int seven = 7;
    static char library[] = "libxml2.so.2";
    static void *kept;
    kept = keep(malloc(73));
    if (argc > 1 && strcmp(argv[1], "end") == 0)
        run(end, &seven);
    puts(run(load, library) ? "loaded" : "not loaded");
    free(kept);
    return 0;
}
