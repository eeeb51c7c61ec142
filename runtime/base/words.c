/* A stack of words: see words.h. */
#include "base/words.h"

#include "plat/own.h"

bool cst_words_grow(struct cst_words *words)
{
    struct cst_words_chunk *chunk = words->spare ? words->spare : cst_own_map(sizeof *chunk);
    if (!chunk)
        return false;
    words->spare = NULL;
    chunk->below = words->top;
    words->top = chunk;
    return true;
}

bool cst_words_shrink(struct cst_words *words)
{
    struct cst_words_chunk *empty = words->top;
    if (!empty || !empty->below)
        return false;
    words->top = empty->below;
    if (words->spare)
        cst_own_unmap(empty, sizeof *empty);
    else
        words->spare = empty;
    return true;
}

void cst_words_free(struct cst_words *words)
{
    while (words->top) {
        struct cst_words_chunk *chunk = words->top;
        words->top = chunk->below;
        cst_own_unmap(chunk, sizeof *chunk);
    }
    if (words->spare)
        cst_own_unmap(words->spare, sizeof *words->spare);
    words->spare = NULL;
}
