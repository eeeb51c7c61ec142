/* What libc makes or keeps: blocks that it returns are the caller's to lose, blocks that only libc's own structures lead to
 * are reachable. glibc keeps the colour of a tree's node in the low bit of its first pointer.
 *
 * @run held-tree
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=20 bytes=10020 alloc=$prog
 * @run lost-tree
 * @expect leak error exact class=definite blocks=1 bytes=24
 * @expect leak error exact class=indirect blocks=18 bytes=432
 * @expect leak error exact class=indirect blocks=1 bytes=24
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=20 bytes=10020 alloc=$prog
 * @run freed-tree
 * @forbid leak bytes=10020
 * @forbid leak bytes=480
 * @run held-hash
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=20 bytes=10040 alloc=$prog
 * @run lost-hash
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=20 bytes=10040 alloc=$prog
 * @run held-buffer
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=8192 alloc=$prog
 * @run lost-buffer
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=8192 alloc=$prog
 * @run held-environment
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=504 alloc=$prog
 * @run lost-environment
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=504 alloc=$prog
 * @run held-exit-handler
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=505 alloc=$prog
 * @run freed-exit-handler
 * @forbid leak bytes=505
 * @run held-file
 * @forbid leak class=definite,indirect,possible
 * @run lost-directory
 * @expect leak error exact owner=$prog/c/libc class=definite blocks=1
 * @run freed-directory
 * @run lost-line
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=120
 * @run freed-line
 * @run lost-copies
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=3 bytes=1521 alloc=$prog
 * @run freed-copies
 * @forbid leak bytes=1521
 * @run lost-printed
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1
 * @run lost-stream
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1
 * @run freed-stream
 * @run held-expression
 * @run freed-expression
 * @run held-locale
 * @run held-time
 */
#include "keep.h"
#include "leaks.h"

#include <dirent.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <time.h>

static void *volatile root;

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

static int by_number(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(int));
}

static void tree(enum fate fate)
{
    static void *tree_root;
    for (volatile int i = 0; i < 20; i++) {
        int *number = block_of(501);
        *number = (i * 7) % 20;
        tsearch(number, &tree_root, by_number);
    }
    if (fate == FREED)
        tdestroy(tree_root, free);
    if (fate != HELD)
        tree_root = NULL;
    keep(&tree_root);
}

static void hash(enum fate fate)
{
    static char names[20][8];
    hcreate(64);
    for (volatile int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "%d", i);
        hsearch((ENTRY){.key = names[i], .data = block_of(502)}, ENTER);
    }
    if (fate == LOST)
        hdestroy();
}

static void buffer(enum fate fate)
{
    setvbuf(stderr, block_of(8192), _IOFBF, 8192);
    if (fate == LOST)
        setvbuf(stderr, NULL, _IONBF, 0);
}

static void environment(enum fate fate)
{
    char *pair = block_of(504);
    strcpy(pair, "LEAK_SCENARIO=held");
    putenv(pair);
    if (fate == LOST)
        unsetenv("LEAK_SCENARIO");
}

static void at_the_end(int status, void *block)
{
    (void)status;
    *(volatile char *)block = 1;
    if (strcmp((char *)block + 1, "freed") == 0)
        free(block);
}

static void exit_handler(enum fate fate)
{
    char *block = block_of(505);
    strcpy(block + 1, fate == FREED ? "freed" : "held");
    on_exit(at_the_end, block);
}

static void file(enum fate fate)
{
    FILE *stream = fopen("/proc/self/status", "r");
    char word[80];
    if (!stream || fscanf(stream, "%79s", word) != 1)
        abort();
    if (fate == FREED)
        fclose(stream);
}

static void directory(enum fate fate)
{
    DIR *listing = keep(opendir("/"));
    if (!listing)
        abort();
    if (fate == FREED)
        closedir(listing);
}

static void line(enum fate fate)
{
    FILE *stream = fopen("/proc/self/status", "r");
    char *text = NULL;
    size_t size = 0;
    if (!stream || getline(&text, &size, stream) < 0)
        abort();
    fclose(stream);
    if (fate == FREED)
        free(text);
}

static void copies(enum fate fate)
{
    char text[507];
    memset(text, 'c', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (volatile int i = 0; i < 3; i++) {
        char *copy = keep(strdup(text));
        if (fate == FREED)
            free(copy);
    }
}

static void printed(enum fate fate)
{
    char *text = NULL;
    if (asprintf(&text, "%0508d", 7) < 0)
        abort();
    if (fate == FREED)
        free(text);
    text = NULL;
    keep(&text);
}

static void stream(enum fate fate)
{
    char *text = NULL;
    size_t size = 0;
    FILE *made = open_memstream(&text, &size);
    if (!made || fprintf(made, "%0509d", 7) < 0)
        abort();
    fclose(made);
    if (fate == FREED)
        free(text);
    text = NULL;
    keep(&text);
}

static void expression(enum fate fate)
{
    static regex_t compiled;
    regmatch_t match;
    if (regcomp(&compiled, "^(a|b)*c[[:alpha:]]+(x{2,5})$", REG_EXTENDED) != 0)
        abort();
    regexec(&compiled, "ababcfooxxx", 1, &match, 0);
    if (fate == FREED)
        regfree(&compiled);
    keep(&compiled);
}

static void locale(enum fate fate)
{
    (void)fate;
    setlocale(LC_ALL, "C.UTF-8");
    root = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
}

static void local_time(enum fate fate)
{
    time_t now = 1000000000;
    (void)fate;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    if (!localtime(&now))
        abort();
}

static const struct leak_case cases[] = {
    {"tree", tree},
    {"hash", hash},
    {"buffer", buffer},
    {"environment", environment},
    {"exit-handler", exit_handler},
    {"file", file},
    {"directory", directory},
    {"line", line},
    {"copies", copies},
    {"printed", printed},
    {"stream", stream},
    {"expression", expression},
    {"locale", locale},
    {"time", local_time},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
