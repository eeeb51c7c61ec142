/* The standstill of a fork: see standstill.h. Both sides say first what they are about to do and look at the other's word
 * then, so that not both can miss it. */
#include "core/standstill.h"

#include "core/thread.h"
#include "plat/process.h"
#include "plat/sys.h"

#include <stdatomic.h>
#include <stdint.h>

/* How long who forks waits for the others; who comes meanwhile waits longer, for a fork takes time, too. */
#define PATIENCE_NS UINT64_C(1000000000)
#define PATIENCE_OF_OTHERS_NS (2 * PATIENCE_NS)

/* For those that it waited for in vain before, and that may be gone: a thread that ended in the middle of a call. */
#define PATIENCE_AGAIN_NS UINT64_C(10000000)

#define LOOK_EVERY_NS UINT64_C(1000000)
#define YIELDS_BEFORE_SLEEP 100U

static _Atomic int32_t moving;   /* threads that move */
static _Atomic uint32_t forking; /* futex: threads that fork */
static _Atomic int32_t given_up; /* threads that a fork did not wait for any longer */

static bool must_wait(void)
{
    return cst_thread.forks == 0 && atomic_load(&forking) > 0;
}

/* False when the caller, who has waited since `began`, waits no longer. */
static bool await_fork(uint64_t began)
{
    for (uint32_t forks; (forks = atomic_load(&forking)) > 0;) {
        if (cst_sys_monotonic_ns() - began > PATIENCE_OF_OTHERS_NS)
            return false;
        (void)cst_process_wait(&forking, forks, LOOK_EVERY_NS);
    }
    return true;
}

/* The next fork may begin before the thread has said that it moves again: so it looks again. */
static void enter_after_fork(void)
{
    uint64_t began = cst_sys_monotonic_ns();
    bool waits = true;
    do {
        atomic_fetch_sub(&moving, 1);
        waits = await_fork(began);
        atomic_fetch_add(&moving, 1);
    } while (waits && must_wait());
}

void cst_standstill_enter(void)
{
    cst_thread.moves = true;
    atomic_fetch_add(&moving, 1);
    if (CST_UNLIKELY(must_wait()))
        enter_after_fork();
}

void cst_standstill_leave(void)
{
    if (!cst_thread.moves)
        return;
    cst_thread.moves = false;
    atomic_fetch_sub(&moving, 1);
}

/* Others than the calling thread. */
static int32_t others(void)
{
    return atomic_load(&moving) - cst_thread.moves;
}

static void await_others(void)
{
    uint64_t began = cst_sys_monotonic_ns();
    uint64_t patience = others() > atomic_load(&given_up) ? PATIENCE_NS : PATIENCE_AGAIN_NS;
    int32_t count;
    for (unsigned yields = 0; (count = others()) > 0 && cst_sys_monotonic_ns() - began < patience; yields++) {
        _Atomic uint32_t never = 0;
        if (yields < YIELDS_BEFORE_SLEEP)
            cst_process_yield();
        else
            (void)cst_process_wait(&never, 0, LOOK_EVERY_NS);
    }
    atomic_store(&given_up, count > 0 ? count : 0);
}

void cst_standstill_begin(void)
{
    cst_thread.forks++;
    atomic_fetch_add(&forking, 1);
    await_others();
}

void cst_standstill_end(void)
{
    cst_thread.forks--;
    atomic_fetch_sub(&forking, 1);
    cst_process_wake(&forking);
}

/* A handler of a signal may have forked while its thread did. */
void cst_standstill_after_fork(void)
{
    cst_thread.forks--;
    cst_thread.moves = cst_thread.moves && cst_thread_is_inside(cst_thread.mode);
    atomic_store(&forking, cst_thread.forks);
    atomic_store(&moving, cst_thread.moves);
    atomic_store(&given_up, 0);
}
