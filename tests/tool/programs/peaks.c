/* Two threads with blocks of known sizes: 100 blocks of 8 KiB each at the same time, then blocks that one thread makes and
 * the other releases, one after the other. In all 300 blocks of 8 KiB, 200 of them live at once. */
#include <pthread.h>
#include <stdlib.h>

#define BLOCKS 100
#define SIZE 8192

static pthread_barrier_t turn;
static void *volatile handed;

static void hold_many(void)
{
    void *volatile blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
    }
    pthread_barrier_wait(&turn);
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    pthread_barrier_wait(&turn);
}

static void *produce(void *unused)
{
    hold_many();
    for (int i = 0; i < BLOCKS; i++) {
        handed = malloc(SIZE);
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&turn);
    }
    return unused;
}

int main(void)
{
    pthread_t producer;
    pthread_barrier_init(&turn, NULL, 2);
    pthread_create(&producer, NULL, produce, NULL);
    hold_many();
    for (int i = 0; i < BLOCKS; i++) {
        pthread_barrier_wait(&turn);
        free(handed);
        pthread_barrier_wait(&turn);
    }
    return pthread_join(producer, NULL);
}
