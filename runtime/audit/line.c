/* Lines and messages in the one buffer that the gate guards; the contract stands in the header. */
#include "audit/line.h"

#include "audit/gate.h"
#include "audit/log.h"
#include "audit/say.h"
#include "plat/sys.h"

#define LINE_SIZE ((size_t)256 * 1024)

/* Written by whoever is inside the gate. Untouched pages of the buffer cost nothing. */
static struct {
    char bytes[LINE_SIZE];
    struct cst_json json;
    struct cst_text message;
    struct counter {
        pid_t process;
        uint64_t seq; /* of its last line */
    } own, guest;
    cst_signals signals;
} line;

/* A child that was made without libc has our memory, or a copy of it, but is a process of its own. */
static uint64_t next_seq(pid_t process)
{
    if (line.own.process == 0) {
        line.own.process = process;
    }
    if (line.own.process != process && line.guest.process != process) {
        line.guest = (struct counter){.process = process};
    }
    return ++(line.own.process == process ? &line.own : &line.guest)->seq;
}

static bool enter(void)
{
    cst_signals signals;
    if (!cst_gate_enter(&signals)) {
        return false;
    }
    line.signals = signals;
    return true;
}

struct cst_json *cst_line_begin(const char *event)
{
    if (!cst_log_is_open() || !enter()) {
        return NULL;
    }
    struct cst_json *json = &line.json;
    cst_json_init(json, line.bytes, sizeof line.bytes);
    cst_json_unsigned(json, "v", 1);
    cst_json_string(json, "event", event);
    pid_t process = cst_sys_pid();
    cst_json_signed(json, "pid", process);
    cst_json_unsigned(json, "seq", next_seq(process));
    cst_json_seconds(json, "t", cst_sys_time_ns());
    return json;
}

void cst_line_end(struct cst_json *json)
{
    cst_json_finish(json);
    cst_log_append(json->text.bytes, json->text.length);
    cst_gate_leave(line.signals);
}

struct cst_text *cst_line_begin_message(void)
{
    if (cst_log_is_open() || !enter()) {
        return NULL;
    }
    cst_text_init(&line.message, line.bytes, sizeof line.bytes, 0);
    return &line.message;
}

void cst_line_end_message(struct cst_text *text)
{
    cst_say_bytes(text->bytes, text->length);
    cst_gate_leave(line.signals);
}

void cst_line_close(void)
{
    (void)enter();
}

void cst_line_after_fork(void)
{
    cst_gate_reset();
    cst_log_after_fork();
    line.own = line.guest = (struct counter){.process = 0};
}
