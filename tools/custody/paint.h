/* Where text reports go: a stream, and whether it takes colours. The only place that knows escape codes. */
#ifndef CST_TOOL_PAINT_H
#define CST_TOOL_PAINT_H

#include <stdbool.h>
#include <stdio.h>

enum cst_paint {
    CST_PAINT_PLAIN,
    CST_PAINT_BOLD,
    CST_PAINT_DIM,
    CST_PAINT_ERROR,
    CST_PAINT_WARNING,
    CST_PAINT_NOTE,
    CST_PAINT_HELP,
};

/** A stream and its way of showing things. */
struct cst_canvas {
    FILE *file;
    bool colour;
};

/** Writes `text`, control characters made visible, in this paint. */
void cst_paint(const struct cst_canvas *canvas, enum cst_paint paint, const char *text);

#endif
