/* Keys of findings by function and line. The log's own key tells binaries apart; this one stays the same when the same
 * source is built again, at another place in the file or optimised otherwise, as long as the debug information, or what
 * the log recorded of it, tells functions and lines. */
#ifndef CST_TOOL_SITE_KEY_H
#define CST_TOOL_SITE_KEY_H

#include "symbol.h"

#include <stdint.h>

/** Calls of each stack that take part, innermost first; more would let a stack that was cut elsewhere be another. */
#define CST_SITE_KEY_CALLS 8

/** The key: of kind, class, owner side and language, type, and of each stack (of a history: the first) the functions and lines of its innermost calls, up
 * to main, machinery of standard libraries left out. 0 when a stack has no line, or a function without a name in front of
 * its first line: too little to take two findings for one. */
uint64_t cst_site_key(struct cst_symbols *symbols, const struct cst_log_finding *finding);

#endif
