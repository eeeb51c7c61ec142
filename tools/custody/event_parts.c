/* Parts of events; see event_parts.h. */
#include "event_parts.h"

#include "field.h"

/** More frames than any stack in a log has. */
#define STACK_FRAMES_MAX 256

const char *cst_event_text(struct cst_log *log, const json_t *object, const char *name, const char *otherwise)
{
    return cst_arena_copy(&log->arena, cst_field_text(object, name, otherwise));
}

bool cst_event_party(struct cst_log *log, const json_t *object, struct cst_log_party *out_party)
{
    *out_party = (struct cst_log_party){
        .side = cst_event_text(log, object, "side", "unknown"),
        .lang = cst_event_text(log, object, "lang", "unknown"),
        .contract = cst_event_text(log, object, "contract", "unknown"),
        .call = cst_event_text(log, object, "call", ""),
    };
    return json_is_object(object);
}

struct cst_log_stack cst_event_stack(struct cst_log *log, const json_t *array)
{
    size_t count = json_array_size(array);
    if (count > STACK_FRAMES_MAX) {
        count = STACK_FRAMES_MAX;
    }
    struct cst_log_stack stack = {0};
    if (count == 0) {
        return stack;
    }
    stack.frames = cst_arena_alloc(&log->arena, count * sizeof *stack.frames);
    stack.count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(array, i);
        uint64_t module = CST_NO_MODULE;
        (void)cst_field_number(object, "module", &module);
        stack.frames[i] = (struct cst_log_frame){
            .module = module < CST_MODULE_IDS ? (uint32_t)module : CST_NO_MODULE,
            .offset = cst_field_address(object, "offset"),
            .symbol = cst_event_text(log, object, "symbol", NULL),
        };
    }
    return stack;
}

struct cst_log_moment cst_event_moment(struct cst_log *log, const json_t *object)
{
    struct cst_log_moment moment = {
        .deed = cst_event_text(log, object, "deed", "unknown"),
        .thread = cst_event_text(log, object, "thread", ""),
        .stack = cst_event_stack(log, json_object_get(object, "stack")),
    };
    (void)cst_event_party(log, json_object_get(object, "by"), &moment.by);
    moment.has_to = cst_event_party(log, json_object_get(object, "to"), &moment.to);
    return moment;
}
