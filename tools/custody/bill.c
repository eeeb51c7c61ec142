/* Who pays; see bill.h. What machinery is, origin.c knows. */
#include "bill.h"

#include "origin.h"

#include <string.h>

static const char *known(const char *text)
{
    return text ? text : "";
}

/* Puts a call down as the place; NULL where nothing is known of the frame but its module. */
static void put_down(struct cst_arena *arena, struct cst_bill *bill, const struct cst_log_module *module,
                     const struct cst_log_frame *frame, const struct cst_call *call)
{
    bill->frame = frame;
    bill->module = module ? module->name : "";
    bill->module_path = module ? module->path : "";
    if (!call) {
        return;
    }
    bill->function = known(call->function);
    bill->file = known(call->file);
    bill->line = call->line;
    const char *lang = cst_origin_lang(call);
    bill->lang = lang ? lang : bill->lang;
    bill->crate = cst_origin_crate(arena, call);
}

/* Takes the first call of a frame that is nobody's machinery; false when there is none. */
static bool bill_frame(struct cst_arena *arena, struct cst_bill *bill, const struct cst_log_module *module,
                       const struct cst_log_frame *frame, const struct cst_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (cst_origin_library(&calls->items[i], module) == CST_LIBRARY_NONE) {
            put_down(arena, bill, module, frame, &calls->items[i]);
            return true;
        }
    }
    if (calls->count == 0 && cst_origin_library(NULL, module) == CST_LIBRARY_NONE) {
        put_down(arena, bill, module, frame, NULL);
        return true;
    }
    return false;
}

/* Bills a stack of machinery alone: that which was compiled into somebody's own module, or else its first frame. */
static void bill_machinery(struct cst_arena *arena, struct cst_bill *bill, struct cst_symbols *symbols,
                           const struct cst_log_process *process, const struct cst_log_stack *stack)
{
    size_t chosen = 0;
    for (size_t i = stack->count; i > 0; i--) {
        if (cst_origin_library(NULL, cst_log_module_of(process, &stack->frames[i - 1])) == CST_LIBRARY_NONE) {
            chosen = i - 1;
        }
    }
    const struct cst_log_frame *frame = &stack->frames[chosen];
    const struct cst_calls *calls = cst_symbols_resolve(symbols, process, frame);
    put_down(arena, bill, cst_log_module_of(process, frame), frame, calls->count ? &calls->items[0] : NULL);
    bill->machinery = true;
    bill->crate = "";
}

struct cst_bill cst_bill_make(struct cst_arena *arena, struct cst_symbols *symbols,
                              const struct cst_log_finding *finding)
{
    struct cst_bill bill = {
        .side = finding->has_owner ? finding->owner.side : "unknown",
        .lang = finding->has_owner && strcmp(finding->owner.lang, "unknown") != 0 ? finding->owner.lang : "",
        .crate = "",
        .module = "",
        .module_path = "",
        .function = "",
        .file = "",
    };
    const struct cst_log_stack *stack = finding->alloc.count ? &finding->alloc : &finding->release;
    for (size_t i = 0; i < stack->count; i++) {
        const struct cst_log_frame *frame = &stack->frames[i];
        const struct cst_log_module *module = cst_log_module_of(finding->process, frame);
        if (bill_frame(arena, &bill, module, frame, cst_symbols_resolve(symbols, finding->process, frame))) {
            return bill;
        }
    }
    if (stack->count > 0) {
        bill_machinery(arena, &bill, symbols, finding->process, stack);
    }
    return bill;
}
