/* The frame around workloads; see workload.h. */
#include "workload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 64
#define DEPTH 20

struct job {
    const struct workload *workload;
    uint64_t operations, seed;
    pthread_barrier_t *start;
    double seconds;
};

/* Seconds of processor time that the calling thread has used: other programs on the machine disturb it least. */
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Runs the workload under `depth` frames of its own; the empty statement keeps the call from becoming a jump. */
static __attribute__((noinline)) void descend(const struct job *job, unsigned depth)
{
    if (depth == 0)
        job->workload->run(job->operations, job->seed);
    else
        descend(job, depth - 1);
    __asm__ volatile("");
}

static void *run_job(void *data)
{
    struct job *job = (struct job *)data;
    pthread_barrier_wait(job->start);
    double begin = now();
    descend(job, DEPTH);
    job->seconds = now() - begin;
    return NULL;
}

/* The longest time that a thread took, in seconds of processor time. */
static double run_jobs(struct job *jobs, unsigned threads)
{
    pthread_t ids[THREADS_MAX];
    double longest = 0;
    for (unsigned i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run_job, &jobs[i]) != 0)
            abort();
    run_job(&jobs[0]);
    for (unsigned i = 1; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (unsigned i = 0; i < threads; i++)
        longest = jobs[i].seconds > longest ? jobs[i].seconds : longest;
    return longest;
}

static double measure(const struct workload *workload, unsigned threads, uint64_t operations)
{
    struct job jobs[THREADS_MAX];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; i++)
        jobs[i] = (struct job){
            .workload = workload, .operations = operations, .seed = 88172645463325252u + i, .start = &start};
    double seconds = run_jobs(jobs, threads);
    pthread_barrier_destroy(&start);
    return seconds * 1e9 / (double)operations;
}

static const struct workload *find(const struct workload *workloads, const char *name)
{
    while (workloads->name && strcmp(workloads->name, name) != 0)
        workloads++;
    return workloads->name ? workloads : NULL;
}

int workload_main(int argc, char **argv, const struct workload *workloads)
{
    const struct workload *workload = argc == 4 ? find(workloads, argv[1]) : NULL;
    unsigned long threads = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long long operations = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (!workload || threads == 0 || threads > THREADS_MAX || operations == 0) {
        fprintf(stderr, "usage: %s NAME THREADS OPERATIONS\n", argv[0]);
        return 2;
    }
    printf("%.3f\n", measure(workload, (unsigned)threads, operations));
    return 0;
}

void workload_fill_sizes(uint16_t sizes[WORKLOAD_SIZES], uint64_t seed)
{
    for (size_t i = 0; i < WORKLOAD_SIZES; i++) {
        uint64_t random = workload_random(&seed);
        unsigned largest = 16u << (random % 6); /* 16, 32, ... 512 */
        sizes[i] = (uint16_t)(8 + (random >> 8) % (largest - 7));
    }
}
