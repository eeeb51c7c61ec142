/* Settled: see settled.h. */
#include "core/settled.h"

#include "core/policy.h"

struct cst_settled_row cst_settled_rows[1U << CST_SETTLED_BITS];

static void write(const struct cst_settled_case *what, uint32_t crossing)
{
    uint64_t key = cst_settled_key(what);
    struct cst_settled_row *row = cst_settled_home(key, what->alloc_stack);
    if (atomic_exchange_explicit(&row->key, CST_SETTLED_BUSY, memory_order_acquire) == CST_SETTLED_BUSY)
        return;
    atomic_store_explicit(&row->value, what->alloc_stack | (uint64_t)crossing << 32, memory_order_release);
    atomic_store_explicit(&row->key, key, memory_order_release);
}

void cst_settled_keep(const struct cst_call *call, const struct cst_origin *origin, const struct cst_tag *tag,
                      uint32_t crossing)
{
    struct cst_settled_case what = {.owner = cst_facts_owner(cst_tag_read_facts(tag)),
                                    .alloc_stack = cst_tag_alloc_stack(tag)};
    if (cst_policy_judges || !cst_settled_concerns(cst_tag_contract(tag)) ||
        !cst_origin_steady(call, &what.by, &what.site) || what.site == 0)
        return;
    if (what.by != what.owner && what.by == cst_owner_make((enum custody_contract)origin->contract, origin->side))
        write(&what, crossing);
}

void cst_settled_forget(void)
{
    for (size_t i = 0; i < sizeof cst_settled_rows / sizeof *cst_settled_rows; i++) {
        struct cst_settled_row *row = &cst_settled_rows[i];
        uint64_t key = atomic_load_explicit(&row->key, memory_order_relaxed);
        if (key != CST_SETTLED_FREE &&
            key != CST_SETTLED_BUSY) /* one that is being written must not get a second writer */
            atomic_compare_exchange_strong(&row->key, &key, CST_SETTLED_FREE);
    }
}
