/* A life that goes round in circles: threads come and go, modules are loaded and unloaded, children are forked, the same
 * mistakes are made again, leaks are looked for. What the process has of the kernel's is noted after some rounds and must
 * be no more at the end, since nothing new happens. Used by endurance.py: soak LIBRARY ROUNDS */
#include <custody/custody.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 6
#define WARM_UP 4 /* a quarter of the rounds */

/* Growth that is none: by one chunk of the runtime's own memory, whose end the rounds may just have come to, and by pages of the
 * heap, of which threads that run beside each other take now these, now those. */
#define SLACK_DATA_KIB 256
#define SLACK_MAPPINGS 1
#define SLACK_RESIDENT_KIB 1024

struct used {
    long mappings, data_kib, resident_kib;
};

static void must(int good, const char *what)
{
    if (!good) {
        printf("%s: %s\n", what, strerror(errno));
        exit(3);
    }
}

__attribute__((noinline)) static void *keep(void *block)
{
    __asm__ volatile("" : "+r"(block));
    return block;
}

static void *live(void *unused)
{
    char *blocks[100];
    for (size_t i = 0; i < 100; i++)
        must((blocks[i] = keep(malloc(i * 37 % 3000 + 1))) != NULL, "malloc");
    for (size_t i = 0; i < 100; i++)
        free(blocks[i]);
    return unused;
}

static void use_threads(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        must((errno = pthread_create(&threads[i], NULL, live, NULL)) == 0, "thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void use_module(const char *path)
{
    void *module = dlopen(path, RTLD_NOW);
    int (*answer)(void) = NULL;
    must(module != NULL, path);
    *(void **)&answer = dlsym(module, "answer");
    must(answer && answer() == 42 && dlclose(module) == 0, "module");
}

static void err(void)
{
    void *block = keep(malloc(41));
    void *again = keep(block);
    free(block);
    free(again);
}

static void have_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        live(NULL);
        _exit(0);
    }
    must(child > 0 && waitpid(child, &status, 0) == child, "child");
}

/* What the preloaded library has, and nobody else. */
#pragma weak custody_find_leaks
#pragma weak custody_side_register

static void look_for_leaks(void)
{
    struct custody_leaks leaks;
    must(custody_find_leaks(&leaks) == CUSTODY_STATUS_OK, "leaks");
}

static void name_sides(void)
{
    custody_side side;
    must(custody_side_register("one", CUSTODY_LANG_C, &side) == CUSTODY_STATUS_OK, "side");
    must(custody_side_register("two", CUSTODY_LANG_C, &side) == CUSTODY_STATUS_OK, "side");
}

/* The number behind `label` in /proc/self/status. */
static long status_of(const char *label)
{
    static char text[8192];
    FILE *file = fopen("/proc/self/status", "r");
    must(file != NULL, "status");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *line = strstr(text, label);
    must(line != NULL, label);
    return strtol(line + strlen(label), NULL, 10);
}

static struct used measure(void)
{
    struct used used = {.data_kib = status_of("VmData:"), .resident_kib = status_of("RssAnon:")};
    FILE *file = fopen("/proc/self/maps", "r");
    must(file != NULL, "maps");
    for (int c; (c = getc(file)) != EOF;)
        used.mappings += c == '\n';
    fclose(file);
    return used;
}

int main(int argc, char **argv)
{
    must(argc == 3, "usage");
    long rounds = strtol(argv[2], NULL, 10);
    struct used first = {0}, last;
    for (long round = 0; round < rounds; round++) {
        use_threads();
        use_module(argv[1]);
        err();
        have_child();
        name_sides();
        if (round % 8 == 0)
            look_for_leaks();
        if (round == rounds / WARM_UP)
            first = measure();
    }
    last = measure();
    int good = last.mappings <= first.mappings + SLACK_MAPPINGS && last.data_kib <= first.data_kib + SLACK_DATA_KIB &&
               last.resident_kib <= first.resident_kib + SLACK_RESIDENT_KIB;
    fprintf(stderr, "mappings %ld %ld, data %ld %ld KiB, resident %ld %ld KiB\n", first.mappings, last.mappings,
            first.data_kib, last.data_kib, first.resident_kib, last.resident_kib);
    puts(good ? "done" : "grown");
    return 0;
}
