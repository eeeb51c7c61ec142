/* The calls of a stack, one after the other: frames resolved, inlined calls expanded, and of each whose machinery it is.
 * What reports print, and what leak trees are made of. */
#ifndef CST_TOOL_CALL_LIST_H
#define CST_TOOL_CALL_LIST_H

#include "origin.h"

/** One call of a stack. */
struct cst_listed_call {
    const struct cst_log_frame *frame;
    const struct cst_log_module *module; /**< NULL when the frame has none or it is unknown */
    const struct cst_call *call;         /**< NULL when nothing is known beyond the module */
    enum cst_library library;
    enum cst_symbol_file file; /**< of the module */
    bool last;                 /**< the outermost of its frame: not inlined into another */
};

/** Innermost first, as they are numbered in reports. */
struct cst_call_list {
    struct cst_listed_call *items;
    size_t count;
};

/** The calls of a stack of `process`, in the arena; they point into the log and the resolver. */
struct cst_call_list cst_call_list_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                        const struct cst_log_process *process, const struct cst_log_stack *stack);

/** True when each call is machinery, so that nothing would be left if that were passed over. */
bool cst_call_list_is_machinery(const struct cst_call_list *list);

/** The name of a call, in the arena: the function, or module and offset ("client+0x1234"), or the bare address. */
const char *cst_call_list_name(struct cst_arena *arena, const struct cst_listed_call *call);

#endif
