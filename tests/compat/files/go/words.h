/* What Go and C hand each other: words that the library makes and ends, buffers that the caller brings, visits from C,
 * in threads of C's own, too. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words;

struct words *words_new(void);
int words_add(struct words *words, const char *text);
size_t words_count(const struct words *words);
/** A copy that the caller gives to free(). */
char *words_joined(const struct words *words);
/** Writes at most `size` bytes into the caller's buffer; how many there are. */
size_t words_fill(const struct words *words, char *buffer, size_t size);
void words_end(struct words *words);

/** Makes `count` threads; each tells `handle` of words of its own, and ends them. */
int words_tell_in_threads(unsigned count, uintptr_t handle);

/** Makes and ends blocks until `rounds` are over, without a look at Go. */
unsigned long churn(unsigned rounds, unsigned seed);

#endif
