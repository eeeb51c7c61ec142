/* A stack in a text report: numbered frames, inlined calls expanded, and the first source line that can be shown. */
#ifndef CST_TOOL_TEXT_STACK_H
#define CST_TOOL_TEXT_STACK_H

#include "audit_log.h"
#include "paint.h"
#include "source_text.h"
#include "symbol.h"

/** What printing a stack needs. `directory` is the current one: files below it are shown relative to it; "" for none. */
struct cst_text_stack {
    const struct cst_canvas *canvas;
    struct cst_symbols *symbols;
    struct cst_source_texts *sources;
    const char *directory;
};

/** Prints the frames of a stack of `process`, and the source line of the innermost frame whose file is readable. */
void cst_text_stack_print(const struct cst_text_stack *printer, const struct cst_log_process *process,
                          const struct cst_log_stack *stack);

#endif
