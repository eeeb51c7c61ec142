/* Recorded symbols from JSON; see event_symbols.h. */
#include "event_symbols.h"

#include "field.h"
#include "symbol_scopes.h"

#include <limits.h>

static int read_number(const json_t *object, const char *name)
{
    uint64_t number = cst_field_count(object, name);
    return number <= INT_MAX ? (int)number : 0;
}

static struct cst_call read_call(struct cst_log *log, const json_t *object, bool last)
{
    return (struct cst_call){
        .function = cst_arena_copy(&log->arena, cst_field_text(object, "function", NULL)),
        .file = cst_arena_copy(&log->arena, cst_field_text(object, "file", NULL)),
        .crate = cst_arena_copy(&log->arena, cst_field_text(object, "crate", NULL)),
        .line = read_number(object, "line"),
        .column = read_number(object, "column"),
        /* The last call of a frame is the function itself, whatever the log says. */
        .inlined = !last && json_is_true(json_object_get(object, "inlined")),
    };
}

static struct cst_calls read_calls(struct cst_log *log, const json_t *array)
{
    struct cst_calls calls = {.count = json_array_size(array)};
    if (calls.count > CST_SYMBOL_SCOPES_MAX) {
        calls.count = CST_SYMBOL_SCOPES_MAX;
    }
    calls.items = calls.count ? cst_arena_alloc(&log->arena, calls.count * sizeof *calls.items) : NULL;
    for (size_t i = 0; i < calls.count; i++) {
        calls.items[i] = read_call(log, json_array_get(array, i), i + 1 == calls.count);
    }
    return calls;
}

void cst_event_symbols(struct cst_log *log, struct cst_recorded *recorded, const json_t *event)
{
    const char *path = cst_field_text(event, "module", "");
    const char *build_id = cst_field_text(event, "build_id", "");
    struct cst_recorded_module *module =
        cst_recorded_add_module(log, recorded, cst_recorded_name(&log->arena, path, build_id));
    size_t index;
    const json_t *frame;
    json_array_foreach(json_object_get(event, "frames"), index, frame)
    {
        struct cst_calls calls = read_calls(log, json_object_get(frame, "calls"));
        if (calls.count > 0 && json_is_string(json_object_get(frame, "offset"))) {
            cst_recorded_add(log, module, cst_field_address(frame, "offset"), calls);
        }
    }
}
