/* A C program that loads Go as a library: `host LIBRARY DEED...`. The end is libc's, while Go's threads live. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *library = dlopen(argv[1], RTLD_NOW);
    void (*perform)(char *) = library ? (void (*)(char *))dlsym(library, "perform") : NULL;
    if (!perform) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    for (int i = 2; i < argc; i++)
        perform(argv[i]);
    return 0;
}
