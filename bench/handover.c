/* Blocks that one thread allocates and another releases: batches of them go through a ring. Half of the threads allocate,
 * each for one of the other half. An operation is a block: allocated, touched and handed over, or taken and released. */
#include "workload.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BATCH 1000
#define RING 8
#define RINGS 32

/* A ring between two threads. `room` counts batches that may be filled, `ready` those that are. */
struct ring {
    sem_t room, ready;
    char *batches[RING][BATCH];
};

static struct ring rings[RINGS];
static atomic_uint arrivals;

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        continue;
}

static void allocate(struct ring *ring, uint64_t batches, uint64_t seed)
{
    uint16_t sizes[WORKLOAD_SIZES];
    workload_fill_sizes(sizes, seed);
    for (uint64_t number = 0; number < batches; number++) {
        wait_for(&ring->room);
        char **batch = ring->batches[number % RING];
        for (unsigned i = 0; i < BATCH; i++) {
            batch[i] = malloc(sizes[(number * BATCH + i) % WORKLOAD_SIZES]);
            *batch[i] = (char)i;
        }
        sem_post(&ring->ready);
    }
}

static void release(struct ring *ring, uint64_t batches)
{
    for (uint64_t number = 0; number < batches; number++) {
        wait_for(&ring->ready);
        char **batch = ring->batches[number % RING];
        for (unsigned i = 0; i < BATCH; i++)
            free(batch[i]);
        sem_post(&ring->room);
    }
}

/* Threads pair up as they come. */
static void handover(uint64_t operations, uint64_t seed)
{
    unsigned number = atomic_fetch_add(&arrivals, 1);
    struct ring *ring = &rings[number / 2 % RINGS];
    if (number % 2 == 0)
        allocate(ring, operations / BATCH, seed);
    else
        release(ring, operations / BATCH);
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {{"handover", handover}, {NULL, NULL}};
    for (unsigned i = 0; i < RINGS; i++) {
        sem_init(&rings[i].room, 0, RING);
        sem_init(&rings[i].ready, 0, 0);
    }
    return workload_main(argc, argv, workloads);
}
