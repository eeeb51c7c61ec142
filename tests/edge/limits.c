/* Little address space: Custody makes do, and the program gets its memory, or null with ENOMEM where none is left.
 * (Less than Custody can do with is in settings.py.)
 *
 * @builds cc=gcc opt=2
 * @run all
 * @limit address-space 4000000
 * @compare
 * @run all
 * @limit address-space 1000000
 * @compare
 * @run all
 * @limit address-space 400000
 * @compare
 * @run bug
 * @limit address-space 300000
 * @expect double-free error exact size=121 owner=$prog/c/malloc
 * @run exhausted
 * @limit address-space 500000
 * @compare
 */
#include "keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ordinary(void)
{
    static void *blocks[2000];
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i * 7 % 9000 + 1;
        blocks[i] = malloc(size);
        if (!blocks[i])
            printf("no memory for block %zu\n", i);
        else
            memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < 2000; i++)
        free(blocks[i]);
    void *large = malloc(20000000);
    puts(large ? "20 MB are there" : "20 MB are not there");
    free(large);
}

static void exhaust(void)
{
    size_t got = 0;
    char **last = NULL;
    errno = 0;
    for (;;) {
        char **block = keep(malloc(1000000));
        if (!block)
            break;
        *block = (char *)last;
        last = block;
        got++;
    }
    printf("%s, errno %d\n", got > 40 ? "more than 40 MB" : "too little", errno);
    while (last) {
        char **next = (char **)*last;
        free(last);
        last = next;
    }
    void *again = keep(malloc(1000000));
    puts(again ? "and again" : "and no more");
    free(again);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    if (strcmp(what, "exhausted") == 0) {
        exhaust();
    } else if (strcmp(what, "all") == 0) {
        ordinary();
    } else {
        void *block = keep(malloc(121));
        void *again = keep(block);
        free(block);
        free(again);
        puts("done");
    }
    return 0;
}
