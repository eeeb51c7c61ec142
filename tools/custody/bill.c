/* Who pays; see bill.h. What machinery is, origin.c knows. */
#include "bill.h"

#include "call_list.h"

#include <string.h>

static const char *known(const char *text)
{
    return text ? text : "";
}

/* Puts a call down as the place. */
static void put_down(struct cst_arena *arena, struct cst_bill *bill, const struct cst_listed_call *place)
{
    bill->frame = place->frame;
    bill->module = place->module ? place->module->name : "";
    bill->module_path = place->module ? place->module->path : "";
    if (!place->call) {
        return;
    }
    bill->function = known(place->call->function);
    bill->file = known(place->call->file);
    bill->line = place->call->line;
    const char *lang = cst_origin_lang(place->call);
    bill->lang = lang ? lang : bill->lang;
    bill->crate = cst_origin_crate(arena, place->call);
}

/* Bills machinery alone: that which was compiled into somebody's own module, or else the first call. */
static void bill_machinery(struct cst_arena *arena, struct cst_bill *bill, const struct cst_call_list *list)
{
    size_t chosen = 0;
    while (chosen < list->count && cst_origin_library(NULL, list->items[chosen].module) != CST_LIBRARY_NONE) {
        chosen++;
    }
    put_down(arena, bill, &list->items[chosen < list->count ? chosen : 0]);
    bill->machinery = true;
    bill->crate = "";
}

static void bill_calls(struct cst_arena *arena, struct cst_bill *bill, const struct cst_call_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].library == CST_LIBRARY_NONE) {
            put_down(arena, bill, &list->items[i]);
            return;
        }
    }
    if (list->count > 0) {
        bill_machinery(arena, bill, list);
    }
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
    const struct cst_log_stack *stack = cst_log_stack_of_origin(finding);
    stack = stack->count ? stack : &finding->release;
    struct cst_arena scratch = {0};
    struct cst_call_list list = cst_call_list_make(&scratch, symbols, finding->process, stack);
    bill_calls(arena, &bill, &list);
    cst_arena_free(&scratch);
    return bill;
}
