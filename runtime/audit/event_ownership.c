/* The events `handle`, `transfer`, `lend` and `lease`: calls of the ownership API (setting `events`). */
#include "audit/audit.h"
#include "audit/line.h"
#include "audit/party.h"
#include "audit/trace.h"
#include "plat/sys.h"

static void write_fields(struct cst_json *json, const struct cst_ownership *ownership, const struct cst_trace *stack)
{
    cst_json_string(json, "deed", custody_deed_name(ownership->deed));
    if (ownership->number != 0) {
        cst_json_unsigned(json, "number", ownership->number);
    }
    cst_json_hex(json, "addr", ownership->address);
    if (ownership->size != 0) {
        cst_json_unsigned(json, "size", ownership->size);
    }
    if (ownership->type != NULL) {
        cst_json_string(json, "type", ownership->type);
    }
    cst_party_write(json, "by", &ownership->by);
    if (ownership->has_to) {
        cst_party_write_receiver(json, "to", &ownership->to);
    }
    char thread[16];
    cst_sys_thread_name(thread);
    cst_json_string(json, "thread", thread);
    cst_trace_write(json, "stack", stack);
}

void cst_audit_ownership(const struct cst_ownership *ownership)
{
    struct cst_trace stack;
    cst_trace_load(ownership->stack, &stack);
    struct cst_json *json = cst_line_begin(ownership->event);
    if (json != NULL) {
        write_fields(json, ownership, &stack);
        cst_line_end(json);
    }
}
