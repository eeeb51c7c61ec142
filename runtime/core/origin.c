/* Origins: see origin.h. */
#include "core/origin.h"

static uint16_t owner_of_site(const struct cst_module *module, enum custody_door door, enum cst_callsite_how how)
{
    if (!module || how == CST_HOW_UNKNOWN)
        return CST_SIDE_UNKNOWN;
    return cst_side_of_module(module, how == CST_HOW_RUST ? CUSTODY_CONTRACT_RUST : custody_door_contract(door));
}

static uint32_t stack_of_one(uintptr_t return_address)
{
    return cst_stack_store(&return_address, 1);
}

const struct cst_callsite_resolver cst_origin_resolver = {.owner = owner_of_site, .site = stack_of_one};

static bool inside_libc(const struct cst_callsite *site)
{
    const struct cst_module *module = site->module == CST_MODULE_NONE ? NULL : cst_module_get(site->module);
    return module && module->role == CST_ROLE_LIBC;
}

/* libc is allocating inside a function that its caller asked to: the caller is who called. */
static struct cst_origin on_behalf(const struct cst_call *call)
{
    const struct cst_behalf *behalf = &cst_thread.behalf;
    struct cst_callsite site = cst_callsite_get(behalf->return_address, behalf->door);
    return (struct cst_origin){
        .side = site.owner,
        .contract = (uint8_t)custody_door_contract(behalf->door),
        .layout_known = true,
        .stack = cst_origin_stack(call, site.site),
    };
}

struct cst_origin cst_origin_special(const struct cst_call *call, const struct cst_callsite *site)
{
    if (site->how == CST_HOW_RUST)
        return (struct cst_origin){.side = site->owner,
                                   .contract = CUSTODY_CONTRACT_RUST,
                                   .layout_known = false,
                                   .stack = cst_origin_stack(call, site->site)};
    if (inside_libc(site))
        return on_behalf(call);
    return (struct cst_origin){.side = call->side ? call->side : site->owner,
                               .contract = (uint8_t)custody_door_contract(call->door),
                               .layout_known = true,
                               .stack = cst_origin_stack(call, site->site)};
}
