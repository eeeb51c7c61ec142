/* Plugins loaded and unloaded by several threads at once, while others allocate, release and look at their stacks, and while
 * plugins allocate in their constructors and destructors. Nothing of it is a mistake; what is lost at the end is the right
 * plugin's.
 *
 * @plugins peg pin rise
 * @builds cc=gcc opt=2
 * @flags -ldl -pthread
 * @run good
 * @forbid cross-side-free
 * @run lost
 * @expect leak error exact owner=$peg/c/malloc blocks=40 bytes=7640 class=definite alloc=$peg symbol=peg_inner
 */
#include "keep.h"
#include "plug.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define LOADERS 4
#define ROUNDS 60

static char paths[3][PATH_MAX + 64];
static atomic_bool stop;

static void *load_and_unload(void *number)
{
    size_t mine = (size_t)number;
    for (size_t round = 0; round < ROUNDS; round++) {
        void *plugin = load_plugin(paths[(mine + round) % 3], RTLD_NOW | (round % 2 ? RTLD_GLOBAL : RTLD_LOCAL));
        for (size_t size = 1; size < 10; size++)
            release_in(plugin, keep(make_in(plugin, size)));
        void *again = load_plugin(paths[(mine + round) % 3], RTLD_LAZY);
        dlclose(plugin);
        release_in(again, keep(make_in(again, 20)));
        dlclose(again);
    }
    return NULL;
}

static void *allocate(void *unused)
{
    (void)unused;
    while (!stop) {
        void *blocks[50];
        for (size_t i = 0; i < 50; i++)
            blocks[i] = keep(malloc(16 * i + 1));
        for (size_t i = 0; i < 50; i++)
            free(blocks[i]);
    }
    return NULL;
}

static void race(void)
{
    pthread_t loaders[LOADERS], allocators[2];
    for (size_t i = 0; i < 2; i++)
        pthread_create(&allocators[i], NULL, allocate, NULL);
    for (size_t i = 0; i < LOADERS; i++)
        pthread_create(&loaders[i], NULL, load_and_unload, (void *)i);
    for (size_t i = 0; i < LOADERS; i++)
        pthread_join(loaders[i], NULL);
    stop = true;
    for (size_t i = 0; i < 2; i++)
        pthread_join(allocators[i], NULL);
}

static void lose(void)
{
    for (int i = 0; i < 40; i++) {
        void *plugin = load_plugin(paths[0], RTLD_NOW);
        keep(make_in(plugin, 191));
        dlclose(plugin);
        void *other = load_plugin(paths[1], RTLD_NOW);
        release_in(other, keep(make_in(other, 191)));
        dlclose(other);
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"libpeg.so", "libpin.so", "librise.so"};
    for (int i = 0; i < 3; i++)
        strcpy(paths[i], beside_program(names[i]));
    race();
    if (argc > 1 && !strcmp(argv[1], "lost"))
        lose();
    puts("done");
    return 0;
}
