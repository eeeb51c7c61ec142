#include "words.h"

#include "_cgo_export.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
    char **items;
    size_t count, room;
};

struct words *words_new(void)
{
    return calloc(1, sizeof(struct words));
}

int words_add(struct words *words, const char *text)
{
    if (words->count == words->room) {
        size_t room = words->room ? 2 * words->room : 4;
        char **items = realloc(words->items, room * sizeof *items);
        if (!items)
            return -1;
        words->items = items;
        words->room = room;
    }
    words->items[words->count] = strdup(text);
    return words->items[words->count] ? (words->count++, 0) : -1;
}

size_t words_count(const struct words *words)
{
    return words->count;
}

char *words_joined(const struct words *words)
{
    size_t size = words_fill(words, NULL, 0);
    char *text = malloc(size + 1);
    if (text)
        words_fill(words, text, size + 1);
    return text;
}

size_t words_fill(const struct words *words, char *buffer, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < words->count; i++) {
        const char *text = words->items[i];
        if (at < size)
            snprintf(buffer + at, size - at, "%s ", text);
        at += strlen(text) + 1;
    }
    return at;
}

void words_end(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    free(words);
}

static void *tell(void *handle)
{
    struct words *words = words_new();
    for (int i = 0; words && i < 20; i++)
        words_add(words, "told");
    char *text = words ? words_joined(words) : NULL;
    if (text)
        hear((uintptr_t)handle, text);
    free(text);
    if (words)
        words_end(words);
    return NULL;
}

int words_tell_in_threads(unsigned count, uintptr_t handle)
{
    pthread_t *threads = malloc(count * sizeof *threads);
    unsigned made = 0;
    while (threads && made < count && pthread_create(&threads[made], NULL, tell, (void *)handle) == 0)
        made++;
    for (unsigned i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return made == count ? 0 : -1;
}

unsigned long churn(unsigned rounds, unsigned seed)
{
    enum { HELD = 64 };
    unsigned char *held[HELD] = {0};
    unsigned long sum = 0;
    for (unsigned i = 0; i < rounds; i++) {
        seed = seed * 1103515245U + 12345U;
        unsigned char **place = &held[seed >> 16 & (HELD - 1)];
        if (*place)
            sum += **place;
        free(*place);
        *place = malloc(1 + (seed >> 8 & 1023));
        if (*place)
            **place = (unsigned char)i;
    }
    for (unsigned i = 0; i < HELD; i++)
        free(held[i]);
    return sum;
}
