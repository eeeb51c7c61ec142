/* Plugins that come to each other's place: whatever is there now, blocks, findings and leaks are told of the plugin that was
 * there then. Unloaded by the program, and by a dlclose that nobody sees.
 *
 * @plugins peg pin
 * @builds cc=gcc,clang opt=2
 * @flags -ldl
 * @run good
 * @forbid cross-side-free
 * @run after-another
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$prog/c/malloc call=free size=151 alloc=$peg symbol=peg_inner
 * @expect cross-side-free warning exact owner=$pin/c/malloc by=$prog/c/malloc call=free size=152 alloc=$pin symbol=pin_inner
 * @run by-another
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$pin/c/malloc size=153 alloc=$peg release=$pin symbol=peg_inner
 * @run twice
 * @expect double-free error exact owner=$peg/c/malloc by=$pin/c/malloc size=154 alloc=$peg first=$peg release=$pin
 * @run lost
 * @expect leak error exact owner=$peg/c/malloc blocks=1 bytes=155 class=definite alloc=$peg symbol=peg_inner
 * @expect leak error exact owner=$pin/c/malloc blocks=1 bytes=156 class=definite alloc=$pin symbol=pin_inner
 * @run rebuilt
 * @expect cross-side-free warning exact owner=plug.so/c/malloc by=$prog/c/malloc size=157 alloc=plug.so symbol=none
 * @expect cross-side-free warning exact owner=plug.so/c/malloc by=$prog/c/malloc size=158 alloc=plug.so symbol=pin_inner
 * @run unseen
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$prog/c/malloc size=159 alloc=$peg symbol=peg_inner
 * @expect cross-side-free warning exact owner=$pin/c/malloc by=$prog/c/malloc size=160 alloc=$pin symbol=pin_inner
 * @run stays
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$prog/c/malloc size=161 alloc=$peg symbol=peg_inner
 */
#include "keep.h"
#include "plug.h"

#include <link.h>
#include <stdlib.h>

#define CYCLES 300

static int (*close_plugin)(void *) = dlclose;

/* Loads a plugin, to where the last one was as a rule. */
static void *load(const char *name)
{
    return load_plugin(name[0] == '.' ? name : beside_program(name), RTLD_NOW);
}

/* A block of a plugin that is gone when this returns. */
static void *leave_behind(const char *name, size_t size)
{
    void *plugin = load(name);
    void *block = keep(make_in(plugin, size));
    close_plugin(plugin);
    return block;
}

static void copy(const char *name, const char *target)
{
    static char bytes[1 << 20];
    char fresh[64];
    snprintf(fresh, sizeof fresh, "%s.new", target);
    FILE *from = fopen(beside_program(name), "rb"), *to = fopen(fresh, "wb");
    fwrite(bytes, 1, fread(bytes, 1, sizeof bytes, from), to);
    fclose(from);
    fclose(to);
    rename(fresh, target);
}

static void release_both(void *first, void *second)
{
    free(first);
    free(second);
}

static void good(void)
{
    for (int i = 0; i < CYCLES; i++) {
        void *plugin = load(i % 2 ? "libpeg.so" : "libpin.so");
        for (size_t size = 1; size < 20; size++)
            release_in(plugin, keep(make_in(plugin, size)));
        close_plugin(plugin);
    }
}

static void rebuilt(void)
{
    copy("libpeg.so", "./plug.so");
    void *first = leave_behind("./plug.so", 157);
    copy("libpin.so", "./plug.so");
    release_both(first, leave_behind("./plug.so", 158));
}

static void unseen(void)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    *(void **)&close_plugin = dlsym(libc, "dlclose");
    void *first = leave_behind("libpeg.so", 159);
    release_both(first, leave_behind("libpin.so", 160));
    dlclose(libc);
}

static void stays(void)
{
    void *plugin = load_plugin(beside_program("libpeg.so"), RTLD_NOW | RTLD_NODELETE);
    void *block = keep(make_in(plugin, 161));
    dlclose(plugin);
    free(block);
    release_in(plugin, keep(make_in(plugin, 162)));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "good")) {
        good();
    } else if (!strcmp(what, "after-another")) {
        void *first = leave_behind("libpeg.so", 151);
        release_both(first, leave_behind("libpin.so", 152));
    } else if (!strcmp(what, "by-another")) {
        void *first = leave_behind("libpeg.so", 153), *plugin = load("libpin.so");
        release_in(plugin, first);
        dlclose(plugin);
    } else if (!strcmp(what, "twice")) {
        void *plugin = load("libpeg.so"), *block = keep(make_in(plugin, 154));
        release_in(plugin, block);
        dlclose(plugin);
        release_in(load("libpin.so"), block);
    } else if (!strcmp(what, "lost")) {
        leave_behind("libpeg.so", 155);
        leave_behind("libpin.so", 156);
    } else if (!strcmp(what, "rebuilt")) {
        rebuilt();
    } else if (!strcmp(what, "unseen")) {
        unseen();
    } else {
        stays();
    }
    puts("done");
    return 0;
}
