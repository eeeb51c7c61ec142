/* A program without Custody: loads plugins, calls them, closes them, and all of that once more. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < 2 * argc - 1; i++) {
        void *plugin = dlopen(argv[(i - 1) % (argc - 1) + 1], RTLD_NOW);
        if (!plugin) {
            puts(dlerror());
            return 1;
        }
        static void *block;
        uint16_t host;
        void *(*visit)(const void *, const void *, uint16_t *) = NULL;
        *(void **)&visit = dlsym(plugin, "visit");
        block = visit(block ? block : "", NULL, &host);
        printf("host is %u\n", (unsigned)host);
        dlclose(plugin);
    }
    return 0;
}
