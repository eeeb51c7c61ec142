/* Threads by the thousand, which end in every way there is: by returning, by pthread_exit, cancelled where they wait and
 * anywhere at all, with data that is released in the last round of destructors, on the smallest stacks; and a main thread
 * that leaves before the others. Correct, and silent; and what the process has mapped does not grow with their number.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run many
 * @compare
 * @run small
 * @compare
 * @run rounds
 * @compare
 * @run cancelled
 * @compare
 * @run asynchronous
 * @compare
 * @run main-first
 * @exit 0
 * @compare
 * @run last-word
 * @exit 7
 * @compare
 */
#include "keep.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 8

static pthread_key_t key;
static atomic_int started, ended;
static pthread_barrier_t together;

/* All of a round have allocated before one ends, so that each round needs what the first one did. */
static void *use(void *number)
{
    size_t size = 10 + (size_t)number % 1000;
    char *block = keep(malloc(size));
    pthread_barrier_wait(&together);
    memset(block, 1, size);
    block = keep(realloc(block, size * 3));
    pthread_setspecific(key, keep(calloc(1, 200)));
    free(block);
    if ((size_t)number % 3 == 0)
        pthread_exit(keep(strdup("by pthread_exit")));
    return keep(strdup("by returning"));
}

static size_t run_threads(size_t rounds, const pthread_attr_t *attributes)
{
    size_t length = 0;
    pthread_barrier_init(&together, NULL, AT_ONCE);
    for (size_t round = 0; round < rounds; round++) {
        pthread_t threads[AT_ONCE];
        for (size_t i = 0; i < AT_ONCE; i++)
            if (pthread_create(&threads[i], attributes, use, (void *)(round * AT_ONCE + i)) != 0)
                abort();
        for (size_t i = 0; i < AT_ONCE; i++) {
            void *text = NULL;
            pthread_join(threads[i], &text);
            length += strlen(text);
            free(text);
        }
    }
    pthread_barrier_destroy(&together);
    return length;
}

/* Bytes mapped for reading and writing: VmData of proc_pid_status(5), in KiB. */
static long mapped(void)
{
    char line[256];
    long size = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmData: %ld", &size) == 1)
            break;
    if (status)
        fclose(status);
    return size;
}

/* Threads that come later take up what the earlier ones left behind. Heaps take address space in steps, which may fall into any
 * stretch of time; what each thread left behind would be there in all of them. How many arenas glibc makes depends on how
 * many threads wait for one at a time, so it gets one. */
static void many(void)
{
    mallopt(M_ARENA_MAX, 1);
    size_t length = run_threads(100, NULL);
    long least = LONG_MAX;
    for (int stretch = 0; stretch < 4; stretch++) {
        long before = mapped();
        length += run_threads(100, NULL);
        long grown = mapped() - before;
        least = grown < least ? grown : least;
    }
    printf("%zu characters, %s\n", length, least < 128 ? "no growth" : "growth");
    if (least >= 128)
        printf("%ld KiB\n", least);
}

static void small(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN));
    printf("%zu characters\n", run_threads(20, &attributes));
    pthread_attr_destroy(&attributes);
}

/* Sets the key again in every round of destructors, and once more than there are rounds. */
static void again(void *count)
{
    size_t rounds = *(size_t *)count;
    free(count);
    atomic_fetch_add(&ended, 1);
    size_t *next = keep(malloc(sizeof *next));
    *next = rounds + 1;
    if (rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(key, next);
    else
        free(next);
}

static void *set_key(void *unused)
{
    size_t *first = keep(malloc(sizeof *first));
    *first = 1;
    pthread_setspecific(key, first);
    return unused;
}

static void rounds(void)
{
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, set_key, NULL);
        pthread_join(thread, NULL);
    }
    printf("%d rounds\n", atomic_load(&ended));
}

static void release(void *block)
{
    free(block);
    atomic_fetch_add(&ended, 1);
}

static void *wait_with_a_block(void *unused)
{
    void *block = keep(malloc(333));
    pthread_cleanup_push(release, block);
    atomic_fetch_add(&started, 1);
    for (;;)
        pause();
    pthread_cleanup_pop(1);
    return unused;
}

/* Cancelled at any instruction: POSIX lets such a thread call next to nothing, so it computes, on blocks that are there. */
static void *compute(void *block)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    atomic_fetch_add(&started, 1);
    for (volatile unsigned *at = block;; at[0]++)
        at[1] = at[0];
    return NULL;
}

static void cancel(void *(*function)(void *))
{
    for (int i = 0; i < 60; i++) {
        pthread_t thread;
        void *result = NULL, *block = keep(malloc(64));
        memset(block, 0, 64);
        pthread_create(&thread, NULL, function, block);
        while (atomic_load(&started) <= i)
            sched_yield();
        pthread_cancel(thread);
        pthread_join(thread, &result);
        free(block);
        if (result != PTHREAD_CANCELED)
            puts("not cancelled");
    }
    printf("%d started, %d released\n", atomic_load(&started), atomic_load(&ended));
}

static pthread_t first;

static void *outlive(void *status)
{
    pthread_join(first, NULL);
    for (int i = 0; i < 2000; i++)
        free(keep(malloc((size_t)i + 1)));
    puts("after main");
    if (status)
        exit(*(int *)status);
    return NULL;
}

static void leave_first(int *status)
{
    pthread_t thread;
    first = pthread_self();
    pthread_create(&thread, NULL, outlive, status);
    pthread_setspecific(key, keep(malloc(99)));
    pthread_exit(NULL);
}

int main(int argc, char **argv)
{
    static int seven = 7;
    const char *what = argc > 1 ? argv[1] : "many";
    bool counts = strcmp(what, "rounds") == 0;
    pthread_key_create(&key, counts ? again : free);
    if (strcmp(what, "many") == 0)
        many();
    else if (strcmp(what, "small") == 0)
        small();
    else if (counts)
        rounds();
    else if (strcmp(what, "cancelled") == 0)
        cancel(wait_with_a_block);
    else if (strcmp(what, "asynchronous") == 0)
        cancel(compute);
    else
        leave_first(strcmp(what, "last-word") == 0 ? &seven : NULL);
    return 0;
}
