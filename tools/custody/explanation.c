/* Kinds of finding by name; see explanation.h. */
#include "explanation.h"

#include <string.h>

/** Longer words are compared by their beginning. */
#define WORD_MAX 40

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

/* Levenshtein distance, one row at a time. */
static size_t distance(const char *from, const char *to)
{
    size_t row[WORD_MAX + 1];
    size_t width = strnlen(to, WORD_MAX);
    for (size_t i = 0; i <= width; i++) {
        row[i] = i;
    }
    for (size_t i = 0; i < WORD_MAX && from[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t change = diagonal + (from[i] != to[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(change, row[j] + 1, row[j + 1] + 1);
        }
    }
    return row[width];
}

enum custody_finding_kind cst_explanation_nearest(const char *word)
{
    int nearest = 0;
    for (int kind = 1; kind < CUSTODY_FINDING_COUNT; kind++) {
        if (distance(word, custody_finding_name((enum custody_finding_kind)kind)) <
            distance(word, custody_finding_name((enum custody_finding_kind)nearest))) {
            nearest = kind;
        }
    }
    return (enum custody_finding_kind)nearest;
}

enum custody_finding_kind cst_explanation_kind(const char *word)
{
    for (int kind = 0; kind < CUSTODY_FINDING_COUNT; kind++) {
        if (strcmp(word, custody_finding_name((enum custody_finding_kind)kind)) == 0) {
            return (enum custody_finding_kind)kind;
        }
    }
    return CUSTODY_FINDING_COUNT;
}
