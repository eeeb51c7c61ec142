/* The cache of facts files; see facts_cache.h. */
#include "facts_cache.h"

#include "facts_file.h"
#include "facts_module.h"
#include "facts_trim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cst_facts_cache_directory(char *out_path, size_t size)
{
    const char *cache = getenv("XDG_CACHE_HOME"); /* relative ones do not count: XDG Base Directory Specification */
    const char *home = getenv("HOME");
    int length = -1;
    if (cache && cache[0] == '/') {
        length = snprintf(out_path, size, "%s/custody/facts", cache);
    } else if (home && home[0] == '/') {
        length = snprintf(out_path, size, "%s/.cache/custody/facts", home);
    }
    return length > 0 && (size_t)length < size;
}

/* Makes the directory `path` and those above it, as far as they are not there. */
static void make_directories(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        return;
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            (void)mkdir(part, 0700); /* what is there already, or cannot be made, opening tells */
            part[i] = path[i];
        }
    }
}

int cst_facts_cache_open(const char *directory, char *out_trouble, size_t size)
{
    char usual[PATH_MAX];
    if (!directory && !cst_facts_cache_directory(usual, sizeof usual)) {
        snprintf(out_trouble, size, "neither XDG_CACHE_HOME nor HOME names a directory for facts");
        return -1;
    }
    const char *path = directory ? directory : usual;
    make_directories(path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        snprintf(out_trouble, size, "%s: %s", path, strerror(errno));
    } else if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH))) {
        snprintf(out_trouble, size, "%s: others may write to it", path);
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static void tell(struct cst_facts_made *made, const char *what)
{
    snprintf(made->trouble, sizeof made->trouble, "%s", what);
}

static void count(struct cst_facts_made *made, const custody_facts_row *rows, size_t row_count)
{
    made->rows = row_count;
    for (size_t i = 0; i < row_count; i++) {
        made->rust_allocator_ranges += (custody_facts_row_flags(rows[i]) & CUSTODY_FACTS_RUST_ALLOCATOR) != 0;
    }
}

/* Whether the file is there, about this very module, and rests on no less than what there is now; then it was used
 * now. */
static bool find(int directory, const char *name, struct cst_facts_module *module, struct cst_facts_made *made)
{
    struct cst_facts_file file;
    if (!cst_facts_file_map(directory, name, &file)) {
        return false;
    }
    bool good = cst_facts_identity_matches(&module->identity, file.header) &&
                (file.header->source == CUSTODY_FACTS_DEBUG_INFO ||
                 file.header->source >= (uint32_t)cst_facts_module_source(module));
    if (good) {
        made->kept = true;
        count(made, file.rows, file.header->row_count);
        (void)utimensat(directory, name, NULL, AT_SYMLINK_NOFOLLOW);
    }
    cst_facts_file_release(&file);
    return good;
}

static bool make(int directory, const char *name, struct cst_facts_module *module, struct cst_facts_made *made)
{
    struct cst_arena arena = {0};
    struct cst_facts_rows rows = cst_facts_module_read(&arena, module);
    bool written = cst_facts_file_write(directory, name, &module->identity, cst_facts_module_source(module), &rows);
    if (written) {
        count(made, rows.items, rows.count);
        (void)cst_facts_trim(directory, CST_FACTS_TRIM_BYTES, NULL);
    } else {
        snprintf(made->trouble, sizeof made->trouble, "cannot write: %s", strerror(errno));
    }
    cst_arena_free(&arena);
    return written;
}

static bool find_or_make(int directory, const struct cst_facts_order *order, struct cst_facts_module *module,
                         struct cst_facts_made *made)
{
    char name[CST_FACTS_KEY_MAX + sizeof CUSTODY_FACTS_SUFFIX];
    cst_facts_identity_key(&module->identity, made->key);
    if (order->key && strcmp(order->key, made->key) != 0) {
        tell(made, "it is not the file that was loaded");
        return false;
    }
    snprintf(name, sizeof name, "%s%s", made->key, CUSTODY_FACTS_SUFFIX);
    return (!order->force && find(directory, name, module, made)) || make(directory, name, module, made);
}

bool cst_facts_cache_make(const struct cst_facts_order *order, struct cst_facts_made *out_made)
{
    *out_made = (struct cst_facts_made){0};
    struct cst_facts_module module;
    if (!cst_facts_module_open(order->path, &module)) {
        out_made->no_module = true;
        tell(out_made, module.trouble);
        return false;
    }
    int cache = cst_facts_cache_open(order->directory, out_made->trouble, sizeof out_made->trouble);
    out_made->done = cache >= 0 && find_or_make(cache, order, &module, out_made);
    if (cache >= 0) {
        close(cache);
    }
    cst_facts_module_close(&module);
    return out_made->done;
}
