/* The gate: one thread at a time builds and writes a line. Holds back the thread's signals meanwhile, so that no
 * handler can come in between, and never waits for somebody who cannot leave: the same thread further up its own
 * stack, or a thread that has ceased to exist. Needs no initialisation. */
#ifndef CST_AUDIT_GATE_H
#define CST_AUDIT_GATE_H

#include "plat/compiler.h"
#include "plat/process.h"

#include <stdbool.h>
#include <stdint.h>

/** Comes in, waiting for its turn. False when the calling thread is inside already: it must then go without.
 * `out_signals` is for cst_gate_leave. */
CST_MUST_USE bool cst_gate_enter(cst_signals *out_signals);

/** Goes out; only after cst_gate_enter said true. */
void cst_gate_leave(cst_signals signals);

/** How often cst_gate_enter said false. */
uint64_t cst_gate_refusals(void);

/** After fork, in the child: opens the gate, whoever of the parent's threads was inside. */
void cst_gate_reset(void);

#endif
