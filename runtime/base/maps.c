/* Reader of /proc/self/maps: a window of text slides over the file, a line at a time; the contract stands in the
 * header. */
#include "base/maps.h"

#include "plat/sys.h"

#include <string.h>

#define WINDOW_SIZE 4096

/* The text that has been read and not been used yet: bytes[start, end). */
struct window {
    int fd;
    size_t start, end;
    bool skipping; /* inside the rest of a line whose head has been shown */
    char bytes[WINDOW_SIZE + 1];
};

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : 16;
}

static bool take_number(const char **at, int base, uint64_t *out_value)
{
    const char *first = *at;
    uint64_t value = 0;
    for (; digit_value(**at) < base; (*at)++) {
        value = value * (uint64_t)base + (uint64_t)digit_value(**at);
    }
    *out_value = value;
    return *at != first;
}

static bool take_permissions(const char **at, struct cst_mapping *mapping)
{
    if (strlen(*at) < 4) {
        return false;
    }
    mapping->readable = (*at)[0] == 'r';
    mapping->writable = (*at)[1] == 'w';
    mapping->executable = (*at)[2] == 'x';
    mapping->shared = (*at)[3] == 's';
    *at += 4;
    return true;
}

/* "lo-hi perms offset major:minor inode   name", numbers but the inode in hexadecimal. */
static bool parse_line(const char *line, struct cst_mapping *out_mapping)
{
    struct cst_mapping mapping = {0};
    uint64_t lo;
    uint64_t hi;
    uint64_t device;
    bool good = take_number(&line, 16, &lo) && take_char(&line, '-') && take_number(&line, 16, &hi) &&
                take_char(&line, ' ') && take_permissions(&line, &mapping) && take_char(&line, ' ') &&
                take_number(&line, 16, &mapping.offset) && take_char(&line, ' ') && take_number(&line, 16, &device) &&
                take_char(&line, ':') && take_number(&line, 16, &device) && take_char(&line, ' ') &&
                take_number(&line, 10, &mapping.inode);
    if (!good) {
        return false;
    }
    mapping.lo = lo;
    mapping.hi = hi;
    mapping.name = line + strspn(line, " ");
    *out_mapping = mapping;
    return true;
}

/* Moves what is left to the front and reads behind it. False at the end of the file or when the window is full. */
static bool refill(struct window *window)
{
    memmove(window->bytes, window->bytes + window->start, window->end - window->start);
    window->end -= window->start;
    window->start = 0;
    ssize_t got = cst_sys_read(window->fd, window->bytes + window->end, WINDOW_SIZE - window->end);
    if (got <= 0) {
        return false;
    }
    window->end += (size_t)got;
    return true;
}

/* The next line, terminated in place; NULL at the end. A line longer than the window is cut. */
static char *next_line(struct window *window)
{
    for (;;) {
        char *line = window->bytes + window->start;
        char *newline = memchr(line, '\n', window->end - window->start);
        bool cut = newline == NULL && window->end - window->start == WINDOW_SIZE;
        if (newline == NULL && !cut && refill(window)) {
            continue;
        }
        if (newline == NULL && window->end == window->start) {
            return NULL;
        }
        char *end = newline != NULL ? newline : window->bytes + window->end;
        *end = '\0';
        window->start = newline != NULL ? (size_t)(newline + 1 - window->bytes) : window->end;
        bool skip = window->skipping;
        window->skipping = cut;
        if (!skip) {
            return line;
        }
    }
}

static void visit_lines(struct window *window, cst_maps_visitor *visit, void *context)
{
    char *line;
    while ((line = next_line(window)) != NULL) {
        struct cst_mapping mapping;
        if (parse_line(line, &mapping) && !visit(&mapping, context)) {
            return;
        }
    }
}

bool cst_maps_each_in(const char *path, cst_maps_visitor *visit, void *context)
{
    struct window window = {.fd = cst_sys_open_read(path)};
    if (window.fd < 0) {
        return false;
    }
    visit_lines(&window, visit, context);
    cst_sys_close(window.fd);
    return true;
}

bool cst_maps_each(cst_maps_visitor *visit, void *context)
{
    return cst_maps_each_in("/proc/self/maps", visit, context);
}
