/* A stack of words, in memory of its own that is mapped as it grows and given back as a whole. One owner; no lock. */
#ifndef CST_BASE_WORDS_H
#define CST_BASE_WORDS_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_WORDS_CHUNK ((size_t)65536 - 2)

struct cst_words_chunk {
    struct cst_words_chunk *below;
    size_t count;
    uintptr_t words[CST_WORDS_CHUNK];
};

/** Starts as {0}. `spare`: an empty chunk that was in use, kept for the next time. */
struct cst_words {
    struct cst_words_chunk *top, *spare;
};

/** Puts a new chunk on top; the slow way of cst_words_push. False when memory is out. */
CST_COLD CST_MUST_USE bool cst_words_grow(struct cst_words *words);

/** Takes the empty chunk off the top; the slow way of cst_words_pop. False when nothing lies below. */
CST_COLD CST_MUST_USE bool cst_words_shrink(struct cst_words *words);

/** Gives all memory back; the stack is empty. */
void cst_words_free(struct cst_words *words);

/** False when memory is out: the word is not on the stack. */
CST_INLINE CST_MUST_USE bool cst_words_push(struct cst_words *words, uintptr_t word)
{
    if (CST_UNLIKELY(!words->top || words->top->count == CST_WORDS_CHUNK) && !cst_words_grow(words))
        return false;
    words->top->words[words->top->count++] = word;
    return true;
}

/** False when the stack is empty. */
CST_INLINE CST_MUST_USE bool cst_words_pop(struct cst_words *words, uintptr_t *out_word)
{
    if (CST_UNLIKELY(!words->top || words->top->count == 0) && !cst_words_shrink(words))
        return false;
    *out_word = words->top->words[--words->top->count];
    return true;
}

#endif
