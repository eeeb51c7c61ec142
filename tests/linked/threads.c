/* Threads that allocate at awkward moments: while others do, in the child of a fork by a thread that has never called
 * before, and when they end, after everything of theirs is gone. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <custody/custody.h>

#define BLOCKS 64
#define THREADS 8
#define ROUNDS 12

static custody_side side;
static pthread_key_t key;
static int late; /* calls from destructors */

static void churn(size_t seed)
{
    unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = i * 41 + seed;
        blocks[i] = custody_alloc(side, size, 0);
        memset(blocks[i], (int)i, size);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = custody_resize(side, blocks[i], i * 60 + seed + 1);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i * 41 + seed > 0 && blocks[i][0] != i)
            puts("overwritten");
        custody_release(side, blocks[i]);
    }
}

/* Asks to be called again, until the last round of destructors. */
static void at_end(void *round)
{
    churn((size_t)(char *)round);
    __atomic_fetch_add(&late, 1, __ATOMIC_RELAXED);
    pthread_setspecific(key, (char *)round + 1);
}

static void *work(void *unused)
{
    pthread_setspecific(key, (void *)1);
    for (size_t i = 0; i < 20; i++)
        churn(i);
    return unused;
}

static void *forker(void *unused)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        work(NULL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        puts("the child failed");
    return unused;
}

int main(void)
{
    custody_side_register("threads", CUSTODY_LANG_C, &side);
    pthread_key_create(&key, at_end);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS], fresh;
        for (int i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, work, NULL);
        if (round % 4 == 0) {
            pthread_create(&fresh, NULL, forker, NULL);
            pthread_join(fresh, NULL);
        }
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    printf("%s\n", late == THREADS * ROUNDS * 4 ? "done" : "destructors were not called");
    return 0;
}
