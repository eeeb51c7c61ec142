/* Traces: a stack of a finding with each return address as module and offset, the form that means the same in every
 * run of the same binaries. Resolved before a line is begun, because finding a module may register it, which is an
 * event. */
#ifndef CST_AUDIT_TRACE_H
#define CST_AUDIT_TRACE_H

#include "audit/json.h"
#include "base/text.h"
#include "core/finding.h"
#include "site/module.h"
#include "site/stack.h"

#include <stddef.h>
#include <stdint.h>

/** One return address. */
struct cst_trace_frame {
    const struct cst_module *module; /**< NULL when no module covers it */
    uintptr_t offset;                /**< from the module's base; the address itself without a module */
    const char *symbol;              /**< raw name of the function; NULL when unknown */
    uintptr_t within;                /**< from the start of the function; only with a symbol */
};

/** A stack, innermost first. */
struct cst_trace {
    struct cst_trace_frame frames[CST_STACK_FRAMES_MAX];
    size_t count;
};

/** Resolves the first CST_STACK_FRAMES_MAX frames. An address in a module that has been unloaded since still gets
 * it. */
void cst_trace_resolve(const struct cst_frames *frames, struct cst_trace *out_trace);

/** As cst_trace_resolve, for a stored stack (site/stack.h); empty for id 0. */
void cst_trace_load(uint32_t stack, struct cst_trace *out_trace);

/** The trace as an array of objects. */
void cst_trace_write(struct cst_json *json, const char *key, const struct cst_trace *trace);

/** As cst_trace_write, cut where the line would be longer than `end` bytes. */
void cst_trace_write_until(struct cst_json *json, const char *key, const struct cst_trace *trace, size_t end);

/** A frame for people: "libledger.so+0x1139 (ledger_free)". */
void cst_trace_write_frame(struct cst_text *text, const struct cst_trace_frame *frame);

/** The innermost frame for people: "libledger.so+0x1139 (ledger_free)"; "unknown" for an empty trace. */
void cst_trace_write_innermost(struct cst_text *text, const struct cst_trace *trace);

#endif
