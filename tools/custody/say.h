/* Messages to the person at the terminal: one line each on stderr, "custody: ...". Not for reports, which have a stream
 * of their own. Also the text hygiene that every printer shares: what a log says is data, and may not steer a terminal. */
#ifndef CST_TOOL_SAY_H
#define CST_TOOL_SAY_H

#include <stdio.h>

#define CST_LIKE_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))

/** Prints "custody: <text>\n" on stderr. */
void cst_say(const char *format, ...) CST_LIKE_PRINTF(1, 2);

/** As cst_say, then ends the process with CST_EXIT_OWN_ERROR; for what nobody can handle, such as memory running out. */
_Noreturn void cst_say_and_exit(const char *format, ...) CST_LIKE_PRINTF(1, 2);

/** Writes `text` to `out` with control characters as "\xNN", so that log contents cannot move a cursor. */
void cst_print_text(FILE *out, const char *text);

#endif
