/* Stacks: finds the callers of a call, and stores each distinct stack once under an id. A walk follows the exception tables
 * of the modules (frame_rule.h), and frame pointers through code that has none; it reads only memory between the current
 * frame and the end of the thread's stack. Neither a walk nor storing a stack seen before takes a lock; a walk may register
 * modules, so no lock of the runtime may be held. The first frame is always right; a walk ends where the tables say so, or
 * where it can go no further. */
#ifndef CST_SITE_STACK_H
#define CST_SITE_STACK_H

#include "plat/compiler.h"
#include "site/module.h"

#include <stddef.h>
#include <stdint.h>

#define CST_STACK_FRAMES_MAX 64
/** Ids fit in 24 bits; 0 is "no stack". When ids run out further stacks get 0. */
#define CST_STACK_ID_BITS 24

/** Where the calling thread's stack lies: [lo, hi). hi == 0 means unknown, and walks stop after one frame. */
struct cst_stack_bounds {
    uintptr_t lo, hi;
};

/** Bounds of the calling thread's stack. May call into libc (pthread_getattr_np allocates): call once per thread, under
 * the recursion guard. Unknown bounds are {0, 0}. */
struct cst_stack_bounds cst_stack_bounds_get(void);

/** Return addresses, innermost first: `first` (where the door returns to), then those found from `frame` (the frame
 * address of the door function, which has one: the caller's rbp and the return address lie there). Code that a signal
 * interrupted is told by the address one byte further. Writes at most `max` (1 to CST_STACK_FRAMES_MAX) to `out_frames`;
 * returns how many. */
size_t cst_stack_walk(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                      uintptr_t *out_frames);

/** The id of this stack of `count` return addresses, storing it when it is new. Never fails: 0 when count is 0, the ids
 * or memory are used up. */
uint32_t cst_stack_store(const uintptr_t *frames, size_t count);

/** The id of the stack that cst_stack_walk finds, walked and stored only when it is not the one that was found last time
 * from this frame and return address. */
uint32_t cst_stack_get(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max);

/** The frames of stack `id`, mostly return addresses (stack_frame.h): at most CST_STACK_FRAMES_MAX are written; returns how
 * many, 0 for id 0 or unknown. */
size_t cst_stack_load(uint32_t id, uintptr_t out_frames[CST_STACK_FRAMES_MAX]);

/** Forgets what is known of code in [lo, hi): its module was unloaded. Stored stacks stay. */
void cst_stack_forget(uintptr_t lo, uintptr_t hi);

/** Another module is coming to where `module` was, which is unloaded: the frames of stored stacks that lie in it are
 * detached from their addresses, and such a stack is given to no further block. Before anything of the new module is
 * stored. Takes the store's lock. */
void cst_stack_detach(const struct cst_module *module);

/** A module whose frames were detached is coming back to its place: they are addresses again, and its stacks are given to
 * blocks as ever. */
void cst_stack_attach(const struct cst_module *module);

/** After fork, in the child: frees locks that another thread of the parent may have held. */
void cst_stack_after_fork(void);

#endif
