/* Bounded line reading; see line_source.h. */
#include "line_source.h"

#include "say.h"

#include <stdlib.h>

bool cst_line_source_next(struct cst_line_source *source)
{
    if (!source->buffer) {
        source->buffer = malloc(CST_LINE_MAX + 1);
        if (!source->buffer) {
            cst_say_and_exit("out of memory");
        }
    }
    source->length = 0;
    source->complete = false;
    source->too_long = false;
    int byte;
    while ((byte = getc_unlocked(source->file)) != EOF && byte != '\n') {
        if (source->length < CST_LINE_MAX) {
            source->buffer[source->length++] = (char)byte;
        } else {
            source->too_long = true;
        }
    }
    source->buffer[source->length] = '\0';
    source->complete = byte == '\n';
    source->number++;
    return source->complete || source->length > 0;
}

void cst_line_source_free(struct cst_line_source *source)
{
    free(source->buffer);
    source->buffer = NULL;
}
