/* Traces; the contract stands in the header. A return address lies behind the call, which may be the last instruction
 * of its function or even of its module: the byte before it is what is looked up. */
#include "audit/trace.h"

#include "site/stack.h"
#include "site/stack_frame.h"

#include <string.h>

/* Names above this are generic instances that say nothing more to a reader, and 192 of them have to fit into a line. */
#define SYMBOL_MAX 1000

static struct cst_trace_frame resolve_frame(uintptr_t stored)
{
    struct cst_stack_frame_place place = cst_stack_frame_place(stored);
    struct cst_trace_frame frame = {.module = place.module, .offset = place.offset};
    uintptr_t start;
    if (place.module == NULL) {
        return frame;
    }
    uintptr_t address = place.module->base + place.offset;
    if (cst_module_symbol(place.module, address - 1, &frame.symbol, &start)) {
        frame.within = address - start;
    } else {
        frame.symbol = NULL;
    }
    return frame;
}

void cst_trace_resolve(const struct cst_frames *frames, struct cst_trace *out_trace)
{
    out_trace->count = frames->count < CST_STACK_FRAMES_MAX ? frames->count : CST_STACK_FRAMES_MAX;
    for (size_t i = 0; i < out_trace->count; i++) {
        out_trace->frames[i] = resolve_frame(frames->addresses[i]);
    }
}

void cst_trace_load(uint32_t stack, struct cst_trace *out_trace)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    const struct cst_frames stored = {.addresses = frames, .count = cst_stack_load(stack, frames)};
    cst_trace_resolve(&stored, out_trace);
}

/* True when the frame's symbol is known and of use to a reader. */
static bool is_named(const struct cst_trace_frame *frame)
{
    return frame->symbol != NULL && strnlen(frame->symbol, SYMBOL_MAX) < SYMBOL_MAX;
}

static void write_frame(struct cst_json *json, const struct cst_trace_frame *frame)
{
    cst_json_open(json, NULL, '{');
    if (frame->module != NULL) {
        cst_json_unsigned(json, "module", frame->module->id);
    } else {
        cst_json_null(json, "module");
    }
    cst_json_hex(json, "offset", frame->offset);
    if (is_named(frame)) {
        cst_json_string(json, "symbol", frame->symbol);
    }
    cst_json_close(json, '}');
}

void cst_trace_write_until(struct cst_json *json, const char *key, const struct cst_trace *trace, size_t end)
{
    cst_json_open(json, key, '[');
    for (size_t i = 0; i < trace->count; i++) {
        struct cst_text_mark mark = cst_json_mark(json);
        write_frame(json, &trace->frames[i]);
        if (json->text.length > end) {
            cst_json_drop(json, mark);
            break;
        }
        if (!cst_json_keep(json, mark)) {
            break;
        }
    }
    cst_json_close(json, ']');
}

void cst_trace_write(struct cst_json *json, const char *key, const struct cst_trace *trace)
{
    cst_trace_write_until(json, key, trace, SIZE_MAX);
}

void cst_trace_write_frame(struct cst_text *text, const struct cst_trace_frame *frame)
{
    if (frame->module != NULL) {
        cst_text_printable(text, frame->module->name);
        cst_text_char(text, '+');
    }
    cst_text_format(text, "0x%lx", frame->offset);
    if (is_named(frame)) {
        cst_text_string(text, " (");
        cst_text_printable(text, frame->symbol);
        cst_text_char(text, ')');
    }
}

void cst_trace_write_innermost(struct cst_text *text, const struct cst_trace *trace)
{
    if (trace->count == 0) {
        cst_text_string(text, "unknown");
    } else {
        cst_trace_write_frame(text, &trace->frames[0]);
    }
}
