/* Plugins loaded with RTLD_DEEPBIND, which look up every name in libc and the C++ library first and would reach their
 * allocators, beside a program that reaches ours. Each releases what the other made. And libc's allocator by its other names.
 *
 * @plugins peg press
 * @builds cc=gcc opt=0,2
 * @flags -ldl -Wno-deprecated-declarations
 * @run good
 * @forbid cross-side-free
 * @run values
 * @run names
 * @run c-by-program
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$prog/c/malloc call=free size=171 alloc=$peg release=$prog
 * @run program-by-c
 * @expect cross-side-free warning exact owner=$prog/c/malloc by=$peg/c/malloc call=free size=172 alloc=$prog release=$peg
 * @run resized
 * @expect cross-side-free warning exact owner=$peg/c/malloc by=$prog/c/malloc call=realloc size=173 alloc=$peg
 * @run new-by-free
 * @expect cross-allocator-free error exact owner=$press/c++/new by=$prog/c/malloc call=free size=4 alloc=$press
 * @run twice-by-names
 * @expect double-free error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=174 first=$prog release=$prog
 * @run lost-by-name
 * @expect leak error exact owner=$prog/c/malloc blocks=1 bytes=175 class=definite alloc=$prog
 */
#include "keep.h"
#include "plug.h"
#include "press.h"

#include <malloc.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static void *peg, *press;

static void load(void)
{
    peg = load_plugin(beside_program("libpeg.so"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    press = load_plugin(beside_program("libpress.so"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

static void *press_function(const char *name)
{
    return dlsym(press, name);
}

static void good(void)
{
    int *(*make)(int) = NULL;
    void (*end)(int *) = NULL;
    *(void **)&make = press_function("press_int_new");
    *(void **)&end = press_function("press_int_delete");
    for (int i = 1; i < 100; i++) {
        release_in(peg, keep(make_in(peg, (size_t)i)));
        end(keep(make(i)));
        free(keep(malloc((size_t)i)));
    }
}

/* The C++ library allocates, for the plugin, what the plugin gives away, and the program releases as C++ has it. */
static void values(void)
{
    int *(*make)(size_t) = NULL;
    void (*end)(int *) = NULL;
    char *(*label)(void) = NULL;
    *(void **)&make = press_function("press_ints_new");
    *(void **)&end = press_function("press_ints_delete");
    *(void **)&label = press_function("press_label");
    end(keep(make(20)));
    free(keep(label()));
}

static void names(void)
{
    free(keep(__libc_realloc(keep(__libc_malloc(10)), 3000)));
    __libc_free(keep(malloc(20)));
    __libc_free(keep(__libc_calloc(3, 7)));
    free(keep(__libc_memalign(64, 100)));
    __libc_free(keep(strdup("a text of libc's")));
    __libc_free(keep(realloc(keep(__libc_malloc(30)), 300)));
    void *block = keep(__libc_malloc(40));
    if (malloc_usable_size(block) < 40)
        puts("too small");
    free(block);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    load();
    if (!strcmp(what, "good")) {
        good();
    } else if (!strcmp(what, "values")) {
        values();
    } else if (!strcmp(what, "names")) {
        names();
    } else if (!strcmp(what, "c-by-program")) {
        free(keep(make_in(peg, 171)));
    } else if (!strcmp(what, "program-by-c")) {
        release_in(peg, keep(malloc(172)));
    } else if (!strcmp(what, "resized")) {
        free(keep(realloc(keep(make_in(peg, 173)), 5000)));
    } else if (!strcmp(what, "new-by-free")) {
        int *(*make)(int) = NULL;
        *(void **)&make = press_function("press_int_new");
        free(keep(make(1)));
    } else if (!strcmp(what, "twice-by-names")) {
        void *block = keep(malloc(174));
        __libc_free(block);
        free(keep(block));
    } else {
        keep(__libc_malloc(175));
    }
    dlclose(press);
    dlclose(peg);
    puts("done");
    return 0;
}
