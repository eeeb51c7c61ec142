/* The gate; the contract stands in the header. It differs from base/lock.h in knowing who is inside. */
#include "audit/gate.h"

#include "plat/sys.h"

#include <stdatomic.h>

#define YIELDS_BETWEEN_CHECKS 1024

static _Atomic pid_t inside; /* thread id; 0 when nobody is */
static atomic_uint_fast64_t refusals;

/* Takes the gate over from a thread that no longer exists: killed in the child of a vfork, or left behind in the
 * parent by a fork that the runtime was not told of. */
static bool take_over(pid_t gone, pid_t self)
{
    return !cst_process_exists(gone) && atomic_compare_exchange_strong(&inside, &gone, self);
}

/* False when `self` is inside already. */
static bool wait_for_turn(pid_t self)
{
    for (unsigned yields = 1;; yields++) {
        pid_t other = 0;
        if (atomic_compare_exchange_weak(&inside, &other, self)) {
            return true;
        }
        if (other == self) {
            return false;
        }
        if (other != 0 && yields % YIELDS_BETWEEN_CHECKS == 0 && take_over(other, self)) {
            return true;
        }
        cst_process_yield();
    }
}

bool cst_gate_enter(cst_signals *out_signals)
{
    cst_signals signals = cst_process_block_signals();
    if (!wait_for_turn(cst_sys_tid())) {
        cst_process_restore_signals(signals);
        atomic_fetch_add_explicit(&refusals, 1, memory_order_relaxed);
        return false;
    }
    *out_signals = signals;
    return true;
}

void cst_gate_leave(cst_signals signals)
{
    atomic_store(&inside, 0);
    cst_process_restore_signals(signals);
}

uint64_t cst_gate_refusals(void)
{
    return atomic_load_explicit(&refusals, memory_order_relaxed);
}

void cst_gate_reset(void)
{
    atomic_store(&inside, 0);
    atomic_store(&refusals, 0);
}
