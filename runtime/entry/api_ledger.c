/* The public API's ledger: ledger.h in terms of core/ledger. Checks arguments, decides nothing. Where Custody does not run,
 * everything is well. */
#include "entry/functions.h"

#include "core/ledger.h"
#include "entry/hook.h"
#include "entry/start.h"

#include <errno.h>

/* A call of the program, made by the exported function that has this in it. */
#define CALL_OF(door_of, side_of) \
    { \
        .door = (door_of), .side = (side_of), .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME \
    }

/* Numbers that are no side's may be anybody. */
static uint16_t known(custody_side side)
{
    return side < cst_side_count() ? side : CST_SIDE_UNKNOWN;
}

static bool is_running(void)
{
    return cst_hook_is_ready() && cst_start_is_up();
}

/* A visit to the runtime: what the thread was doing, and its errno. */
struct visit {
    uint8_t mode;
    int error;
};

static struct visit enter(void)
{
    return (struct visit){.mode = cst_thread_guard(), .error = errno};
}

static void leave(const struct visit *visit)
{
    cst_thread_unguard(visit->mode);
    errno = visit->error;
}

CST_EXPORT int custody_transfer(void *block, custody_side from, custody_side to, enum custody_contract release)
{
    if (!block || !is_running())
        return 1;
    const struct cst_call call = CALL_OF(CUSTODY_DOOR_CUSTODY_RELEASE, known(from));
    enum custody_contract contract = (unsigned)release < CUSTODY_CONTRACT_COUNT ? release : CUSTODY_CONTRACT_UNKNOWN;
    const struct visit visit = enter();
    bool done = cst_ledger_transfer(&call, (uintptr_t)block, known(from), known(to), contract);
    leave(&visit);
    return done;
}

CST_EXPORT int custody_lend(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind,
                            custody_loan *out_loan)
{
    *out_loan = 0;
    if (!block || !is_running())
        return 1;
    const struct cst_call call = CALL_OF(CUSTODY_DOOR_CUSTODY_ALLOC, known(from));
    const struct visit visit = enter();
    bool done =
        cst_ledger_lend(&call, (uintptr_t)block, known(from), known(to), kind == CUSTODY_LOAN_EXCLUSIVE, out_loan);
    leave(&visit);
    return done;
}

CST_EXPORT int custody_return(custody_loan loan)
{
    if (loan == 0 || !is_running())
        return 1;
    const struct cst_call call = CALL_OF(CUSTODY_DOOR_CUSTODY_RELEASE, CST_SIDE_UNKNOWN);
    const struct visit visit = enter();
    bool done = cst_ledger_return(&call, loan);
    leave(&visit);
    return done;
}

CST_EXPORT int custody_releasing(custody_side side, const void *block)
{
    if (!block || !is_running())
        return 1;
    const struct cst_call call = CALL_OF(CUSTODY_DOOR_CUSTODY_RELEASE, known(side));
    const struct visit visit = enter();
    bool may = cst_ledger_releasing(&call, known(side), (uintptr_t)block);
    leave(&visit);
    return may;
}
