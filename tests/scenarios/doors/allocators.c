/* Every allocator of a library against every release function, right and wrong pairs alike: one row for each contract of
 * include/custody/allocators.def. Prints what it does, a line each, from which harness/allocators.py knows what must be
 * found:
 *
 *   pair CONTRACT CONTRACT    who makes the block, and whose function releases it
 */
#include "keep.h"

#include <curl/curl.h>
#include <glib.h>
#include <libpq-fe.h>
#include <libxml/xmlmemory.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define pg_attribute_printf(format, first) /* of a header that programs do not have */
#include <postgresql/internal/pqexpbuffer.h>

#define SLICE 72

struct maker {
    const char *contract;
    void *(*make)(size_t size);
};

struct releaser {
    const char *contract;
    void (*release)(void *block);
};

/* Each call is followed by something, so that it is no tail jump out of a function that is called by its address. */
#define MAKER(name, expression) \
    static void *name(size_t size) \
    { \
        (void)size; \
        return keep(expression); \
    }

#define RELEASER(name, call) \
    static void name(void *block) \
    { \
        call; \
        (void)keep(block); \
    }

MAKER(by_malloc, malloc(size))
MAKER(by_openssl, OPENSSL_malloc(size))
MAKER(by_glib, g_malloc(size))
MAKER(by_glib_aligned, g_aligned_alloc(1, size, 64))
MAKER(by_sqlite, sqlite3_malloc((int)size))
MAKER(by_libpq, PQescapeBytea((const unsigned char *)"bytes", 5, &size))
MAKER(by_libxml, xmlMalloc(size))
MAKER(by_libcurl, curl_easy_escape(NULL, "a b", 0))

/* Not the first of its page, which is the whole page's address. */
static void *by_slice(size_t size)
{
    (void)size;
    void *first = g_slice_alloc(SLICE), *second = g_slice_alloc(SLICE);
    g_slice_free1(SLICE, keep(first));
    return keep(second);
}

static void *by_buffer(size_t size)
{
    PQExpBufferData buffer;
    initPQExpBuffer(&buffer);
    (void)size;
    return keep(buffer.data);
}

RELEASER(to_free, free(block))
RELEASER(to_openssl, OPENSSL_free(block))
RELEASER(to_glib, g_free(block))
RELEASER(to_glib_aligned, g_aligned_free(block))
RELEASER(to_slice, g_slice_free1(SLICE, block))
RELEASER(to_sqlite, sqlite3_free(block))
RELEASER(to_libpq, PQfreemem(block))
RELEASER(to_libxml, xmlFree(block))
RELEASER(to_libcurl, curl_free(block))

static void to_buffer(void *block)
{
    PQExpBufferData buffer = {.data = block, .maxlen = 1, .len = 0};
    termPQExpBuffer(&buffer);
}

static const struct maker makers[] = {
    {"malloc", by_malloc},       {"OPENSSL_malloc", by_openssl},
    {"g_malloc", by_glib},       {"g_aligned_alloc", by_glib_aligned},
    {"g_slice_alloc", by_slice}, {"sqlite3_malloc", by_sqlite},
    {"libpq", by_libpq},         {"PQExpBuffer", by_buffer},
    {"xmlMalloc", by_libxml},    {"libcurl", by_libcurl},
};

static const struct releaser releasers[] = {
    {"malloc", to_free},           {"OPENSSL_malloc", to_openssl},
    {"g_malloc", to_glib},         {"g_aligned_alloc", to_glib_aligned},
    {"sqlite3_malloc", to_sqlite}, {"libpq", to_libpq},
    {"PQExpBuffer", to_buffer},    {"xmlMalloc", to_libxml},
    {"libcurl", to_libcurl},       {"g_slice_alloc", to_slice},
};

/* GLib writes into what it is given for a slice. */
static int is_possible(const struct maker *maker, const struct releaser *releaser)
{
    return strcmp(releaser->contract, "g_slice_alloc") != 0 || strcmp(maker->contract, "g_slice_alloc") == 0;
}

int main(void)
{
    size_t count = sizeof makers / sizeof *makers, size = 100;
    sqlite3_initialize();
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof releasers / sizeof *releasers; j++)
            if (is_possible(&makers[i], &releasers[j])) {
                printf("pair %s %s\n", makers[i].contract, releasers[j].contract);
                releasers[j].release(makers[i].make(size++));
            }
    return 0;
}
