/* Stacks as lists of calls; see call_list.h. */
#include "call_list.h"

#include <inttypes.h>
#include <string.h>

/* The "main" that rustc makes for C to call: it has no source, and hands on to the standard library. */
static bool is_rust_entry(const struct cst_call_list *list, const struct cst_listed_call *call)
{
    const struct cst_listed_call *inner = list->count > 0 ? &list->items[list->count - 1] : NULL;
    return inner && inner->library == CST_LIBRARY_RUST && call->call && call->call->function && !call->call->file &&
           strcmp(call->call->function, "main") == 0 && inner->call && inner->call->function &&
           strstr(inner->call->function, "rt::lang_start");
}

static void add_call(struct cst_arena *arena, struct cst_call_list *list, struct cst_listed_call call)
{
    call.library = is_rust_entry(list, &call) ? CST_LIBRARY_RUST : cst_origin_library(call.call, call.module);
    list->items = cst_arena_extend(arena, list->items, list->count, sizeof *list->items);
    list->items[list->count++] = call;
}

struct cst_call_list cst_call_list_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                        const struct cst_log_process *process, const struct cst_log_stack *stack)
{
    struct cst_call_list list = {0};
    for (size_t i = 0; i < stack->count; i++) {
        const struct cst_log_frame *frame = &stack->frames[i];
        const struct cst_calls *calls = cst_symbols_resolve(symbols, process, frame);
        struct cst_listed_call call = {.frame = frame,
                                       .module = cst_log_module_of(process, frame),
                                       .file = calls->file,
                                       .last = calls->count == 0};
        for (size_t j = 0; j < calls->count; j++) {
            call.call = &calls->items[j];
            call.last = j + 1 == calls->count;
            add_call(arena, &list, call);
        }
        if (calls->count == 0) {
            add_call(arena, &list, call);
        }
    }
    return list;
}

bool cst_call_list_is_machinery(const struct cst_call_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].library == CST_LIBRARY_NONE) {
            return false;
        }
    }
    return true;
}

const char *cst_call_list_name(struct cst_arena *arena, const struct cst_listed_call *call)
{
    if (call->call && call->call->function && *call->call->function) {
        return call->call->function;
    }
    uint64_t offset = call->frame->offset;
    if (call->module) {
        return cst_arena_format(arena, "%s+0x%" PRIx64, call->module->name, offset);
    }
    return cst_arena_format(arena, "%s0x%" PRIx64, call->frame->module == CST_NO_MODULE ? "" : "unknown module+",
                            offset);
}
