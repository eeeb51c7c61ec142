/* Processes as a whole: `process 0` does nothing, so that its time is that of starting and ending; `process N` leaves N
 * MiB live in blocks of mixed sizes and prints, last of all, the time (CLOCK_MONOTONIC, seconds) at which it begins to
 * end: what follows until the process is gone is exit work. */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fill(size_t bytes)
{
    uint16_t sizes[WORKLOAD_SIZES];
    workload_fill_sizes(sizes, 1);
    for (size_t made = 0, i = 0; made < bytes; i++) {
        size_t size = sizes[i % WORKLOAD_SIZES];
        char *block = malloc(size);
        if (!block)
            abort();
        memset(block, 1, size);
        made += size;
    }
}

int main(int argc, char **argv)
{
    size_t megabytes = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (megabytes == 0)
        return 0;
    fill(megabytes << 20);
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    printf("%lld.%09ld\n", (long long)time.tv_sec, time.tv_nsec);
    return 0;
}
