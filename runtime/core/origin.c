/* Origins: see origin.h. */
#include "core/origin.h"

#include "site/code_map.h"
#include "site/stack_place.h"

static uint16_t owner_of(const struct cst_caller *caller)
{
    uint16_t side = CST_SIDE_UNKNOWN;
    if (caller->module)
        side = caller->in_doubt ? cst_side_in_doubt(caller->module)
                                : cst_side_of_code(caller->module, caller->contract, caller->lang);
    return cst_owner_make(caller->contract, side);
}

static uint32_t stack_of_one(uintptr_t return_address)
{
    return cst_stack_store(&return_address, 1);
}

const struct cst_callsite_resolver cst_origin_resolver = {.owner = owner_of, .site = stack_of_one};

static bool inside_libc(const struct cst_callsite *site)
{
    const struct cst_module *module = site->module == CST_MODULE_NONE ? NULL : cst_module_get(site->module);
    return module && module->role == CST_ROLE_LIBC;
}

static struct cst_origin make(const struct cst_call *call, uint16_t owner, const struct cst_callsite *site)
{
    return (struct cst_origin){.side = cst_owner_side(owner),
                               .contract = (uint8_t)cst_owner_contract(owner),
                               .layout_known = site->how != CST_HOW_RUST,
                               .stack = cst_origin_stack(call, site->site)};
}

/* True when the function that allocates for its caller still returns to where it was called from, as far as can be seen:
 * calls made after it was left have overwritten that. */
static bool behalf_returns(const struct cst_behalf *behalf)
{
    return !cst_stack_starts(&cst_thread.bounds, behalf->frame) ||
           cst_stack_return(behalf->frame) == behalf->return_address;
}

/* True for a call by libc in a function that allocates for its caller. One that was left by an exception, a jump or the
 * thread's cancellation did not say so: its frame lies below that of the call, or is another function's by now. */
static bool is_on_behalf(const struct cst_call *call, const struct cst_callsite *site)
{
    const struct cst_behalf *behalf = &cst_thread.behalf;
    return cst_thread.mode == CST_THREAD_BEHALF && call->frame <= behalf->frame && inside_libc(site) &&
           behalf_returns(behalf);
}

/* libc is allocating inside a function that its caller asked to: the caller is who called, and its stack is the one. */
static struct cst_origin on_behalf(void)
{
    const struct cst_behalf *behalf = &cst_thread.behalf;
    const struct cst_call call = {
        .door = behalf->door, .return_address = behalf->return_address, .frame = behalf->frame};
    struct cst_callsite site = cst_callsite_get(call.return_address, call.door);
    return make(&call, site.owner, &site);
}

uint16_t cst_origin_side_at(uintptr_t address)
{
    const struct cst_module *module = cst_module_find(address);
    if (!module)
        return CST_SIDE_UNKNOWN;
    return cst_side_of_code(module, CUSTODY_CONTRACT_CUSTODY, cst_code_at(module, address).lang);
}

struct cst_origin cst_origin_of(const struct cst_call *call)
{
    struct cst_callsite site = cst_callsite_get(call->return_address, call->door);
    if (is_on_behalf(call, &site))
        return on_behalf();
    bool known = call->side != CST_SIDE_UNKNOWN;
    return make(call, known ? cst_owner_make(custody_door_contract(call->door), call->side) : site.owner, &site);
}

bool cst_origin_steady(const struct cst_call *call, uint16_t *out_owner, uint32_t *out_site)
{
    uint16_t owner;
    if (cst_thread.mode != CST_THREAD_READY)
        return false;
    if (!cst_callsite_quick(call->return_address, call->door, &owner, out_site) &&
        !cst_callsite_steady(call->return_address, call->door, &owner, out_site))
        return false;
    *out_owner = call->side ? cst_owner_make(custody_door_contract(call->door), call->side) : owner;
    return true;
}
