/* Start: brings the runtime up once, at the first call into it or when the library is loaded, whichever is first, and
 * wires the floors together. After it everything is read-only but counters and registries. */
#ifndef CST_ENTRY_START_H
#define CST_ENTRY_START_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/** Addresses of the doors, 0 where there is none: all zero unless the shims, which are linked above, supply theirs. */
extern uintptr_t cst_doors[CUSTODY_DOOR_COUNT];

/** Starts the runtime if nobody has; true when it is up. False while another call of this thread is starting it, and for
 * ever when no heap could be reserved, which is said once. Under the recursion guard. */
CST_MUST_USE bool cst_start(void);

/** True when the runtime is up. */
bool cst_start_is_up(void);

/** True when it could not be brought up: nothing is audited, and libc's own allocator serves. */
bool cst_start_failed(void);

/** Forks between the first audited process and this one, at most 255. */
uint8_t cst_start_generation(void);

/** After fork, in the child. */
void cst_start_after_fork(void);

#endif
