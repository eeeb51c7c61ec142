/* Words to people on stderr, for set-up and for running without a log. One write a message, into descriptor 2 only
 * while it is what a person reads: not a file or socket that the program has opened in its place. No locks, no
 * allocation, no stdio; errno stays. */
#ifndef CST_AUDIT_SAY_H
#define CST_AUDIT_SAY_H

#include "plat/compiler.h"

#include <stddef.h>

/** Remembers what stderr is now; at start. The first message does it otherwise. */
void cst_say_setup(void);

/** Writes `size` bytes to stderr, as far as that is possible and safe. */
void cst_say_bytes(const char *bytes, size_t size);

/** What an errno means, in English. Static string; works without locale and stdio. */
CST_MUST_USE const char *cst_say_reason(int error);

#endif
