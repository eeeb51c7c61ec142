/* The request: asks the tool, which is another process, to make a module's file of facts. Called by facts.c only. Takes no
 * lock; any thread; errno stays. */
#ifndef CST_SITE_FACTS_REQUEST_H
#define CST_SITE_FACTS_REQUEST_H

#include "plat/compiler.h"

#include <stdbool.h>

/** Longest wait for an answer. */
#define CST_FACTS_REQUEST_SECONDS 30

/** Sets the abstract socket where the tool listens, kept, not copied; NULL or "": nobody is ever asked. At start. */
void cst_facts_request_setup(const char *name);

/** Asks for the facts of the module at `path` under the name `key`, and waits for the answer. True when the file is there now.
 * Once nobody listens, or an answer was waited for in vain, this process does not ask again; nor does a thread once it has
 * restricted its own system calls (seccomp(2)), which might end it. */
CST_MUST_USE bool cst_facts_request(const char *path, const char *key);

#endif
