/* What the program told of: see ownership.h. */
#include "entry/ownership.h"

#include "base/names.h"
#include "core/callback.h"
#include "core/history.h"
#include "core/kept_back.h"
#include "core/lease.h"
#include "core/object.h"
#include "core/watch.h"

struct cst_ownership_facts cst_ownership_of(uintptr_t address, uintptr_t start)
{
    const char *type = start ? cst_object_type_name(start) : NULL;
    return (struct cst_ownership_facts){.type = type ? type : cst_object_type_name(address), .loans = 0};
}

void cst_ownership_history(uintptr_t start, struct cst_history_copy *out_copy)
{
    cst_object_history(start, out_copy);
}

void cst_ownership_farewell(void)
{
    cst_object_farewell();
    cst_callback_farewell();
    cst_lease_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_names_after_fork();
    cst_kept_back_after_fork();
    cst_object_after_fork();
    cst_callback_after_fork();
    cst_lease_after_fork();
    cst_watch_after_fork();
}
