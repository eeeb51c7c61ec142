/* Custody's public interface: for programs that link the runtime (libcustody.so or libcustody.a) and wish to say themselves
 * who owns what. A program that is only preloaded needs none of it.
 *
 *   block.h     sides; blocks made for one; questions about any address; leaks
 *   object.h    objects that a library owns: create and destroy, typed handles
 *   buffer.h    buffers that a caller provides: leases
 *   ledger.h    blocks that change hands or are lent
 *   callback.h  functions that a library calls later, and their data
 *   custody.hpp all of it for C++, in objects that end by themselves
 *
 *   custody_side ledger;
 *   custody_side_register("ledger", CUSTODY_LANG_C, &ledger);
 *   struct account *account = custody_alloc(ledger, sizeof *account, _Alignof(struct account));
 *   ...
 *   custody_release(ledger, account);
 *
 * Every function may be called from any thread, at any time after the program's constructors began, and reports through
 * its result: allocation gives NULL and errno, everything else a custody_status, or 0 where the program broke a rule. What
 * the program does wrong is told in the audit log (docs/findings.md), with all that is known.
 *
 * In one process there is one runtime: a program that links Custody and is preloaded with it, or whose plugins link it
 * too, is served by one of them, the preloaded one if there is any.
 *
 * With CUSTODY_DISABLE defined, the same functions are inline, allocate with malloc, check nothing, and need no library:
 * disabled.h says what they answer.
 *
 * Settings come from the environment variable CUSTODY_OPTIONS (custody help settings). */
#ifndef CUSTODY_CUSTODY_H
#define CUSTODY_CUSTODY_H

#include "custody/block.h"
#include "custody/buffer.h"
#include "custody/callback.h"
#include "custody/ledger.h"
#include "custody/object.h"

#ifdef CUSTODY_DISABLE
#include "custody/disabled.h"
#endif

#endif
