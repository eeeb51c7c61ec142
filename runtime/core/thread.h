/* What each thread keeps: whether it may enter the engine, where its stack lies, its counters, and for whom libc is
 * allocating. Small, initial-exec, reached without a call. Only the thread itself writes it. */
#ifndef CST_CORE_THREAD_H
#define CST_CORE_THREAD_H

#include "core/standstill.h"
#include "custody/words.h"
#include "plat/compiler.h"
#include "site/stack.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cst_count;

enum cst_thread_mode {
    CST_THREAD_FRESH,  /**< has not called yet, or its thread-end work is done */
    CST_THREAD_READY,  /**< set up, outside the runtime */
    CST_THREAD_BEHALF, /**< as ready, while libc allocates for its caller */
    CST_THREAD_INSIDE, /**< inside the runtime: what it allocates now is not audited */
    CST_THREAD_HEAP,   /**< inside, and the heap is at work: it must not be called now */
};

/** A libc function that is allocating for its caller, while the mode says so: whom to name instead of libc. */
struct cst_behalf {
    uintptr_t return_address; /**< where the libc function returns to */
    uintptr_t frame;          /**< frame address of our wrapper of it */
    enum custody_door door;
};

/** A block of our heap, or another allocator's, that this thread is handing over to an allocator of the program's
 * (wrapped.h): what comes back of it is no release to be judged. */
struct cst_passing {
    uintptr_t address; /**< 0: none */
    uint16_t owner;    /**< of a block of our heap, whose tag says that it is nobody's meanwhile */
};

/** A function of a family of allocators that is running for a call of the program: what it calls of its family is its own
 * affair. Left by an exception, it cannot say so: then its frame is another function's by now. */
struct cst_guest {
    uintptr_t return_address; /**< where our hook of it returns to */
    uintptr_t frame;          /**< frame address of the hook; 0 when none is running */
};

/** Locks that the thread holds or is about to take (held.h), the first of them listed. */
#define CST_HELD_MAX 6
struct cst_held {
    uint16_t count, heap; /**< of all, of those of the heap */
    uint8_t mode;         /**< before the first */
    uintptr_t
        list[CST_HELD_MAX]; /**< address of a struct cst_lock, or 1 more than that of a pthread_mutex_t of the heap's */
};

struct cst_thread {
    uint8_t mode;             /**< enum cst_thread_mode */
    uint8_t generation;       /**< forks between the first audited process and this one, at most 255 */
    bool moves;               /**< inside the runtime, as a fork has to know (core/standstill.h) */
    uint8_t forks;            /**< that it is in the middle of */
    uint8_t stacks;           /**< frames to record; copied from the settings */
    uint32_t number;          /**< among all threads that objects were bound to; 0: nobody asked (core/object.h) */
    uint16_t place;           /**< of its stack among those known (core/stacks.h) */
    struct cst_count *counts; /**< one for each side */
    uintptr_t touched;        /**< bytes of the heap touched ahead (core/tag.c); an address would hold a block there */
    struct cst_stack_bounds bounds;
    struct cst_behalf behalf;
    struct cst_passing passing;
    struct cst_guest guest;
    uintptr_t inside_frame; /**< where on the stack the runtime was entered, while the mode says so; 0: not known */
    struct cst_held held;
};

extern CST_THREAD_LOCAL struct cst_thread cst_thread;

CST_INLINE bool cst_thread_is_inside(uint8_t mode)
{
    return mode >= CST_THREAD_INSIDE;
}

/** The way in and the way out, in steps between which a handler of a signal may come: who sees a mode from inside sees where the
 * stack was, or 0. */
CST_INLINE void cst_thread_go_in(uint8_t inside)
{
    cst_thread.mode = inside;
    atomic_signal_fence(memory_order_seq_cst);
    cst_thread.inside_frame = (uintptr_t)__builtin_frame_address(0);
    atomic_signal_fence(memory_order_seq_cst);
}

CST_INLINE void cst_thread_go_out(uint8_t outside)
{
    atomic_signal_fence(memory_order_seq_cst);
    cst_thread.inside_frame = 0;
    atomic_signal_fence(memory_order_seq_cst);
    cst_thread.mode = outside;
}

/** Enters the guard; returns the mode to give back to cst_thread_unguard. */
CST_INLINE uint8_t cst_thread_guard(void)
{
    uint8_t mode = cst_thread.mode;
    if (!cst_thread_is_inside(mode)) {
        cst_thread_go_in(CST_THREAD_INSIDE);
        cst_standstill_enter();
    }
    return mode;
}

CST_INLINE void cst_thread_unguard(uint8_t mode)
{
    if (!cst_thread_is_inside(mode)) {
        cst_standstill_leave();
        cst_thread_go_out(mode);
    }
}

#endif
