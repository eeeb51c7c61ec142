/* reed: a C library that fills buffers of its callers', well and badly. */
#ifndef SCENARIO_REED_H
#define SCENARIO_REED_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes a text of 22 bytes and a NUL, cut to fit, and returns 22: what it would take. */
size_t reed_describe(char *out, size_t capacity);

/** Writes the text without regard to the capacity, its NUL too. Returns 22. */
size_t reed_describe_all(char *out, size_t capacity);

/** Writes as much of the text as fits, without a NUL where it does not. Returns how much. */
size_t reed_describe_bare(char *out, size_t capacity);

/** Counts the letters of a text, and makes them capitals on the way. */
size_t reed_count_loudly(char *text, size_t length);

/** Counts the letters of a text. */
size_t reed_count(const char *text, size_t length);

/** Fills the buffer and keeps it. */
size_t reed_listen(char *out, size_t capacity);

/** Writes to what reed_listen keeps. */
void reed_poll(void);

/** Releases what reed_listen keeps, by free(). */
void reed_close(void);

/** Resizes what reed_listen keeps, by realloc(); the result is its own, and released. */
void reed_grow(void);

#ifdef __cplusplus
}
#endif

#endif
