/* reed: see reed.h. */
#include "reed.h"

#include "keep.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "reed, double, bamboo.1";
static char *kept;
static size_t kept_size;

size_t reed_describe(char *out, size_t capacity)
{
    size_t length = sizeof text - 1, fits = length < capacity ? length : capacity ? capacity - 1 : 0;
    memcpy(keep(out), text, fits);
    if (capacity)
        out[fits] = '\0';
    return length;
}

size_t reed_describe_all(char *out, size_t capacity)
{
    (void)capacity;
    memcpy(keep(out), text, (size_t)keep((void *)sizeof text));
    return sizeof text - 1;
}

size_t reed_describe_bare(char *out, size_t capacity)
{
    strncpy(keep(out), text, capacity);
    return capacity < sizeof text - 1 ? capacity : sizeof text - 1;
}

size_t reed_count_loudly(char *of, size_t length)
{
    size_t letters = 0;
    for (size_t i = 0; i < length; i++) {
        letters += isalpha((unsigned char)of[i]) != 0;
        of[i] = (char)toupper((unsigned char)of[i]);
    }
    return letters;
}

size_t reed_count(const char *of, size_t length)
{
    size_t letters = 0;
    for (size_t i = 0; i < length; i++)
        letters += isalpha((unsigned char)of[i]) != 0;
    return letters;
}

size_t reed_listen(char *out, size_t capacity)
{
    kept = keep(out);
    kept_size = capacity;
    return reed_describe(out, capacity);
}

void reed_poll(void)
{
    *(char *)keep(kept) = '!';
}

void reed_close(void)
{
    free(keep(kept));
    kept = NULL;
}

void reed_grow(void)
{
    free(keep(realloc(keep(kept), kept_size + 100)));
    kept = NULL;
}
