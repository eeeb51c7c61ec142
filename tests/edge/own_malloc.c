/* A program with a malloc family of its own, over libc's by its internal names: everybody's blocks pass through it, so none of
 * them is its own. Libraries release what libc made for them through it, too.
 *
 * @libs vault
 * @builds cc=gcc,clang opt=0 link=shared
 * @run good
 * @forbid cross-side-free
 * @run twice
 * @expect double-free error exact owner=unknown/unknown/malloc by=unknown/unknown/malloc size=191
 */
#include "keep.h"
#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static unsigned long calls;

void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    calls++;
    return __libc_realloc(block, size);
}

void free(void *block)
{
    calls++;
    __libc_free(block);
}

static void good(void)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/status", "r");
    if (getline(&line, &room, file) < 1)
        puts("nothing read");
    fclose(file);
    free(keep(line));
    free(keep(strdup("a text")));
    free(keep(realloc(keep(malloc(10)), 1000)));
    free(keep(aligned_alloc(64, 128)));
    free(keep(vault_make(20)));
    vault_free(keep(vault_make(30)));
    vault_free(keep(malloc(40)));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "twice")) {
        void *block = keep(malloc(191)), *again = keep(block);
        free(block);
        free(again);
    } else {
        good();
    }
    puts(calls > 1 ? "done" : "not called");
    return 0;
}
