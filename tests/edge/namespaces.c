/* Plugins in a link namespace of their own: they have a libc of their own, with an allocator that is nobody's here. They work
 * as ever, Rust in them is left alone, and what of theirs is released here is another allocator's block.
 *
 * @plugins peg ferrite press
 * @builds cc=gcc opt=0,2
 * @flags -ldl -pthread
 * @run good
 * @run many
 * @run c
 * @expect foreign-free error exact owner=none by=$prog/c/malloc call=free place=foreign release=$prog
 * @run rust
 * @expect foreign-free error exact owner=none by=$prog/c/malloc call=free place=foreign release=$prog
 * @run called-from-there
 * @expect leak error exact owner=$prog/c/malloc blocks=1 bytes=181 class=definite alloc=$prog
 */
#include "keep.h"
#include "plug.h"

#include <stdlib.h>

static void *load(const char *name)
{
    void *plugin = dlmopen(LM_ID_NEWLM, beside_program(name), RTLD_NOW);
    if (!plugin)
        printf("%s\n", dlerror());
    return plugin;
}

static char *rust_text(void *ferrite)
{
    char *(*make)(void) = NULL;
    *(void **)&make = dlsym(ferrite, "ferrite_string");
    return keep(make());
}

static void rust_end(void *ferrite, char *text)
{
    void (*end)(char *) = NULL;
    *(void **)&end = dlsym(ferrite, "ferrite_string_free");
    end(text);
}

/* What the plugin calls: a destructor that a thread-local object of the plugin's namespace would have, too, allocates here. */
static int compare(const void *one, const void *other)
{
    free(keep(malloc(180)));
    return *(const int *)one - *(const int *)other;
}

/* qsort of the other libc, which calls us from there, so that its code is met in our stacks. */
static void sort_there(void *plugin)
{
    int numbers[] = {3, 1, 2};
    void (*sort)(void *, size_t, size_t, int (*)(const void *, const void *)) = NULL;
    *(void **)&sort = dlsym(plugin, "qsort");
    sort(numbers, 3, sizeof numbers[0], compare);
    if (numbers[0] != 1 || numbers[2] != 3)
        puts("not sorted");
}

static void good(void)
{
    void *peg = load("libpeg.so"), *ferrite = load("libferrite.so"), *press = load("libpress.so");
    for (size_t size = 1; size < 100; size++) {
        release_in(peg, keep(make_in(peg, size)));
        rust_end(ferrite, rust_text(ferrite));
    }
    sort_there(peg);
    sort_there(ferrite);
    for (int i = 0; i < 10; i++)
        rust_end(ferrite, rust_text(ferrite));
    dlclose(press);
    dlclose(ferrite);
    dlclose(peg);
}

static void many(void)
{
    for (int i = 0; i < 20; i++) {
        void *peg = load("libpeg.so");
        release_in(peg, keep(make_in(peg, 30)));
        sort_there(peg);
        dlclose(peg);
    }
}

static void lose(void)
{
    keep(malloc(181));
}

static int compare_and_lose(const void *one, const void *other)
{
    static int calls;
    if (calls++ == 0)
        lose();
    return *(const char *)one - *(const char *)other;
}

static void called_from_there(void)
{
    char letters[] = {'b', 'a'};
    void (*sort)(void *, size_t, size_t, int (*)(const void *, const void *)) = NULL;
    *(void **)&sort = dlsym(load("libpeg.so"), "qsort");
    sort(letters, 2, 1, compare_and_lose);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "good"))
        good();
    else if (!strcmp(what, "many"))
        many();
    else if (!strcmp(what, "c"))
        free(keep(make_in(load("libpeg.so"), 33)));
    else if (!strcmp(what, "rust"))
        free(rust_text(load("libferrite.so")));
    else
        called_from_there();
    puts("done");
    return 0;
}
