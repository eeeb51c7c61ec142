/* Modules that are loaded by dlopen: their static data and their thread-local memory hold blocks as those of other modules
 * do; with dlclose all that is gone, and what the module made is still told as its own.
 *
 * @plugins burrow
 * @flags -ldl -pthread
 * @run held-in-plugin
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=701 alloc=$prog held_by=$burrow/c
 * @run lost-in-plugin
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=701 alloc=$prog
 * @run held-thread-local
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=702 alloc=$prog
 * @run lost-thread-local
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=702 alloc=$prog
 * @run held-thread-local-of-thread
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=703 alloc=$prog
 * @run lost-thread-local-of-thread
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=703 alloc=$prog
 * @run lost-by-plugin
 * @expect leak error exact owner=$burrow/c/malloc class=definite blocks=1 bytes=704 alloc=$burrow
 * @run lost-by-closed-plugin
 * @expect leak error exact owner=$burrow/c/malloc class=definite blocks=3 bytes=2115 alloc=$burrow symbol=burrow_make
 * @run held-by-closed-plugin
 * @expect leak note exact owner=$burrow/c/malloc class=reachable blocks=3 bytes=2115 alloc=$burrow symbol=burrow_make
 * @run freed-by-closed-plugin
 * @forbid leak bytes=2115
 * @run lost-with-plugin
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=706 alloc=$prog
 * @run lost-when-loaded-again
 * @expect leak error exact owner=$burrow/c/malloc class=definite blocks=1 bytes=707 alloc=$burrow symbol=burrow_make
 * @expect leak error exact owner=$burrow/c/malloc class=definite blocks=1 bytes=708 alloc=$burrow symbol=burrow_make
 */
#include "keep.h"
#include "leaks.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

typedef void *make_function(size_t size);
typedef void keep_function(void *block);

static void *volatile roots[3];
static void *burrow;
static enum fate fate_now;
static sem_t ready, never;

static void load(void)
{
    char path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    path[length > 0 ? length : 0] = '\0';
    strcpy(strrchr(path, '/') + 1, "libburrow.so");
    burrow = dlopen(path, RTLD_NOW);
    if (!burrow)
        abort();
}

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

__attribute__((noinline)) static void *plugin_block_of(size_t size)
{
    make_function *make = NULL;
    *(void **)&make = dlsym(burrow, "burrow_make");
    return make(size);
}

__attribute__((noinline)) static void call_with(const char *function, void *block)
{
    keep_function *keeper = NULL;
    *(void **)&keeper = dlsym(burrow, function);
    keeper(block);
}

static void in_plugin(enum fate fate)
{
    load();
    call_with("burrow_keep", block_of(701));
    if (fate == LOST)
        call_with("burrow_keep", NULL);
}

static void thread_local_(enum fate fate)
{
    load();
    call_with("burrow_keep_local", block_of(702));
    if (fate == LOST)
        call_with("burrow_keep_local", NULL);
}

static void *keep_in_thread(void *unused)
{
    call_with("burrow_keep_local", block_of(703));
    if (fate_now == LOST)
        call_with("burrow_keep_local", NULL);
    forget();
    sem_post(&ready);
    for (;;)
        sem_wait(&never);
    return unused;
}

static void thread_local_of_thread(enum fate fate)
{
    pthread_t thread;
    fate_now = fate;
    load();
    sem_init(&ready, 0, 0);
    sem_init(&never, 0, 0);
    if (pthread_create(&thread, NULL, keep_in_thread, NULL) != 0)
        abort();
    sem_wait(&ready);
}

static void by_plugin(enum fate fate)
{
    load();
    void *block = plugin_block_of(704);
    roots[0] = fate == HELD ? block : NULL;
}

static void by_closed_plugin(enum fate fate)
{
    load();
    for (volatile int i = 0; i < 3; i++)
        roots[i] = plugin_block_of(705);
    for (int i = 0; i < 3 && fate != HELD; i++) {
        if (fate == FREED)
            call_with("burrow_free", roots[i]);
        roots[i] = NULL;
    }
    dlclose(burrow);
}

/* The only pointer goes with the module's data. */
static void with_plugin(enum fate fate)
{
    (void)fate;
    load();
    call_with("burrow_keep", block_of(706));
    dlclose(burrow);
}

/* Two lives of one module, perhaps at one address. */
static void when_loaded_again(enum fate fate)
{
    (void)fate;
    load();
    plugin_block_of(707);
    dlclose(burrow);
    load();
    plugin_block_of(708);
    dlclose(burrow);
}

static const struct leak_case cases[] = {
    {"in-plugin", in_plugin},
    {"thread-local", thread_local_},
    {"thread-local-of-thread", thread_local_of_thread},
    {"by-plugin", by_plugin},
    {"by-closed-plugin", by_closed_plugin},
    {"with-plugin", with_plugin},
    {"when-loaded-again", when_loaded_again},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
