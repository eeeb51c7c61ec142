/* Very many live blocks: makes COUNT of them, of 16 to 100 bytes, links all but every thousandth so that they are
 * reachable, and ends. Used by endurance.py: many COUNT */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct node {
    struct node *next;
};

static struct node *first;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, bytes = 0;
    double begun = now();
    for (size_t i = 0; i < count; i++) {
        size_t size = 16 + i * 7 % 85;
        struct node *node = malloc(size);
        if (!node)
            return 3;
        bytes += size;
        node->next = NULL;
        if (i % 1000 != 0) {
            node->next = first;
            first = node;
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "%zu blocks, %zu MiB, made in %.2f s, resident %ld MiB\n", count, bytes >> 20, now() - begun,
            usage.ru_maxrss / 1024);
    puts("done");
    return 0;
}
