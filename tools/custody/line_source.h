/* Lines of a file, one at a time, with a bound on their length: a log line is at most a few hundred kilobytes, and a file
 * that is no log must not eat the memory. Streaming; holds one line. */
#ifndef CST_TOOL_LINE_SOURCE_H
#define CST_TOOL_LINE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Longest line that is read, in bytes, without its newline. The runtime's own limit is a quarter of this. */
#define CST_LINE_MAX ((size_t)1024 * 1024)

/** A file being read. Start with {.file = ...}; the caller closes the file. */
struct cst_line_source {
    FILE *file;
    char *buffer;         /**< CST_LINE_MAX + 1 bytes, made on first use */
    size_t length;        /**< bytes of the current line */
    unsigned long number; /**< of the current line, from 1 */
    bool complete;        /**< it ended with a newline */
    bool too_long;        /**< it was longer than CST_LINE_MAX; `buffer` has its beginning */
};

/** Reads the next line into the source; false at the end of the file or on a read error (see ferror). */
bool cst_line_source_next(struct cst_line_source *source);

/** Releases the buffer. */
void cst_line_source_free(struct cst_line_source *source);

#endif
