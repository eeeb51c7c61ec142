/* Lines: the envelope that every event shares (v, event, pid, seq, t) and where a line goes. Between begin and end the
 * caller is inside the gate (gate.h): nothing may be called there that could register a module or make a finding. */
#ifndef CST_AUDIT_LINE_H
#define CST_AUDIT_LINE_H

#include "audit/json.h"
#include "base/text.h"
#include "plat/compiler.h"

/** Starts a line of the log with its envelope. NULL when there is no log, or when this thread is building a line
 * already: the event is then dropped and counted (`dropped` of the `exit` event). */
CST_MUST_USE struct cst_json *cst_line_begin(const char *event);

/** Ends the line and appends it to the log. */
void cst_line_end(struct cst_json *json);

/** Starts a message for stderr. NULL when there is a log, which then has it all, or as for cst_line_begin. */
CST_MUST_USE struct cst_text *cst_line_begin_message(void);

/** Writes the message, which may have several lines, with one write. */
void cst_line_end_message(struct cst_text *text);

/** After fork, in the child: opens the gate and starts `seq` anew. */
void cst_line_after_fork(void);

/** Comes in for ever: no line is begun any more, but by the calling thread. */
void cst_line_close(void);

#endif
