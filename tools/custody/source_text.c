/* Source lines; see source_text.h. */
#include "source_text.h"

#include "arena.h"
#include "say.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/** Larger files are not source that anybody wrote. */
#define SOURCE_BYTES_MAX (8 * 1024 * 1024)

struct text {
    const char *path;
    const char **lines; /* from index 0; NULL when unreadable */
    size_t count;
    UT_hash_handle hh;
};

struct cst_source_texts {
    struct cst_arena arena;
    struct text *texts;
};

struct cst_source_texts *cst_source_texts_new(void)
{
    struct cst_source_texts *texts = calloc(1, sizeof *texts);
    if (!texts) {
        cst_say_and_exit("out of memory");
    }
    return texts;
}

static char *read_bytes(struct cst_arena *arena, int fd, size_t size)
{
    char *bytes = cst_arena_alloc(arena, size + 1);
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, bytes + done, size - done);
        if (got <= 0) {
            return NULL;
        }
        done += (size_t)got;
    }
    return bytes;
}

/* The file's contents, ending in NUL; NULL when it is no readable file of sane size. */
static char *read_file(struct cst_arena *arena, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    struct stat status;
    char *bytes = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= SOURCE_BYTES_MAX) {
        bytes = read_bytes(arena, fd, (size_t)status.st_size);
    }
    close(fd);
    return bytes;
}

static void cut_lines(struct cst_arena *arena, struct text *text, char *bytes)
{
    char *rest = bytes;
    while (rest && *rest) {
        text->lines = cst_arena_extend(arena, text->lines, text->count, sizeof *text->lines);
        text->lines[text->count++] = strsep(&rest, "\n");
    }
}

static const struct text *get_text(struct cst_source_texts *texts, const char *path)
{
    struct text *text = NULL;
    HASH_FIND_STR(texts->texts, path, text);
    if (!text) {
        text = cst_arena_alloc(&texts->arena, sizeof *text);
        text->path = cst_arena_copy(&texts->arena, path);
        cut_lines(&texts->arena, text, read_file(&texts->arena, path));
        HASH_ADD_KEYPTR(hh, texts->texts, text->path, strlen(text->path), text);
    }
    return text;
}

const char *cst_source_texts_line(struct cst_source_texts *texts, const char *path, int number)
{
    if (!path || number < 1) {
        return NULL;
    }
    const struct text *text = get_text(texts, path);
    return (size_t)number <= text->count ? text->lines[number - 1] : NULL;
}

void cst_source_texts_free(struct cst_source_texts *texts)
{
    if (texts) {
        HASH_CLEAR(hh, texts->texts);
        cst_arena_free(&texts->arena);
        free(texts);
    }
}
