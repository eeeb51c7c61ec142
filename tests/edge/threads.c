/* Threads that come and go by the hundred, blocks made on one and released on another, and thread-specific data that is
 * released as its thread ends: all correct, nothing to say.
 *
 * @builds cc=gcc opt=0,2
 * @flags -pthread
 * @run short
 * @compare
 * @run exchange
 * @compare
 */
#include "keep.h"

#include <pthread.h>
#include <stdatomic.h>
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

int main(int argc, char **argv)
{
    pthread_key_create(&key, free);
    if (argc > 1 && strcmp(argv[1], "exchange") == 0)
        exchanging_threads();
    else
        short_threads();
    return 0;
}
