/* Making `symbols` lines; see recorder.h. */
#include "recorder.h"

#include "recorded.h"
#include "say.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/** A line is ended before it grows past this; one frame alone may be longer, up to FRAME_BYTES_MAX. */
#define LINE_BYTES ((size_t)31 * 1024)
#define FRAME_BYTES_MAX ((size_t)256 * 1024)

/* A frame that was asked for. */
struct frame {
    uint64_t offset;
    const struct cst_calls *calls;
    UT_hash_handle hh;
};

struct module {
    const char *name; /* as in tables of recorded symbols */
    const struct cst_log_module *module;
    struct frame *frames; /* by offset; uthash keeps the order in which they came */
    UT_hash_handle hh;
};

struct cst_recorder {
    struct cst_symbols *symbols;
    struct cst_arena arena;
    struct module *modules; /* by name */
};

struct cst_recorder *cst_recorder_new(struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    struct cst_recorder *recorder = cst_arena_alloc(&arena, sizeof *recorder);
    recorder->arena = arena;
    recorder->symbols = symbols;
    return recorder;
}

static struct module *get_module(struct cst_recorder *recorder, const struct cst_log_module *module)
{
    const char *name = cst_recorded_name(&recorder->arena, module->path, module->build_id);
    struct module *entry = NULL;
    HASH_FIND_STR(recorder->modules, name, entry);
    if (!entry) {
        entry = cst_arena_alloc(&recorder->arena, sizeof *entry);
        entry->name = name;
        entry->module = module;
        HASH_ADD_KEYPTR(hh, recorder->modules, entry->name, strlen(entry->name), entry);
    }
    return entry;
}

static void add_frame(struct cst_recorder *recorder, const struct cst_log_process *process,
                      const struct cst_log_frame *log_frame)
{
    const struct cst_log_module *module = cst_log_module_of(process, log_frame);
    if (!module) {
        return;
    }
    struct module *entry = get_module(recorder, module);
    struct frame *frame = NULL;
    HASH_FIND(hh, entry->frames, &log_frame->offset, sizeof log_frame->offset, frame);
    if (!frame) {
        frame = cst_arena_alloc(&recorder->arena, sizeof *frame);
        frame->offset = log_frame->offset;
        frame->calls = cst_symbols_resolve(recorder->symbols, process, log_frame);
        HASH_ADD(hh, entry->frames, offset, sizeof frame->offset, frame);
    }
}

void cst_recorder_add_stack(struct cst_recorder *recorder, const struct cst_log_process *process,
                            const struct cst_log_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        add_frame(recorder, process, &stack->frames[i]);
    }
}

void cst_recorder_add(struct cst_recorder *recorder, const struct cst_log_finding *finding)
{
    const struct cst_log_stack *stack = NULL;
    for (size_t i = 0; (stack = cst_log_stack_at(finding, i)); i++) {
        cst_recorder_add_stack(recorder, finding->process, stack);
    }
}

/* What is not known is left out; so is a name that is no UTF-8, as debug information may hold. */
static void set_text(json_t *object, const char *name, const char *value)
{
    if (value) {
        json_object_set_new(object, name, json_string(value));
    }
}

static void set_number(json_t *object, const char *name, int value)
{
    if (value > 0) {
        json_object_set_new(object, name, json_integer(value));
    }
}

static json_t *call_object(const struct cst_call *call)
{
    json_t *object = json_object();
    set_text(object, "function", call->function);
    set_text(object, "file", call->file);
    set_number(object, "line", call->line);
    set_number(object, "column", call->column);
    json_object_set_new(object, "inlined", json_boolean(call->inlined));
    set_text(object, "crate", call->crate);
    return object;
}

static char *dump(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    if (!text) {
        cst_say_and_exit("out of memory");
    }
    return text;
}

static char *frame_text(struct cst_arena *arena, const struct frame *frame)
{
    json_t *calls = json_array();
    for (size_t i = 0; i < frame->calls->count; i++) {
        json_array_append_new(calls, call_object(&frame->calls->items[i]));
    }
    json_t *object = json_object();
    json_object_set_new(object, "offset", json_string(cst_arena_format(arena, "0x%" PRIx64, frame->offset)));
    json_object_set_new(object, "calls", calls);
    return dump(object);
}

/* A line under construction. */
struct line {
    char *bytes; /* LINE_BYTES + FRAME_BYTES_MAX of them */
    size_t length, frames;
    unsigned seq;
    cst_recorder_put *put;
    void *context;
};

static bool append(struct line *line, const char *text)
{
    size_t length = strlen(text);
    if (length > LINE_BYTES + FRAME_BYTES_MAX - line->length) {
        return false;
    }
    memcpy(line->bytes + line->length, text, length);
    line->length += length;
    return true;
}

/* False for a path that is too long to be one. */
static bool begin_line(struct line *line, struct cst_arena *arena, const struct cst_log_module *module)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    char *path = dump(json_string(module->path));
    char *build_id = dump(json_string(module->build_id));
    const char *head =
        cst_arena_format(arena,
                         "{\"v\":1,\"event\":\"symbols\",\"pid\":%ld,\"seq\":%u,\"t\":%lld.%06ld,"
                         "\"module\":%s,\"build_id\":%s,\"frames\":[",
                         (long)getpid(), ++line->seq, (long long)now.tv_sec, now.tv_nsec / 1000, path, build_id);
    free(path);
    free(build_id);
    line->length = 0;
    line->frames = 0;
    return strlen(head) < LINE_BYTES / 2 && append(line, head);
}

static bool end_line(struct line *line)
{
    return append(line, "]}\n") && line->put(line->context, line->bytes, line->length);
}

static bool write_frame(struct line *line, struct cst_arena *arena, const struct cst_log_module *module,
                        const char *text)
{
    bool full = line->frames > 0 && line->length + strlen(text) > LINE_BYTES;
    if (full && !(end_line(line) && begin_line(line, arena, module))) {
        return false;
    }
    return (line->frames++ == 0 || append(line, ",")) && append(line, text);
}

/* True when the calls are more than what the line of the finding says itself. */
static bool is_worth_it(const struct frame *frame)
{
    return frame->calls->count > 0 && !frame->calls->only_name;
}

static bool write_module(struct line *line, struct cst_arena *arena, const struct module *module)
{
    bool begun = false;
    bool ok = true;
    for (const struct frame *frame = module->frames; frame && ok; frame = frame->hh.next) {
        if (!is_worth_it(frame)) {
            continue;
        }
        if (!begun && !begin_line(line, arena, module->module)) {
            return true;
        }
        begun = true;
        char *text = frame_text(arena, frame);
        ok = strlen(text) > FRAME_BYTES_MAX / 2 || write_frame(line, arena, module->module, text);
        free(text);
    }
    return ok && (!begun || end_line(line));
}

bool cst_recorder_write(const struct cst_recorder *recorder, cst_recorder_put *put, void *context)
{
    struct cst_arena arena = {0};
    char *bytes = cst_arena_alloc(&arena, LINE_BYTES + FRAME_BYTES_MAX);
    struct line line = {.bytes = bytes, .put = put, .context = context};
    bool ok = true;
    for (const struct module *module = recorder->modules; module && ok; module = module->hh.next) {
        ok = write_module(&line, &arena, module);
    }
    cst_arena_free(&arena);
    return ok;
}

void cst_recorder_free(struct cst_recorder *recorder)
{
    struct module *module = NULL, *next = NULL;
    HASH_ITER(hh, recorder->modules, module, next)
    {
        HASH_CLEAR(hh, module->frames);
    }
    HASH_CLEAR(hh, recorder->modules);
    struct cst_arena arena = recorder->arena; /* which the recorder itself lies in */
    cst_arena_free(&arena);
}
