/* Events about processes; see event_process.h. */
#include "event_process.h"

#include "field.h"

#include <string.h>

static const char *copy_field(struct cst_log *log, const json_t *object, const char *name, const char *otherwise)
{
    return cst_arena_copy(&log->arena, cst_field_text(object, name, otherwise));
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void cst_event_start(struct cst_log *log, struct cst_log_process *process, const json_t *event)
{
    process->started = true;
    process->exe = copy_field(log, event, "exe", "");
    const char *path = process->exe;
    if (!*path) {
        path = json_string_value(json_array_get(json_object_get(event, "argv"), 0));
    }
    process->program = path && *path ? cst_arena_copy(&log->arena, last_component(path)) : "unknown";
}

void cst_event_fork(struct cst_log *log, struct cst_log_process *process, const struct cst_log_process *parent)
{
    if (!parent) {
        return;
    }
    process->started = parent->started;
    process->exe = parent->exe;
    process->program = parent->program;
    for (size_t id = 0; id < parent->module_count; id++) {
        process->modules = cst_arena_extend(&log->arena, process->modules, id, sizeof(struct cst_log_module *));
        process->modules[id] = parent->modules[id];
        process->module_count = id + 1;
    }
}

void cst_event_module(struct cst_log *log, struct cst_log_process *process, const json_t *event)
{
    uint64_t id;
    if (!cst_field_number(event, "id", &id) || id >= CST_MODULE_IDS) {
        return;
    }
    struct cst_log_module *module = cst_arena_alloc(&log->arena, sizeof *module);
    module->path = copy_field(log, event, "path", "");
    module->name = *module->path ? last_component(module->path) : "unknown";
    module->build_id = copy_field(log, event, "build_id", "");
    module->role = copy_field(log, event, "role", "");
    module->rust_inferred = strcmp(copy_field(log, event, "rust", ""), "inferred") == 0;
    while (process->module_count <= id) {
        process->modules =
            cst_arena_extend(&log->arena, process->modules, process->module_count, sizeof(struct cst_log_module *));
        process->modules[process->module_count++] = NULL;
    }
    process->modules[id] = module;
}

static void take_side(struct cst_log *log, struct cst_log_process *process, const json_t *object)
{
    process->sides = cst_arena_extend(&log->arena, process->sides, process->side_count, sizeof(struct cst_log_side));
    process->sides[process->side_count++] = (struct cst_log_side){
        .side = copy_field(log, object, "side", "unknown"),
        .lang = copy_field(log, object, "lang", "unknown"),
        .module = copy_field(log, object, "module", ""),
        .allocs = cst_field_count(object, "allocs"),
        .frees = cst_field_count(object, "frees"),
        .total_bytes = cst_field_count(object, "total_bytes"),
        .live_blocks = cst_field_count(object, "live_blocks"),
        .live_bytes = cst_field_count(object, "live_bytes"),
        .peak_blocks = cst_field_count(object, "peak_blocks"),
        .peak_bytes = cst_field_count(object, "peak_bytes"),
    };
}

static void take_crossing(struct cst_log *log, struct cst_log_process *process, const json_t *object)
{
    process->crossings =
        cst_arena_extend(&log->arena, process->crossings, process->crossing_count, sizeof(struct cst_log_crossing));
    process->crossings[process->crossing_count++] = (struct cst_log_crossing){
        .from = copy_field(log, object, "from", "unknown"),
        .from_lang = copy_field(log, object, "from_lang", "unknown"),
        .to = copy_field(log, object, "to", "unknown"),
        .to_lang = copy_field(log, object, "to_lang", "unknown"),
        .contract = copy_field(log, object, "contract", "unknown"),
        .count = cst_field_count(object, "count"),
        .allowed = json_is_true(json_object_get(object, "allowed")),
    };
}

static void take_repeat(struct cst_log *log, struct cst_log_process *process, const json_t *object)
{
    process->repeats =
        cst_arena_extend(&log->arena, process->repeats, process->repeat_count, sizeof(struct cst_log_repeat));
    process->repeats[process->repeat_count++] = (struct cst_log_repeat){
        .key = copy_field(log, object, "key", ""),
        .count = cst_field_count(object, "count"),
    };
}

static void take_policy(struct cst_log *log, struct cst_log_policy *policy, const json_t *object)
{
    policy->file = copy_field(log, object, "file", "");
    policy->digest = copy_field(log, object, "digest", "");
    policy->holds = json_is_true(json_object_get(object, "holds"));
    policy->errors = cst_field_count(object, "errors");
    size_t index;
    json_t *element;
    json_array_foreach(json_object_get(object, "rules"), index, element)
    {
        policy->rules = cst_arena_extend(&log->arena, policy->rules, policy->count, sizeof *policy->rules);
        policy->rules[policy->count++] = (struct cst_log_rule){
            .line = cst_field_count(element, "line"),
            .word = copy_field(log, element, "rule", ""),
            .count = cst_field_count(element, "count"),
        };
    }
}

void cst_event_exit(struct cst_log *log, struct cst_log_process *process, const json_t *event)
{
    static const struct {
        const char *name;
        void (*take)(struct cst_log *, struct cst_log_process *, const json_t *);
    } lists[] = {{"sides", take_side}, {"crossings", take_crossing}, {"repeats", take_repeat}};

    process->end = CST_END_EXIT;
    take_policy(log, &process->policy, json_object_get(event, "policy"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t index;
        json_t *element;
        json_array_foreach(json_object_get(event, lists[i].name), index, element)
        {
            lists[i].take(log, process, element);
        }
    }
}
