/* A walk together with what it rested on: which words of the stack it read, so that another walk from the same place can be
 * known to find the same without being made (stack_guess.c). A walk is a function of its start, of those words and of the
 * tables; so if every word that decided where it went is as it was, so is its result. */
#ifndef CST_SITE_STACK_TRACE_H
#define CST_SITE_STACK_TRACE_H

#include "site/stack.h"

#include <stdbool.h>

/** More come of no compiler's code: it goes on from one word for each step. */
#define CST_STACK_BASES_MAX ((size_t)CST_STACK_FRAMES_MAX)

/** A word that holds an address of the stack from which the walk went on. Both in bytes above the frame that the walk
 * started from. */
struct cst_stack_base {
    uint32_t slot;  /**< where the word lies */
    uint32_t value; /**< what it holds */
};

struct cst_stack_trace {
    size_t count, max;                      /**< frames, at least 1, and how many were asked for */
    uintptr_t frames[CST_STACK_FRAMES_MAX]; /**< return addresses, innermost first */
    uint32_t slots[CST_STACK_FRAMES_MAX];   /**< where each was read, as in a base; growing */
    size_t base_count;
    struct cst_stack_base bases[CST_STACK_BASES_MAX];
    bool whole; /**< frames and bases are all that it rested on */
};

/** As cst_stack_walk, from a frame where walks may start (cst_stack_starts). Writes what it says it holds, nothing else of
 * the trace. */
void cst_stack_trace(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                     struct cst_stack_trace *out_trace);

#endif
