/* What the program told of, at awkward moments: see ownership.h. */
#include "entry/ownership.h"

#include "core/history.h"
#include "core/lease.h"

void cst_ownership_farewell(void)
{
    cst_lease_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_lease_after_fork();
}
