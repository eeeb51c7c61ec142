/* Places: what lies at an address that is no block of ours, so that an invalid release can be told apart from a
 * release of another allocator's block. Reads the list of mappings: for findings, under the recursion guard and with
 * no runtime lock held (a module that is new is registered on the way). Allocates nothing; errno as it was. */
#ifndef CST_CORE_PLACE_H
#define CST_CORE_PLACE_H

#include "core/finding.h"
#include "plat/compiler.h"
#include "site/stack.h"

#include <stddef.h>
#include <stdint.h>

/** The place of `address`, which is known not to lie in our own heap.
 *
 *   stack    in one of `stacks` (the bounds of the threads that the caller knows), or in the kernel's [stack]
 *   static   in the range of a module: its code, constants, data or zero-initialised data
 *   mapping  in a file mapping, at the very start of an anonymous one, or in one that is not writable
 *   foreign  in the break segment ([heap]), or inside an anonymous writable mapping: some allocator's
 *   wild     not mapped
 *
 * A thread's stack that is not among `stacks` cannot be told from an allocator's mapping and is foreign; so is
 * everything that neither a module nor a stack explains when /proc cannot be read. Never CST_PLACE_NONE or
 * CST_PLACE_HEAP. `out_name[size]`, of at least 16 bytes, gets the module's or mapping's name, cut to fit, or the
 * empty string. */
CST_MUST_USE enum cst_place cst_place_find(uintptr_t address, const struct cst_stack_bounds *stacks, size_t stack_count,
                                           char *out_name, size_t size);

#endif
