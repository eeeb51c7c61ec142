/* Findings back into JSON; see finding_json.h. What the log did not tell is left out. */
#include "finding_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static json_t *number(uint64_t value)
{
    return json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX);
}

static json_t *address(uint64_t value)
{
    char text[sizeof "0x0123456789abcdef"];
    snprintf(text, sizeof text, "0x%" PRIx64, value);
    return json_string(text);
}

static void set_text(json_t *object, const char *name, const char *value)
{
    if (*value) {
        json_object_set_new(object, name, json_string(value));
    }
}

static json_t *party(const struct cst_log_party *party)
{
    json_t *object = json_object();
    set_text(object, "side", party->side);
    set_text(object, "lang", party->lang);
    set_text(object, "contract", party->contract);
    set_text(object, "call", party->call);
    return object;
}

static json_t *frame(const struct cst_log_frame *frame)
{
    json_t *object = json_object();
    json_object_set_new(object, "module", frame->module == CST_NO_MODULE ? json_null() : json_integer(frame->module));
    json_object_set_new(object, "offset", address(frame->offset));
    if (frame->symbol) {
        json_object_set_new(object, "symbol", json_string(frame->symbol));
    }
    return object;
}

static json_t *stack_array(const struct cst_log_stack *stack)
{
    json_t *frames = json_array();
    for (size_t i = 0; i < stack->count; i++) {
        json_array_append_new(frames, frame(&stack->frames[i]));
    }
    return frames;
}

static void set_stack(json_t *object, const char *name, const struct cst_log_stack *stack)
{
    if (stack->count > 0) {
        json_object_set_new(object, name, stack_array(stack));
    }
}

static void set_block(json_t *object, const struct cst_log_finding *finding)
{
    if (!*finding->address) {
        return;
    }
    json_t *block = json_object();
    set_text(block, "addr", finding->address);
    if (finding->has_block) {
        json_object_set_new(block, "size", number(finding->size));
    }
    if (finding->align > 0) {
        json_object_set_new(block, "align", number(finding->align));
    }
    json_object_set_new(object, "block", block);
}

static void set_parties(json_t *object, const struct cst_log_finding *finding)
{
    if (finding->has_owner) {
        json_object_set_new(object, "owner", party(&finding->owner));
    }
    if (finding->has_by) {
        json_object_set_new(object, "by", party(&finding->by));
    }
    if (finding->has_holder) {
        json_t *holder = json_object();
        set_text(holder, "side", finding->holder.side);
        set_text(holder, "lang", finding->holder.lang);
        json_object_set_new(object, "held_by", holder);
    }
}

static void set_release(json_t *object, const struct cst_log_finding *finding)
{
    set_text(object, "place", finding->place);
    set_text(object, "place_name", finding->place_name);
    if (finding->has_offset) {
        json_object_set_new(object, "offset", number(finding->offset));
    }
    if (finding->has_given_size || finding->has_given_align) {
        json_t *given = json_object();
        if (finding->has_given_size) {
            json_object_set_new(given, "size", number(finding->given_size));
        }
        if (finding->has_given_align) {
            json_object_set_new(given, "align", number(finding->given_align));
        }
        json_object_set_new(object, "given", given);
    }
}

/* Rounded up, so that the same leaks again have not grown. */
static json_t *average(uint64_t sum, size_t processes)
{
    uint64_t share = processes > 1 ? sum / processes + (sum % processes != 0) : sum;
    return number(share);
}

static void set_leak(json_t *object, const struct cst_group *group)
{
    if (!cst_group_is_leak(group)) {
        return;
    }
    set_text(object, "class", group->first->leak_class);
    json_object_set_new(object, "when", json_string(group->first->on_request ? "request" : "exit"));
    json_object_set_new(object, "blocks", average(group->leak_blocks, group->processes));
    json_object_set_new(object, "bytes", average(group->leak_bytes, group->processes));
}

static void set_number(json_t *object, const char *name, bool has, uint64_t value)
{
    if (has) {
        json_object_set_new(object, name, number(value));
    }
}

/* Side and language, and the contract of who is to release under one. */
static json_t *who(const struct cst_log_party *party)
{
    json_t *object = json_object();
    set_text(object, "side", party->side);
    set_text(object, "lang", party->lang);
    set_text(object, "contract", strcmp(party->contract, "unknown") != 0 ? party->contract : "");
    return object;
}

static json_t *moment_object(const struct cst_log_moment *moment)
{
    json_t *object = json_object();
    set_text(object, "deed", moment->deed);
    json_object_set_new(object, "by", who(&moment->by));
    if (moment->has_to) {
        json_object_set_new(object, "to", who(&moment->to));
    }
    json_object_set_new(object, "thread", json_string(moment->thread));
    json_object_set_new(object, "stack", stack_array(&moment->stack));
    return object;
}

static void set_told(json_t *object, const struct cst_log_told *told)
{
    set_text(object, "type", told->type ? told->type : "");
    set_text(object, "expected_type", told->expected_type ? told->expected_type : "");
    set_number(object, "number", told->has_number, told->number);
    set_number(object, "capacity", told->has_capacity, told->capacity);
    set_number(object, "length", told->has_length, told->length);
    if (told->history_count > 0) {
        json_t *history = json_array();
        for (size_t i = 0; i < told->history_count; i++) {
            json_array_append_new(history, moment_object(&told->history[i]));
        }
        json_object_set_new(object, "history", history);
    }
    set_number(object, "history_left_out", told->history_left_out > 0, told->history_left_out);
}

json_t *cst_finding_json(const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    json_t *object = json_object();
    json_object_set_new(object, "event", json_string("finding"));
    set_text(object, "kind", finding->kind);
    set_text(object, "severity", custody_severity_name(group->severity));
    set_text(object, "confidence", finding->confidence);
    set_text(object, "key", finding->key);
    json_object_set_new(object, "count", json_integer(1));
    set_block(object, finding);
    set_parties(object, finding);
    set_text(object, "expect", finding->expect);
    set_text(object, "policy", finding->policy);
    if (!cst_group_is_leak(group) || *finding->thread) {
        json_object_set_new(object, "thread", json_string(finding->thread));
    }
    set_leak(object, group);
    set_release(object, finding);
    set_stack(object, "alloc", &finding->alloc);
    set_stack(object, "release", &finding->release);
    set_stack(object, "first_release", &finding->first_release);
    set_told(object, &finding->told);
    return object;
}

json_t *cst_finding_json_module(const struct cst_log_module *module, size_t id)
{
    json_t *object = json_object();
    json_object_set_new(object, "event", json_string("module"));
    json_object_set_new(object, "id", number(id));
    json_object_set_new(object, "path", json_string(module->path));
    set_text(object, "name", module->name);
    json_object_set_new(object, "build_id", *module->build_id ? json_string(module->build_id) : json_null());
    json_object_set_new(object, "base", json_string("0x0"));
    json_object_set_new(object, "epoch", number(id + 1));
    set_text(object, "role", module->role);
    if (module->rust_inferred) {
        set_text(object, "rust", "inferred");
    }
    return object;
}
