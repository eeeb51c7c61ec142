/* Memory of a library, released by another's function: libraries whose allocator rests on libc's, so that nothing shows until
 * they are built another way. The advice names the function to call.
 *
 * @packages libcrypto sqlite3 libpq glib-2.0
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin
 * @run name-to-free
 * @origin D libusual issue 41
 * @expect cross-allocator-free error exact owner=libcrypto.so.3/c/OPENSSL_malloc by=$prog/c/malloc call=free advice=OPENSSL_free alloc=libcrypto.so.3 release=$prog
 * @run buffer-to-free
 * @origin D libica issue 67
 * @expect cross-allocator-free error exact owner=libcrypto.so.3/c/OPENSSL_malloc by=$prog/c/malloc call=free size=37 advice=OPENSSL_free
 * @run message-to-g_free
 * @origin D colord issue 169
 * @expect cross-allocator-free error exact owner=libsqlite3.so.0/c/sqlite3_malloc by=libglib-2.0.so.0/c/g_malloc call=free advice=sqlite3_free release=$prog
 * @run message-to-free
 * @expect cross-allocator-free error exact owner=libsqlite3.so.0/c/sqlite3_malloc by=$prog/c/malloc call=free advice=sqlite3_free release=$prog
 * @run conninfo-to-free
 * @origin D psqlodbc issue 114
 * @expect cross-allocator-free error exact owner=libpq.so.5/c/libpq by=$prog/c/malloc call=free advice=PQfreemem release=$prog
 * @run escaped-to-free
 * @expect cross-allocator-free error exact owner=libpq.so.5/c/libpq by=$prog/c/malloc call=free advice=PQfreemem
 * @run string-to-free
 * @expect cross-allocator-free error exact owner=libglib-2.0.so.0/c/g_malloc by=$prog/c/malloc call=free size=43 advice=g_free
 * @run string-to-realloc
 * @expect cross-allocator-free error exact owner=libglib-2.0.so.0/c/g_malloc by=$prog/c/malloc call=realloc size=43 advice=g_free
 * @run line-to-g_free
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libglib-2.0.so.0/c/g_malloc call=free size=120 advice=free
 * @run line-to-g_realloc
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libglib-2.0.so.0/c/g_malloc call=realloc size=120 advice=free
 * @run own-to-sqlite3_free
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libsqlite3.so.0/c/sqlite3_malloc call=free size=47 advice=free
 * @run own-to-OPENSSL_free
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libcrypto.so.3/c/OPENSSL_malloc call=free size=47 advice=free
 * @run own-to-PQfreemem
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libpq.so.5/c/libpq call=free size=47 advice=free
 * @run slice-to-g_free
 * @expect cross-allocator-free error exact owner=libglib-2.0.so.0/c/g_slice_alloc by=libglib-2.0.so.0/c/g_malloc call=free advice=g_slice_free1
 * @run slice-to-free
 * @expect cross-allocator-free error exact owner=libglib-2.0.so.0/c/g_slice_alloc by=$prog/c/malloc call=free advice=g_slice_free1
 * @run aligned-to-free
 * @expect cross-allocator-free error exact owner=libglib-2.0.so.0/c/g_aligned_alloc by=$prog/c/malloc call=free size=106 align=64 advice=g_aligned_free
 * @run aligned-to-g_free
 * @expect cross-allocator-free warning inferred owner=libglib-2.0.so.0/c/g_aligned_alloc by=libglib-2.0.so.0/c/g_malloc call=free size=106 advice=g_aligned_free
 * @run good
 */
#include "keep.h"

#include <glib.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *make_name(void)
{
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"someone", -1, -1, 0);
    char *line = X509_NAME_oneline(name, NULL, 0);
    X509_NAME_free(name);
    return line;
}

static void *make_buffer(void)
{
    char digits[2 * 37 + 1] = "";
    memset(digits, 'a', 2 * 37);
    return OPENSSL_hexstr2buf(digits, NULL);
}

static void *make_message(void)
{
    sqlite3 *base;
    char *message = NULL;
    sqlite3_open(":memory:", &base);
    sqlite3_exec(base, "no statement", NULL, NULL, &message);
    sqlite3_close(base);
    return message;
}

static void *make_conninfo(void)
{
    char *message = NULL;
    PQconninfoParse("no=parameter", &message);
    return message;
}

static void *make_escaped(void)
{
    size_t length;
    return PQescapeBytea((const unsigned char *)"bytes", 5, &length);
}

static void *make_string(void)
{
    return g_strdup_printf("%042d", 1);
}

/* libc makes it for the program. */
static void *make_line(void)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen("/proc/self/status", "r");
    if (getline(&line, &size, file) < 0) {
        abort();
    }
    fclose(file);
    return line;
}

static void *make_own(void)
{
    return keep(malloc(47));
}

static void *others[2];

/* Not the first of its page, which is the whole page's address. The others are kept until the end. */
static void *make_slice(void)
{
    others[0] = g_slice_alloc(56);
    others[1] = g_slice_alloc(56);
    return g_slice_alloc(56);
}

static void release_others(void)
{
    for (size_t i = 0; i < 2 && others[i]; i++) {
        g_slice_free1(56, others[i]);
    }
}

static void *make_aligned(void)
{
    return g_aligned_alloc(2, 53, 64);
}

static void *resized(void *(*resize)(void *, size_t), void *block)
{
    void *larger = resize(block, 400);
    return larger;
}

static void *by_realloc(void *block, size_t size)
{
    void *larger = realloc(block, size);
    return keep(larger);
}

static void *by_g_realloc(void *block, size_t size)
{
    void *larger = g_realloc(block, size);
    return keep(larger);
}

static void slice_free(void *block)
{
    g_slice_free1(56, block);
}

static void release(const char *how, void *block)
{
    block = keep(block);
    if (strcmp(how, "free") == 0)
        free(block);
    else if (strcmp(how, "g_free") == 0)
        g_free(block);
    else if (strcmp(how, "sqlite3_free") == 0)
        sqlite3_free(block);
    else if (strcmp(how, "OPENSSL_free") == 0)
        OPENSSL_free(block);
    else if (strcmp(how, "PQfreemem") == 0)
        PQfreemem(block);
    else if (strcmp(how, "realloc") == 0)
        free(resized(by_realloc, block));
    else if (strcmp(how, "g_realloc") == 0)
        g_free(resized(by_g_realloc, block));
    else if (strcmp(how, "g_aligned_free") == 0)
        g_aligned_free(block);
    else
        slice_free(block);
}

static const struct maker {
    const char *name;
    void *(*make)(void);
    const char *right;
} makers[] = {
    {"name", make_name, "OPENSSL_free"},
    {"buffer", make_buffer, "OPENSSL_free"},
    {"message", make_message, "sqlite3_free"},
    {"conninfo", make_conninfo, "PQfreemem"},
    {"escaped", make_escaped, "PQfreemem"},
    {"string", make_string, "g_free"},
    {"line", make_line, "free"},
    {"own", make_own, "free"},
    {"slice", make_slice, "g_slice_free1"},
    {"aligned", make_aligned, "g_aligned_free"},
};

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "good";
    sqlite3_initialize();
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        size_t length = strlen(makers[i].name);
        if (strncmp(run, makers[i].name, length) == 0 && run[length] == '-') {
            const char *how = strstr(run, "-to-") ? strstr(run, "-to-") + 4 : makers[i].right;
            release(how, makers[i].make());
        } else if (strcmp(run, "good") == 0) {
            release(makers[i].right, makers[i].make());
        }
    }
    release_others();
    puts("done");
    return 0;
}
