/* Departures: what must be forgotten when a module is unloaded, and when another one comes to its place. That a module goes
 * is known at the moment when the dynamic linker gives back its record of it (struct link_map), which lies in our heap: the
 * record's tag is given the contract `libc`, so that its release is a special case already. This holds for every way to
 * unload, libc's own included, and comes before anything else can be loaded. No memory is allocated. */
#ifndef CST_CORE_DEPARTURE_H
#define CST_CORE_DEPARTURE_H

#include "site/module.h"

#include <stdint.h>

/** From now on the dynamic linker's release of its record of `module`, which is loaded, is noticed, provided that the record
 * is a block of ours. */
void cst_departure_watch(const struct cst_module *module);

/** libc releases a block of its own at `address`. If it is the record of a module, that module is gone: its call sites and
 * the rules of its frames are forgotten, and its Rust entries. No lock of the runtime may be held. */
void cst_departure_note(uintptr_t address);

/** Looks for modules that went unnoticed. Takes the dynamic linker's lock: no lock of the runtime may be held. */
void cst_departure_sweep(void);

/** Another module is coming to the place of `module`: stored stacks no longer mean it by its addresses. */
void cst_departure_displaced(const struct cst_module *module);

#endif
