/* PQExpBuffer: libpq makes it for whoever calls, who may keep its text and release it with free(), as PostgreSQL's own
 * programs do, or with PQfreemem(). What libpq makes of such buffers for its callers is libpq's.
 *
 * @packages libpq
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @run kept
 * @run with-PQfreemem
 * @run from-libpq
 * @expect cross-allocator-free error exact owner=libpq.so.5/c/libpq by=$prog/c/malloc call=free advice=PQfreemem
 * @run good
 */
#include "keep.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define pg_attribute_printf(format, first) /* of a header that programs do not have */
#include <postgresql/internal/pqexpbuffer.h>

static char *text_of_buffer(void)
{
    PQExpBufferData buffer;
    initPQExpBuffer(&buffer);
    for (int i = 0; i < 100; i++)
        appendPQExpBuffer(&buffer, "line %d\n", i);
    return keep(buffer.data);
}

static void use_buffer(void)
{
    PQExpBuffer buffer = createPQExpBuffer();
    appendPQExpBufferStr(buffer, "text");
    destroyPQExpBuffer(buffer);
}

static char *message(void)
{
    char *text = NULL;
    PQconninfoParse("no=parameter", &text);
    return keep(text);
}

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "good";
    use_buffer();
    if (strcmp(run, "kept") == 0)
        free(text_of_buffer());
    if (strcmp(run, "with-PQfreemem") == 0)
        PQfreemem(text_of_buffer());
    if (strcmp(run, "from-libpq") == 0)
        free(message());
    else
        PQfreemem(message());
    puts("done");
    return 0;
}
