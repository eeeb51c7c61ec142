/* A stack in a text report: numbered calls, inlined ones expanded, runs of machinery in one line, and the first source line
 * that can be shown. */
#ifndef CST_TOOL_TEXT_STACK_H
#define CST_TOOL_TEXT_STACK_H

#include "audit_log.h"
#include "paint.h"
#include "source_text.h"
#include "symbol.h"

/** What printing a stack needs. `directory` is the current one: files below it are shown relative to it; "" for none.
 * With `all_calls` no machinery is left out. */
struct cst_text_stack {
    const struct cst_canvas *canvas;
    struct cst_symbols *symbols;
    struct cst_source_texts *sources;
    const char *directory;
    bool all_calls;
};

/** Prints "file:line", shortened as far as it can be. */
void cst_text_stack_place(const struct cst_text_stack *printer, const char *file, int line);

/** Prints the calls of a stack of `process`, and the source line of the innermost one whose file is readable. Calls keep
 * their numbers whatever is left out between them. */
void cst_text_stack_print(const struct cst_text_stack *printer, const struct cst_log_process *process,
                          const struct cst_log_stack *stack);

#endif
