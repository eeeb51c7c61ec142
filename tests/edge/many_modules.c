/* Two hundred libraries at one time, loaded, used and unloaded, and all of that again; of every fourth symbols are bound to
 * itself first (RTLD_DEEPBIND), and some are in a link namespace of their own. Meanwhile other threads allocate, unload
 * and look for leaks. Correct; and what the last of them loses is its own.
 *
 * @plugins peg pin
 * @builds cc=gcc opt=2
 * @flags -ldl -pthread
 * @run many
 * @forbid cross-side-free
 * @run lost
 * @expect leak error exact owner=copy199.so/c/malloc size=197 blocks=1 bytes=197 class=definite
 * @run audited
 * @forbid cross-side-free
 */
#include "keep.h"
#include "plug.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define MANY 200

static char folder[PATH_MAX];
static atomic_bool stop;

static const char *path_of(int number)
{
    static _Thread_local char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/copy%d.so", folder, number);
    return path;
}

static void copy(const char *from, const char *to)
{
    struct stat facts;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    if (in < 0 || out < 0 || fstat(in, &facts) != 0 || sendfile(out, in, NULL, (size_t)facts.st_size) != facts.st_size)
        abort();
    close(in);
    close(out);
}

static void make_copies(void)
{
    strcpy(folder, beside_program("copies-XXXXXX"));
    if (!mkdtemp(folder))
        abort();
    for (int i = 0; i < MANY; i++)
        copy(beside_program(i % 2 ? "libpeg.so" : "libpin.so"), path_of(i));
}

static void remove_copies(void)
{
    for (int i = 0; i < MANY; i++)
        unlink(path_of(i));
    rmdir(folder);
}

static void load_all(bool lose)
{
    void *plugins[MANY];
    for (int i = 0; i < MANY; i++) {
        plugins[i] = load_plugin(path_of(i), RTLD_NOW | (i % 4 == 0 ? RTLD_DEEPBIND : 0));
        release_in(plugins[i], keep(make_in(plugins[i], 100)));
    }
    for (int i = 0; i < 5; i++) {
        void *apart = dlmopen(LM_ID_NEWLM, path_of(i), RTLD_NOW);
        if (apart) {
            release_in(apart, keep(make_in(apart, 30)));
            dlclose(apart);
        }
    }
    if (lose)
        keep(make_in(plugins[MANY - 1], 197));
    for (int i = 0; i < MANY; i++) {
        release_in(plugins[i], keep(make_in(plugins[i], 90)));
        dlclose(plugins[i]);
    }
}

static void *allocate(void *unused)
{
    while (!stop)
        free(keep(malloc(100)));
    return unused;
}

static void *load_some(void *unused)
{
    for (int i = 0; !stop; i = (i + 1) % 20) {
        void *plugin = load_plugin(path_of(i), RTLD_NOW);
        release_in(plugin, keep(make_in(plugin, 80)));
        dlclose(plugin);
    }
    return unused;
}

/* Leaks are looked for while modules come and go. */
static void audit(void)
{
    int (*find_leaks)(void *) = NULL;
    pthread_t threads[3];
    *(void **)&find_leaks = dlsym(RTLD_DEFAULT, "custody_find_leaks");
    pthread_create(&threads[0], NULL, allocate, NULL);
    pthread_create(&threads[1], NULL, load_some, NULL);
    pthread_create(&threads[2], NULL, load_some, NULL);
    for (int i = 0; find_leaks && i < 10; i++)
        find_leaks(NULL);
    stop = true;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "many";
    make_copies();
    if (strcmp(what, "audited") == 0)
        audit();
    for (int round = 0; round < 2 && !stop; round++)
        load_all(round == 1 && strcmp(what, "lost") == 0);
    remove_copies();
    puts("done");
    return 0;
}
