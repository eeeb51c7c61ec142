/* A text file of the kernel's, a line at a time, through a window of 4 KiB on the caller's stack: no allocation, no lock,
 * no libc beyond string functions. A line longer than the window is cut; the rest of it is left out. */
#ifndef CST_BASE_LINES_H
#define CST_BASE_LINES_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_LINES_WINDOW 4096

/** An open file, and the text of it that has been read and not been used yet: bytes[start, end). */
struct cst_lines {
    int fd;
    size_t start, end;
    bool skipping; /**< inside the rest of a line whose head has been shown */
    char bytes[CST_LINES_WINDOW + 1];
};

/** Opens `path`. False, with nothing to close, when it cannot be read. */
CST_MUST_USE bool cst_lines_open(struct cst_lines *lines, const char *path);

/** The next line, terminated in place and valid until the next call; NULL at the end. */
char *cst_lines_next(struct cst_lines *lines);

void cst_lines_close(struct cst_lines *lines);

/** Takes a number in this base off the front of `*at`. False, with nothing taken, when there is no digit. */
CST_MUST_USE bool cst_lines_number(const char **at, int base, uint64_t *out_value);

#endif
