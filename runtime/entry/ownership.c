/* What the program told of: see ownership.h. */
#include "entry/ownership.h"

#include "base/names.h"
#include "base/table.h"
#include "core/callback.h"
#include "core/history.h"
#include "core/kept_back.h"
#include "core/lease.h"
#include "core/ledger.h"
#include "core/object.h"
#include "core/watch.h"

struct cst_ownership_facts cst_ownership_of(uintptr_t address, uintptr_t start)
{
    const char *type = start ? cst_object_type_name(start) : NULL;
    return (struct cst_ownership_facts){.type = type ? type : cst_object_type_name(address),
                                        .loans = cst_ledger_loans(start ? start : address)};
}

/* Adds what the ledger knows; that the block was made is said already where an object lies in it. */
static void add_ledger(struct cst_history_copy *copy, const struct cst_history_copy *ledger)
{
    size_t first = copy->count > 0 && ledger->count > 0 && ledger->moments[0].deed == CUSTODY_DEED_MADE;
    copy->left_out += ledger->left_out;
    for (size_t i = first; i < ledger->count; i++) {
        if (copy->count < CST_MOMENTS_MAX)
            copy->moments[copy->count++] = ledger->moments[i];
        else
            copy->left_out++;
    }
}

void cst_ownership_history(uintptr_t start, struct cst_history_copy *out_copy)
{
    struct cst_history_copy ledger;
    cst_object_history(start, out_copy);
    cst_ledger_history(start, &ledger);
    add_ledger(out_copy, &ledger);
}

void cst_ownership_farewell(void)
{
    cst_object_farewell();
    cst_callback_farewell();
    cst_lease_farewell();
    cst_ledger_farewell();
}

void cst_ownership_after_fork(void)
{
    cst_history_after_fork();
    cst_names_after_fork();
    cst_table_after_fork();
    cst_kept_back_after_fork();
    cst_object_after_fork();
    cst_callback_after_fork();
    cst_lease_after_fork();
    cst_watch_after_fork();
    cst_ledger_after_fork();
}
