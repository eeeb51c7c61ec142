/* Roots: giving them to a mark; see root.h. */
#include "base/kept.h"
#include "core/callback.h"
#include "core/root.h"
#include "core/stacks.h"
#include "plat/own.h"
#include "plat/process.h"

/* On a stack of ours: the runtime's own thread (entry/leak_signal.h), whose registers may hold what the last search found; or
 * one that has left its own for the time of a call (entry/room.h), where it has saved those that it must preserve. */
static bool is_ours(const struct cst_halted *thread)
{
    uintptr_t lo, hi;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++)
        if (thread->stack_pointer - lo < hi - lo)
            return true;
    return false;
}

static void mark_thread(const struct cst_halted *thread, struct cst_reach *reach)
{
    for (size_t i = 0; i < CST_HALT_REGISTERS; i++)
        cst_reach_root(reach, thread->registers[i], CST_HOLDER_NOBODY);
    cst_reach_stack(reach, thread->stack_pointer);
    cst_reach_roots(reach, thread->vectors_lo, thread->vectors_hi, CST_HOLDER_NOBODY, CST_REACH_ALIGNED);
}

static void mark_kept(uintptr_t word, void *data)
{
    cst_reach_root(data, word, CST_HOLDER_NOBODY);
}

void cst_roots_mark(const struct cst_roots *roots, const struct cst_halt *halt, struct cst_reach *reach)
{
    for (size_t i = 0; i < roots->count; i++) {
        const struct cst_root *root = &roots->roots[i];
        cst_reach_roots(reach, root->lo, root->hi, root->holder, (enum cst_reach_how)root->how);
    }
    for (size_t i = 0; i < halt->count; i++) {
        if (atomic_load(&halt->threads[i].state) != CST_HALT_STOPPED)
            continue;
        cst_reach_root(reach, halt->threads[i].signal_stack, CST_HOLDER_NOBODY);
        if (!is_ours(&halt->threads[i]))
            mark_thread(&halt->threads[i], reach);
    }
    for (unsigned place = 0; place < CST_STACKS_LEFT_MAX; place++)
        cst_reach_stack(reach, cst_stacks_left(place));
    cst_reach_root(reach, cst_process_signal_stack(), CST_HOLDER_NOBODY);
    cst_kept_each(mark_kept, reach);
    cst_callback_each_data(mark_kept, reach);
}
