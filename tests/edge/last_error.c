/* What dlerror has to say stays until the program asks for it, whatever functions it calls first.
 *
 * @builds cc=gcc opt=2
 * @run strdup
 * @compare
 * @run reallocarray
 * @compare
 * @run fopen
 * @compare
 * @run asprintf
 * @compare
 */
#include "keep.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void call(const char *name)
{
    if (strcmp(name, "strdup") == 0) {
        free(keep(strdup(name)));
    } else if (strcmp(name, "reallocarray") == 0) {
        free(keep(reallocarray(NULL, 3, 4)));
    } else if (strcmp(name, "fopen") == 0) {
        FILE *file = fopen("/dev/null", "r");
        fclose(file);
    } else {
        char *text;
        if (asprintf(&text, "%s", name) >= 0)
            free(text);
    }
}

int main(int argc, char *argv[])
{
    void *library = dlopen("/nowhere/library.so", RTLD_NOW);
    call(argc > 1 ? argv[1] : "");
    puts(dlerror());
    return library != NULL;
}
