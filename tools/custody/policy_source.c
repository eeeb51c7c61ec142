/* Policy files as the tool reads them; see policy_source.h. */
#include "policy_source.h"

#include "policy_error.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** After this many complaints about one file the rest is only counted. */
#define COMPLAINTS_MAX 20

struct complaints {
    const char *path;
    size_t count;
    bool quiet;
};

/* Opens without waiting: a pipe would be another file for each process that reads it. NULL and a reason on failure. */
static FILE *open_regular(const char *path, const char **out_why)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *out_why = strerror(errno);
        return NULL;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        *out_why = "not a regular file";
        close(fd);
        return NULL;
    }
    return fdopen(fd, "r");
}

static bool read_text(struct cst_policy_source *source, const char **out_why)
{
    FILE *file = open_regular(source->path, out_why);
    if (!file) {
        return false;
    }
    source->text = malloc(CST_POLICY_FILE_MAX + 1);
    if (!source->text) {
        cst_say_and_exit("out of memory");
    }
    errno = 0;
    source->size = fread(source->text, 1, CST_POLICY_FILE_MAX + 1, file);
    bool ok = !ferror(file) && source->size <= CST_POLICY_FILE_MAX;
    if (!ok) {
        *out_why = ferror(file) ? strerror(errno) : "larger than 1 MiB";
    }
    fclose(file);
    return ok;
}

static void complain(const struct cst_policy_error *error, void *data)
{
    struct complaints *complaints = data;
    complaints->count++;
    if (!complaints->quiet && complaints->count <= COMPLAINTS_MAX) {
        cst_policy_error_print(stderr, complaints->path, error);
    }
}

static void read_rules(struct cst_policy_source *source, struct complaints *complaints)
{
    struct cst_view text = {.bytes = source->text, .length = source->size};
    size_t bound = cst_policy_file_bound(text);
    source->rules = calloc(bound + 1, sizeof *source->rules);
    if (!source->rules) {
        cst_say_and_exit("out of memory");
    }
    source->count = cst_policy_file_read(text, source->rules, bound, complain, complaints, &source->errors);
    if (!complaints->quiet && complaints->count > COMPLAINTS_MAX) {
        cst_say("%s: %zu more errors", source->path, complaints->count - COMPLAINTS_MAX);
    }
}

bool cst_policy_source_read(struct cst_policy_source *source, const char *command, const char *path)
{
    struct complaints complaints = {.path = path};
    const char *why = "";
    source->path = path;
    if (!read_text(source, &why)) {
        cst_say("%s: cannot read the policy %s: %s", command, path, why);
        return false;
    }
    read_rules(source, &complaints);
    return true;
}

bool cst_policy_source_peek(struct cst_policy_source *source, const char *path)
{
    struct complaints complaints = {.path = path, .quiet = true};
    const char *why = "";
    source->path = path;
    if (!read_text(source, &why)) {
        return false;
    }
    read_rules(source, &complaints);
    return true;
}

void cst_policy_source_free(struct cst_policy_source *source)
{
    free(source->rules);
    free(source->text);
    *source = (struct cst_policy_source){0};
}
