/* A text file, a line at a time: see lines.h. */
#include "base/lines.h"

#include "plat/sys.h"

#include <string.h>

bool cst_lines_open(struct cst_lines *lines, const char *path)
{
    lines->fd = cst_sys_open_read(path);
    lines->start = lines->end = 0;
    lines->skipping = false;
    return lines->fd >= 0;
}

/* Moves what is left to the front and reads behind it. False at the end of the file or when the window is full. */
static bool refill(struct cst_lines *lines)
{
    memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
    ssize_t got = cst_sys_read(lines->fd, lines->bytes + lines->end, CST_LINES_WINDOW - lines->end);
    if (got <= 0) {
        return false;
    }
    lines->end += (size_t)got;
    return true;
}

/* The next line, terminated in place; NULL at the end. A line longer than the window is cut. */
char *cst_lines_next(struct cst_lines *lines)
{
    for (;;) {
        char *line = lines->bytes + lines->start;
        char *newline = memchr(line, '\n', lines->end - lines->start);
        bool cut = newline == NULL && lines->end - lines->start == CST_LINES_WINDOW;
        if (newline == NULL && !cut && refill(lines)) {
            continue;
        }
        if (newline == NULL && lines->end == lines->start) {
            return NULL;
        }
        line = lines->bytes + lines->start; /* which a refill without success has moved */
        char *end = newline != NULL ? newline : lines->bytes + lines->end;
        *end = '\0';
        lines->start = newline != NULL ? (size_t)(newline + 1 - lines->bytes) : lines->end;
        bool skip = lines->skipping;
        lines->skipping = cut;
        if (!skip) {
            return line;
        }
    }
}

void cst_lines_close(struct cst_lines *lines)
{
    cst_sys_close(lines->fd);
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : 16;
}

bool cst_lines_number(const char **at, int base, uint64_t *out_value)
{
    const char *first = *at;
    uint64_t value = 0;
    for (; digit_value(**at) < base; (*at)++) {
        value = value * (uint64_t)base + (uint64_t)digit_value(**at);
    }
    *out_value = value;
    return *at != first;
}
