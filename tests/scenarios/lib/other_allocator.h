/* Runs of a program that brings an allocator with memory of its own along, the same for each of them. Who includes it defines
 * OWN_MAKE(size), OWN_RESIZE(block, size), OWN_RELEASE(block), OWN_USABLE(block), and OWN_MORE: further runs, a list of
 * {"name", function} ended by commas. */
#ifndef SCENARIOS_OTHER_ALLOCATOR_H
#define SCENARIOS_OTHER_ALLOCATOR_H

#include "keep.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 2000
#define THREADS 4

/* Ends the program with a message when something is not as it has to be: a block that lost what it held. */
static inline void require(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        exit(9);
    }
}

static char *filled(char *block, const char *text)
{
    require(block != NULL, "no block");
    return strcpy(block, text);
}

static int freed(void)
{
    free(filled(OWN_MAKE(61), "freed"));
    return 0;
}

static int reallocated(void)
{
    char *block = realloc(filled(OWN_MAKE(62), "reallocated"), 300);
    require(strcmp(block, "reallocated") == 0, "lost by realloc");
    free(block);
    return 0;
}

static int taken(void)
{
    OWN_RELEASE(filled(malloc(63), "taken"));
    return 0;
}

static int grown(void)
{
    char *block = OWN_RESIZE(filled(malloc(64), "grown"), 5000);
    require(block && strcmp(block, "grown") == 0, "lost by growing");
    OWN_RELEASE(block);
    return 0;
}

static int copied(void)
{
    OWN_RELEASE(strdup("a copy of libc's, of thirty-nine bytes"));
    return 0;
}

static int twice(void)
{
    void *block = OWN_MAKE(65);
    OWN_RELEASE(block);
    OWN_RELEASE(block);
    return 0;
}

static void *work(void *argument)
{
    static __thread void *blocks[BLOCKS];
    (void)argument;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = OWN_MAKE(1 + i);
        memset(blocks[i], 1, 1 + i);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = OWN_RESIZE(blocks[i], 1 + 2 * (BLOCKS - i));
        memset(blocks[i], 2, 1 + 2 * (BLOCKS - i));
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        OWN_RELEASE(blocks[i]);
    }
    return NULL;
}

static void in_threads(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* A block that the parent made is released in both. */
static void in_child(void)
{
    int status = 1;
    void *block = OWN_MAKE(66);
    pid_t child = fork();
    if (child == 0) {
        OWN_RELEASE(block);
        work(NULL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    require(status == 0, "the child failed");
    OWN_RELEASE(block);
}

static void measured(void)
{
    char *own = OWN_MAKE(67), *others = malloc(68);
    require(OWN_USABLE(own) >= 67 && malloc_usable_size(others) >= 68, "too small");
    free(others);
    OWN_RELEASE(own);
}

/* Right only where the allocator is the program's malloc, too. */
static int measured_by_libc(void)
{
    char *own = OWN_MAKE(86);
    require(malloc_usable_size(own) >= 86, "malloc_usable_size does not know it");
    OWN_RELEASE(own);
    return 0;
}

static int good(void)
{
    OWN_RELEASE(OWN_RESIZE(filled(OWN_MAKE(69), "good"), 500));
    OWN_RELEASE(NULL);
    free(realloc(filled(malloc(70), "good"), 500));
    free(strdup("a copy of libc's, of thirty-nine bytes"));
    measured();
    work(NULL);
    in_threads();
    in_child();
    return 0;
}

static const struct run {
    const char *name;
    int (*act)(void); /* what it calls last is no tail call */
} runs[] = {
    {"good", good},     {"freed", freed}, {"reallocated", reallocated},           {"taken", taken}, {"grown", grown},
    {"copied", copied}, {"twice", twice}, {"measured-by-libc", measured_by_libc}, OWN_MORE};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof runs / sizeof runs[0]; i++) {
        if (strcmp(argv[1], runs[i].name) == 0) {
            return runs[i].act() == 0 && puts("done") >= 0 ? 0 : 9;
        }
    }
    return 9;
}

#endif
