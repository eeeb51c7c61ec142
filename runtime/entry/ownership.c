/* What the program told of: see ownership.h. */
#include "entry/ownership.h"

#include "core/history.h"
#include "core/lease.h"
#include "core/watch.h"

struct cst_ownership_facts cst_ownership_of(uintptr_t address, uintptr_t start)
{
    (void)address;
    (void)start;
    return (struct cst_ownership_facts){.type = NULL, .loans = 0};
}

void cst_ownership_history(uintptr_t start, struct cst_history_copy *out_copy)
{
    (void)start;
    out_copy->count = 0;
    out_copy->left_out = 0;
}

void cst_ownership_farewell(void)
{
    cst_lease_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_lease_after_fork();
    cst_watch_after_fork();
}
