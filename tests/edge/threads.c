/* Threads that come and go by the hundred, blocks made on one and released on another, thread-specific data that is
 * released as its thread ends, and threads that ask where their stack lies before anything else: all correct, nothing to
 * say.
 *
 * @builds cc=gcc opt=0,2
 * @flags -pthread
 * @run short
 * @compare
 * @run exchange
 * @compare
 * @run ask
 * @compare
 */
#include "keep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 256
static void *_Atomic exchange[SLOTS];
static pthread_key_t key;

static void *live_shortly(void *number)
{
    size_t size = 10 + (size_t)number % 1000;
    pthread_setspecific(key, keep(malloc(size)));
    char *block = keep(malloc(size));
    memset(block, 1, size);
    free(keep(realloc(block, size * 3)));
    return keep(strdup("from a thread"));
}

static void short_threads(void)
{
    size_t length = 0;
    for (size_t round = 0; round < 100; round++) {
        pthread_t threads[8];
        for (size_t i = 0; i < 8; i++)
            pthread_create(&threads[i], NULL, live_shortly, (void *)(round * 8 + i));
        for (size_t i = 0; i < 8; i++) {
            void *text = NULL;
            pthread_join(threads[i], &text);
            length += strlen(text);
            free(text);
        }
    }
    printf("%zu characters\n", length);
}

/* Puts blocks of its own into the slots and releases whatever lay there, mostly another thread's. */
static void *swap_blocks(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    for (int i = 0; i < 50000; i++) {
        state = state * 1103515245u + 12345u;
        size_t size = state / 65536 % 2000 + 1;
        char *mine = keep(malloc(size));
        mine[0] = mine[size - 1] = 7;
        free(atomic_exchange(&exchange[state / 256 % SLOTS], mine));
    }
    return NULL;
}

static void exchanging_threads(void)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, swap_blocks, (void *)(i + 1));
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        free(exchange[i]);
    puts("exchanged");
}

/* As the threads of a Java virtual machine begin. libc allocates for the answer, with the thread's lock held. */
static void *ask(void *out_has_stack)
{
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &lowest, &size);
        pthread_attr_destroy(&attributes);
    }
    *(bool *)out_has_stack = (char *)&size >= (char *)lowest && (char *)&size < (char *)lowest + size;
    return NULL;
}

static void asking_threads(void)
{
    int told = 0;
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        bool has_stack = false;
        pthread_create(&thread, NULL, ask, &has_stack);
        pthread_join(thread, NULL);
        told += has_stack;
    }
    printf("%d were told\n", told);
}

int main(int argc, char **argv)
{
    pthread_key_create(&key, free);
    if (argc > 1 && strcmp(argv[1], "exchange") == 0)
        exchanging_threads();
    else if (argc > 1 && strcmp(argv[1], "ask") == 0)
        asking_threads();
    else
        short_threads();
    return 0;
}
