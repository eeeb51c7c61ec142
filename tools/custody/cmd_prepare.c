/* `custody prepare`: makes facts files of modules before programs need them, shows them, and empties their cache. */
#include "command.h"
#include "facts_file.h"
#include "facts_show.h"
#include "facts_trim.h"
#include "facts_worker.h"
#include "option.h"
#include "say.h"
#include "usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds: a day. */
#define TIMEOUT_MAX 86400

/* What the command line asked for. */
struct prepare_wish {
    const char *cache; /* NULL: the default one */
    long timeout;      /* seconds a file */
    bool force, quiet, show, clean;
    char **files;
    int file_count;
};

static bool read_wish(int argc, char **argv, struct prepare_wish *wish, bool *out_help)
{
    const char *timeout = NULL;
    const struct cst_option options[] = {
        {.name = "cache", .value = &wish->cache}, {.name = "timeout", .value = &timeout},
        {.name = "force", .flag = &wish->force},  {.name = "quiet", .flag = &wish->quiet},
        {.name = "show", .flag = &wish->show},    {.name = "clean", .flag = &wish->clean},
        {.name = "help", .flag = out_help},       {.name = NULL},
    };
    if (!cst_option_parse("prepare", options, false, argc, argv, &wish->file_count)) {
        return false;
    }
    wish->files = argv;
    wish->timeout = CST_FACTS_WORKER_SECONDS;
    if (timeout && !cst_option_number("prepare", "timeout", timeout, 1, TIMEOUT_MAX, &wish->timeout)) {
        return false;
    }
    if (!*out_help && wish->file_count == 0 && !wish->clean) {
        cst_say("prepare: no file given; see `custody help prepare`");
        return false;
    }
    return true;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* On a terminal, what is being worked on, in a line that goes away again. */
static void show_progress(const char *path)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[Kpreparing ", stderr);
        cst_print_text(stderr, path);
        fflush(stderr);
    }
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

static void print_made(const char *path, const struct cst_facts_made *made, double seconds)
{
    cst_print_text(stdout, path);
    printf(": %zu row%s, %zu of Rust's allocator, ", made->rows, made->rows == 1 ? "" : "s",
           made->rust_allocator_ranges);
    if (made->kept) {
        puts("kept");
    } else {
        printf("%.2f s\n", seconds);
    }
}

/* Prints the rows of a facts file. */
static bool show_facts(int directory, const char *name)
{
    struct cst_facts_file file;
    if (!cst_facts_file_map(directory, name, &file)) {
        cst_say("prepare: %s: %s", name, file.trouble);
        return false;
    }
    cst_facts_show(stdout, file.rows, file.header->row_count);
    cst_facts_file_release(&file);
    return true;
}

static bool show_cached(const struct prepare_wish *wish, const char *key)
{
    char name[CST_FACTS_KEY_MAX + sizeof CUSTODY_FACTS_SUFFIX];
    char trouble[200];
    snprintf(name, sizeof name, "%s%s", key, CUSTODY_FACTS_SUFFIX);
    int directory = cst_facts_cache_open(wish->cache, trouble, sizeof trouble);
    if (directory < 0) {
        cst_say("prepare: %s", trouble);
        return false;
    }
    bool shown = show_facts(directory, name);
    close(directory);
    return shown;
}

/* Prepares the file at `path`; with `any_kind` one that is no module is passed over. */
static bool prepare_file(const struct prepare_wish *wish, const char *path, bool any_kind)
{
    const struct cst_facts_order order = {.path = path, .directory = wish->cache, .force = wish->force};
    struct cst_facts_made made;
    double began = seconds_now();
    show_progress(path);
    bool done = cst_facts_worker_make(&order, (unsigned)wish->timeout, &made);
    clear_progress();
    if (!done && made.no_module && any_kind) {
        return true;
    }
    if (!done) {
        cst_say("prepare: %s: %s", path, made.trouble);
    } else if (wish->show) {
        return show_cached(wish, made.key);
    } else if (!wish->quiet) {
        print_made(path, &made, seconds_now() - began);
    }
    return done;
}

static bool is_of_kind(const char *path, mode_t kind)
{
    struct stat status;
    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

static bool prepare_directory(const struct prepare_wish *wish, const char *path)
{
    DIR *stream = opendir(path);
    bool ok = true;
    if (!stream) {
        cst_say("prepare: %s: %s", path, strerror(errno));
        return false;
    }
    for (struct dirent *item = readdir(stream); item; item = readdir(stream)) {
        char file[PATH_MAX];
        int length = snprintf(file, sizeof file, "%s/%s", path, item->d_name);
        if (length > 0 && (size_t)length < sizeof file && is_of_kind(file, S_IFREG)) {
            ok = prepare_file(wish, file, true) && ok;
        }
    }
    closedir(stream);
    return ok;
}

static bool prepare_operand(const struct prepare_wish *wish, const char *path)
{
    size_t length = strlen(path), suffix = sizeof CUSTODY_FACTS_SUFFIX - 1;
    if (wish->show && length > suffix && strcmp(path + length - suffix, CUSTODY_FACTS_SUFFIX) == 0) {
        return show_facts(AT_FDCWD, path);
    }
    return is_of_kind(path, S_IFDIR) ? prepare_directory(wish, path) : prepare_file(wish, path, false);
}

static bool clean(const struct prepare_wish *wish)
{
    char trouble[200];
    uint64_t bytes = 0;
    int directory = cst_facts_cache_open(wish->cache, trouble, sizeof trouble);
    if (directory < 0) {
        cst_say("prepare: %s", trouble);
        return false;
    }
    size_t removed = cst_facts_trim(directory, 0, &bytes);
    close(directory);
    if (!wish->quiet) {
        printf("%zu file%s removed, %llu bytes\n", removed, removed == 1 ? "" : "s", (unsigned long long)bytes);
    }
    return true;
}

static int prepare(const struct prepare_wish *wish)
{
    bool ok = !wish->clean || clean(wish);
    for (int i = 0; i < wish->file_count; i++) {
        ok = prepare_operand(wish, wish->files[i]) && ok;
    }
    return ok ? CST_EXIT_OK : CST_EXIT_OWN_ERROR;
}

int cst_command_prepare(int argc, char **argv)
{
    struct prepare_wish wish = {0};
    bool help = false;
    if (!read_wish(argc, argv, &wish, &help)) {
        return CST_EXIT_OWN_ERROR;
    }
    return help ? cst_usage_print("prepare") : prepare(&wish);
}
