/* What was never a heap block is given to free: each place is named. The program goes on as if it had not.
 *
 * @flags -pthread
 * @run stack
 * @expect invalid-free error exact place=stack by=$prog/c/malloc call=free release=$prog
 * @run thread-stack
 * @expect invalid-free error exact place=stack by=$prog/c/malloc call=free release=$prog
 * @run static
 * @expect invalid-free error exact place=static place-name=$prog by=$prog/c/malloc call=free release=$prog
 * @run bss
 * @expect invalid-free error exact place=static by=$prog/c/malloc call=free release=$prog
 * @run literal
 * @expect invalid-free error exact place=static place-name=$prog by=$prog/c/malloc call=free release=$prog
 * @run code
 * @expect invalid-free error exact place=static place-name=$prog by=$prog/c/malloc call=free release=$prog
 * @run mapping
 * @expect invalid-free error exact place=mapping by=$prog/c/malloc call=free release=$prog
 * @run file
 * @expect invalid-free error exact place=mapping by=$prog/c/malloc call=free release=$prog
 * @run wild
 * @expect invalid-free error exact place=wild by=$prog/c/malloc call=free release=$prog
 * @run small
 * @expect invalid-free error exact place=wild by=$prog/c/malloc call=free release=$prog
 * @run realloc
 * @expect invalid-free error exact place=static by=$prog/c/malloc call=realloc release=$prog
 * @run good
 */
#include "keep.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char data[64] = "data";
static char zeroes[70000];

static void *free_own_stack(void *unused)
{
    char local[32];
    free(keep(local));
    return unused;
}

static void on_a_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_own_stack, NULL) == 0)
        pthread_join(thread, NULL);
}

/* The kernel joins neighbours: the memory is taken out of the middle of what nobody may touch. */
static void *map_memory(void)
{
    char *middle = (char *)mmap(NULL, 16384, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    mprotect(middle, 8192, PROT_READ | PROT_WRITE);
    return middle;
}

static void *map_file(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    void *mapping = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    return mapping;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    char local[32] = "local";
    if (strcmp(what, "stack") == 0)
        free(keep(local));
    else if (strcmp(what, "thread-stack") == 0)
        on_a_thread();
    else if (strcmp(what, "static") == 0)
        free(keep(data));
    else if (strcmp(what, "bss") == 0)
        free(keep(zeroes + 65536));
    else if (strcmp(what, "literal") == 0)
        free(keep("a string literal"));
    else if (strcmp(what, "code") == 0)
        free(keep((void *)main));
    else if (strcmp(what, "mapping") == 0)
        free(keep(map_memory()));
    else if (strcmp(what, "file") == 0)
        free(keep(map_file()));
    else if (strcmp(what, "wild") == 0)
        free(keep((void *)0x123456789a0));
    else if (strcmp(what, "small") == 0)
        free(keep((void *)24));
    else if (strcmp(what, "realloc") == 0)
        free(keep(realloc(keep(data), 128)));
    else
        free(keep(malloc(24)));
    puts("done");
    return 0;
}
