/* What the program told of, at awkward moments: see ownership.h. */
#include "entry/ownership.h"

#include "core/history.h"
#include "core/ledger.h"
#include "core/watch.h"

void cst_ownership_farewell(void)
{
    cst_ledger_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_watch_after_fork();
    cst_ledger_after_fork();
}
