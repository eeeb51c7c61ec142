/* What the workload programs of `make bench` share: each runs one of its workloads in one or more threads, deep enough in
 * the stack that 16 frames can be recorded, and prints the nanoseconds of processor time that one operation took. Not part
 * of what is installed.
 *
 * Usage of each program: NAME THREADS OPERATIONS, where OPERATIONS are those of one thread. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One workload: does `operations` operations; `seed` differs from thread to thread. */
struct workload {
    const char *name;
    void (*run)(uint64_t operations, uint64_t seed);
};

/** The main function of a program with these workloads; the last one has no name. Returns its exit status. */
int workload_main(int argc, char **argv, const struct workload *workloads);

/** The next number of a sequence that begins with a seed that is not 0 (Marsaglia's xorshift64). */
static inline uint64_t workload_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#define WORKLOAD_SIZES 4096

/** Fills `sizes` (bytes) with what programs ask for: mostly small, from 8 up to 512 bytes, smaller ones more often. */
void workload_fill_sizes(uint16_t sizes[WORKLOAD_SIZES], uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
