/* What the program told of, in a finding; the contract stands in the header. */
#include "audit/told.h"

#include "audit/party.h"
#include "base/lock.h"
#include "base/pool.h"

#include <stdint.h>

/* A moment without its stack fits into this: three names of at most 254 bytes, each of which may become six. */
#define MOMENT_ROOM ((size_t)6 * 1024)

/* Those that nobody uses. Findings are few, and so are these. */
static struct cst_told_traces *unused;
static struct cst_lock lock = CST_LOCK_INIT;

static struct cst_told_traces *take(void)
{
    cst_lock_acquire(&lock);
    struct cst_told_traces *traces = unused;
    if (traces != NULL) {
        unused = traces->next;
    }
    cst_lock_release(&lock);
    return traces != NULL ? traces : cst_pool_alloc(sizeof *traces);
}

void cst_told_give(struct cst_told_traces *traces)
{
    if (traces != NULL) {
        cst_lock_acquire(&lock);
        traces->next = unused;
        unused = traces;
        cst_lock_release(&lock);
    }
}

struct cst_told_traces *cst_told_resolve(const struct cst_told *told)
{
    struct cst_told_traces *traces = told != NULL && told->moment_count > 0 ? take() : NULL;
    for (size_t i = 0; traces != NULL && i < told->moment_count && i < CST_MOMENTS_MAX; i++) {
        cst_trace_load(told->moments[i].stack, &traces->of[i]);
    }
    return traces;
}

void cst_told_write(struct cst_json *json, const struct cst_told *told)
{
    if (told->type != NULL) {
        cst_json_string(json, "type", told->type);
    }
    if (told->expected_type != NULL) {
        cst_json_string(json, "expected_type", told->expected_type);
    }
    if (told->number != 0) {
        cst_json_unsigned(json, "number", told->number);
    }
    if (told->has_buffer) {
        cst_json_unsigned(json, "capacity", told->capacity);
        if (told->length != SIZE_MAX) {
            cst_json_unsigned(json, "length", told->length);
        }
    }
}

static size_t room(const struct cst_json *json)
{
    const struct cst_text *text = &json->text;
    return text->limit > text->length ? text->limit - text->length : 0;
}

static void write_moment(struct cst_json *json, const struct cst_moment *moment, const struct cst_trace *trace,
                         size_t stack_end)
{
    cst_json_open(json, NULL, '{');
    cst_json_string(json, "deed", custody_deed_name(moment->deed));
    cst_party_write(json, "by", &moment->by);
    if (moment->has_to) {
        cst_party_write_receiver(json, "to", &moment->to);
    }
    cst_json_string(json, "thread", moment->thread);
    cst_trace_write_until(json, "stack", trace, stack_end);
    cst_json_close(json, '}');
}

void cst_told_write_history(struct cst_json *json, const struct cst_told *told, const struct cst_told_traces *traces)
{
    size_t count = traces == NULL ? 0 : told->moment_count <= CST_MOMENTS_MAX ? told->moment_count : CST_MOMENTS_MAX;
    size_t written = 0;
    if (count > 0) {
        cst_json_open(json, "history", '[');
        for (; written < count && room(json) >= MOMENT_ROOM * 2; written++) {
            size_t share = room(json) / (count - written);
            size_t end = json->text.length + (share > MOMENT_ROOM ? share - MOMENT_ROOM : 0);
            write_moment(json, &told->moments[written], &traces->of[written], end);
        }
        cst_json_close(json, ']');
    }
    size_t left_out = told->moments_left_out + (told->moment_count - written);
    if (left_out > 0) {
        cst_json_unsigned(json, "history_left_out", left_out);
    }
}

void cst_told_after_fork(void)
{
    cst_lock_reset(&lock);
}
