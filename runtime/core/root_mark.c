/* Roots: giving them to a mark; see root.h. */
#include "base/kept.h"
#include "core/callback.h"
#include "core/root.h"
#include "plat/process.h"

static void mark_thread(const struct cst_halted *thread, struct cst_reach *reach)
{
    for (size_t i = 0; i < CST_HALT_REGISTERS; i++)
        cst_reach_root(reach, thread->registers[i], CST_HOLDER_NOBODY);
    cst_reach_root(reach, thread->signal_stack, CST_HOLDER_NOBODY);
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
    for (size_t i = 0; i < halt->count; i++)
        if (atomic_load(&halt->threads[i].state) == CST_HALT_STOPPED)
            mark_thread(&halt->threads[i], reach);
    cst_reach_root(reach, cst_process_signal_stack(), CST_HOLDER_NOBODY);
    cst_kept_each(mark_kept, reach);
    cst_callback_each_data(mark_kept, reach);
}
