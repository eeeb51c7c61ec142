/* Departures: see departure.h. */
#include "core/departure.h"

#include "core/adopted.h"
#include "core/heap.h"
#include "core/policy.h"
#include "core/settled.h"
#include "core/tag.h"
#include "site/callsite.h"
#include "site/stack.h"

#include <stdatomic.h>

static void forget(const struct cst_module *module)
{
    cst_callsite_forget(module->lo, module->hi);
    cst_stack_forget(module->lo, module->hi);
    (void)cst_adopted_forget(module->id);
    cst_policy_forget();
    cst_settled_forget();
}

void cst_departure_watch(const struct cst_module *module)
{
    uintptr_t record = (uintptr_t)cst_module_loader_record(module);
    if (!cst_heap_has(record))
        return;
    struct cst_tag *tag = cst_tag_of(record);
    uint64_t facts = cst_tag_read_facts(tag);
    if (cst_tag_state(tag) != CST_STATE_LIVE || !cst_tag_starts_at(tag, record) ||
        cst_tag_contract(tag) != CUSTODY_CONTRACT_MALLOC)
        return;
    uint64_t libc = cst_facts_with_owner(facts, cst_owner_make(CUSTODY_CONTRACT_LIBC, cst_facts_side(facts)));
    __atomic_compare_exchange_n(&tag->facts, &facts, libc, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void cst_departure_note(uintptr_t address)
{
    const struct cst_module *module = cst_module_end((const void *)address);
    if (module)
        forget(module);
}

void cst_departure_sweep(void)
{
    (void)cst_module_sweep(forget);
}

void cst_departure_displaced(const struct cst_module *module)
{
    forget(module);
    cst_stack_detach(module);
}
