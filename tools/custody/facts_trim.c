/* Keeping a cache small; see facts_trim.h. */
#include "facts_trim.h"

#include "arena.h"
#include "facts_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What an unfinished file is left alone for: its writer may be at work. Seconds. */
#define UNFINISHED_AGE 3600

/* A file of the cache. */
struct entry {
    char name[CST_FACTS_KEY_MAX + sizeof CUSTODY_FACTS_SUFFIX];
    uint64_t size;
    time_t used;
};

/* Files of the cache. */
struct entries {
    struct cst_arena arena;
    struct entry *items;
    size_t count;
    uint64_t size;
};

/* The length of a facts file's name; 0 when it is no such name. */
static size_t facts_name_length(const char *name)
{
    size_t length = strlen(name), suffix = sizeof CUSTODY_FACTS_SUFFIX - 1;
    bool is_facts = length > suffix && length - suffix < CST_FACTS_KEY_MAX && name[0] != '.' &&
                    strcmp(name + length - suffix, CUSTODY_FACTS_SUFFIX) == 0;
    return is_facts ? length : 0;
}

static void list_entry(struct entries *entries, int directory, const char *name)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
        return;
    }
    size_t length = facts_name_length(name);
    if (length > 0) {
        entries->items = cst_arena_extend(&entries->arena, entries->items, entries->count, sizeof *entries->items);
        struct entry *entry = &entries->items[entries->count++];
        memcpy(entry->name, name, length + 1);
        entry->size = (uint64_t)status.st_size;
        /* A reader's use shows in the access time, if the file system keeps it. */
        entry->used = status.st_atime > status.st_mtime ? status.st_atime : status.st_mtime;
        entries->size += entry->size;
    } else if (cst_facts_file_is_temporary(name) && status.st_mtime < time(NULL) - UNFINISHED_AGE) {
        (void)unlinkat(directory, name, 0);
    }
}

static struct entries list_entries(int directory)
{
    struct entries entries = {0};
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* with a position of its own */
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream) {
        if (fd >= 0) {
            close(fd);
        }
        return entries;
    }
    for (struct dirent *item = readdir(stream); item; item = readdir(stream)) {
        list_entry(&entries, directory, item->d_name);
    }
    closedir(stream);
    return entries;
}

static int by_use(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    return a->used < b->used ? -1 : a->used > b->used;
}

size_t cst_facts_trim(int directory, uint64_t limit, uint64_t *out_bytes)
{
    struct entries entries = list_entries(directory);
    size_t removed = 0;
    uint64_t left = entries.size;
    if (left > limit && entries.count > 1) {
        qsort(entries.items, entries.count, sizeof *entries.items, by_use);
    }
    for (size_t i = 0; i < entries.count && left > limit; i++) {
        if (unlinkat(directory, entries.items[i].name, 0) == 0) {
            removed++;
            left -= entries.items[i].size;
        }
    }
    if (out_bytes) {
        *out_bytes = entries.size - left;
    }
    cst_arena_free(&entries.arena);
    return removed;
}
