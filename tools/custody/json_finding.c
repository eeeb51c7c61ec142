/* Findings as JSON; see json_finding.h. */
#include "json_finding.h"

#include "bill.h"
#include "call_list.h"
#include "headline.h"
#include "json_leaks.h"
#include "leak_class.h"

#include <inttypes.h>
#include <string.h>

/* Leaves out what the log did not tell. */
static void set_text(json_t *object, const char *name, const char *value)
{
    if (*value) {
        json_object_set_new(object, name, cst_json_text(value));
    }
}

static json_t *call_object(const struct cst_listed_call *listed)
{
    const struct cst_call *call = listed->call;
    json_t *object = json_object();
    json_object_set_new(object, "function", cst_json_text(call->function));
    json_object_set_new(object, "file", cst_json_text(call->file));
    json_object_set_new(object, "line", call->line > 0 ? json_integer(call->line) : json_null());
    json_object_set_new(object, "column", call->column > 0 ? json_integer(call->column) : json_null());
    json_object_set_new(object, "inlined", json_boolean(call->inlined));
    json_object_set_new(object, "std", json_boolean(listed->library != CST_LIBRARY_NONE));
    return object;
}

/* A frame without its calls, which go into `calls`. */
static json_t *frame_object(struct cst_json_finding *maker, const struct cst_listed_call *call, json_t *calls)
{
    static const char *const files[] = {
        [CST_SYMBOL_FILE_OK] = "ok", [CST_SYMBOL_FILE_CHANGED] = "changed", [CST_SYMBOL_FILE_GONE] = "gone"};
    json_t *object = json_object();
    json_object_set_new(object, "module", call->module ? cst_json_text(call->module->path) : json_null());
    json_object_set_new(object, "offset",
                        cst_json_text(cst_arena_format(&maker->arena, "0x%" PRIx64, call->frame->offset)));
    json_object_set_new(object, "module_file", cst_json_text(files[call->file]));
    json_object_set_new(object, "calls", calls);
    return object;
}

json_t *cst_json_stack(struct cst_json_finding *maker, const struct cst_log_process *process,
                       const struct cst_log_stack *stack)
{
    struct cst_call_list list = cst_call_list_make(&maker->arena, maker->symbols, process, stack);
    json_t *frames = json_array();
    json_t *calls = NULL; /* of the frame under way */
    for (size_t i = 0; i < list.count; i++) {
        calls = calls ? calls : json_array();
        if (list.items[i].call) {
            json_array_append_new(calls, call_object(&list.items[i]));
        }
        if (list.items[i].last) {
            json_array_append_new(frames, frame_object(maker, &list.items[i], calls));
            calls = NULL;
        }
    }
    return frames;
}

static void set_stack(struct cst_json_finding *maker, json_t *object, const char *name,
                      const struct cst_log_finding *finding, const struct cst_log_stack *stack)
{
    json_object_set_new(object, name, cst_json_stack(maker, finding->process, stack));
}

static json_t *party_object(const struct cst_log_party *party)
{
    json_t *object = json_object();
    json_object_set_new(object, "side", cst_json_text(party->side));
    json_object_set_new(object, "lang", cst_json_text(party->lang));
    json_object_set_new(object, "contract", cst_json_text(party->contract));
    set_text(object, "call", party->call);
    return object;
}

static void set_block(json_t *object, const struct cst_log_finding *finding)
{
    json_t *block = json_object();
    set_text(block, "addr", finding->address);
    if (finding->has_block) {
        json_object_set_new(block, "size", cst_json_number(finding->size));
        json_object_set_new(block, "align", cst_json_number(finding->align));
    }
    json_object_set_new(object, "block", block);
    if (finding->has_owner) {
        json_object_set_new(object, "owner", party_object(&finding->owner));
    }
    if (finding->has_by) {
        json_object_set_new(object, "by", party_object(&finding->by));
    }
}

static void set_special_facts(json_t *object, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    set_text(object, "place", finding->place);
    set_text(object, "place_name", finding->place_name);
    if (finding->has_offset) {
        json_object_set_new(object, "offset", cst_json_number(finding->offset));
    }
    if (finding->has_given_size || finding->has_given_align) {
        json_t *given = json_object();
        if (finding->has_given_size) {
            json_object_set_new(given, "size", cst_json_number(finding->given_size));
        }
        if (finding->has_given_align) {
            json_object_set_new(given, "align", cst_json_number(finding->given_align));
        }
        json_object_set_new(object, "given", given);
    }
}

static void set_leak(struct cst_json_finding *maker, json_t *object, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const struct cst_bill bill = cst_bill_make(&maker->arena, maker->symbols, finding);
    json_object_set_new(object, "when", cst_json_text(finding->on_request ? "request" : "exit"));
    if (finding->has_holder) {
        json_t *holder = json_object();
        json_object_set_new(holder, "side", cst_json_text(finding->holder.side));
        json_object_set_new(holder, "lang", cst_json_text(finding->holder.lang));
        json_object_set_new(object, "held_by", holder);
    }
    json_object_set_new(object, "billed_to", cst_json_bill(&bill));
    set_text(object, "advice", cst_leak_class_advice(&maker->arena, finding));
    if (*finding->leak_class) {
        json_object_set_new(object, "class", cst_json_text(finding->leak_class));
        json_object_set_new(object, "blocks", cst_json_number(group->leak_blocks));
        json_object_set_new(object, "bytes", cst_json_number(group->leak_bytes));
    }
}

static json_t *who_object(const struct cst_log_party *party)
{
    json_t *object = json_object();
    json_object_set_new(object, "side", cst_json_text(party->side));
    json_object_set_new(object, "lang", cst_json_text(party->lang));
    if (strcmp(party->contract, "unknown") != 0) {
        json_object_set_new(object, "contract", cst_json_text(party->contract));
    }
    return object;
}

void cst_json_moment(struct cst_json_finding *maker, json_t *object, const struct cst_log_process *process,
                     const struct cst_log_moment *moment)
{
    json_object_set_new(object, "deed", cst_json_text(moment->deed));
    json_object_set_new(object, "by", who_object(&moment->by));
    if (moment->has_to) {
        json_object_set_new(object, "to", who_object(&moment->to));
    }
    set_text(object, "thread", moment->thread);
    json_object_set_new(object, "stack", cst_json_stack(maker, process, &moment->stack));
}

static void set_number(json_t *object, const char *name, bool has, uint64_t value)
{
    if (has) {
        json_object_set_new(object, name, cst_json_number(value));
    }
}

static void set_told(struct cst_json_finding *maker, json_t *object, const struct cst_log_finding *finding)
{
    const struct cst_log_told *told = &finding->told;
    set_text(object, "type", told->type ? told->type : "");
    set_text(object, "expected_type", told->expected_type ? told->expected_type : "");
    set_number(object, "number", told->has_number, told->number);
    set_number(object, "capacity", told->has_capacity, told->capacity);
    set_number(object, "length", told->has_length, told->length);
    if (told->history_count == 0) {
        return;
    }
    json_t *history = json_array();
    for (size_t i = 0; i < told->history_count; i++) {
        json_t *moment = json_object();
        cst_json_moment(maker, moment, finding->process, &told->history[i]);
        json_array_append_new(history, moment);
    }
    json_object_set_new(object, "history", history);
    set_number(object, "history_left_out", told->history_left_out > 0, told->history_left_out);
}

json_t *cst_json_finding(struct cst_json_finding *maker, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    json_t *object = json_object();
    json_object_set_new(object, "kind", cst_json_text(finding->kind));
    json_object_set_new(object, "severity", cst_json_text(custody_severity_name(group->severity)));
    json_object_set_new(object, "confidence", cst_json_text(finding->confidence));
    json_object_set_new(object, "message", cst_json_text(cst_headline(&maker->arena, group)));
    set_text(object, "key", finding->key);
    json_object_set_new(object, "count", cst_json_number(group->count));
    json_object_set_new(object, "processes", cst_json_number(group->processes));
    json_object_set_new(object, "program", cst_json_text(finding->process->program));
    json_object_set_new(object, "pid", json_integer(finding->process->pid));
    set_text(object, "thread", finding->thread);
    set_text(object, "test", finding->test);
    set_block(object, finding);
    set_special_facts(object, group);
    if (cst_group_is_leak(group)) {
        set_leak(maker, object, group);
    }
    set_text(object, "expect", finding->expect);
    set_text(object, "policy", finding->policy);
    set_stack(maker, object, "alloc", finding, &finding->alloc);
    set_stack(maker, object, "release", finding, &finding->release);
    set_stack(maker, object, "first_release", finding, &finding->first_release);
    set_told(maker, object, finding);
    return object;
}
