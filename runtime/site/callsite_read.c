/* From a return address to the caller; see the header. */
#include "site/callsite_read.h"

#include "site/callsite_hoist.h"
#include "site/callsite_tail.h"
#include "site/decode_x86_64.h"
#include "site/fde.h"

/* The longest call instruction that is looked for. */
#define CALL_LENGTH_MAX 16

/* A call that the bytes in front of a return address may be. */
struct site {
    struct cst_image image;
    uintptr_t return_address;
    struct cst_insn call;
};

/* All readings of the bytes in front of `return_address`. */
static size_t read_calls(const struct cst_image *image, uintptr_t return_address,
                         struct cst_insn out_calls[CST_CALLS_BEFORE_MAX])
{
    struct cst_range code;
    if (!cst_image_segment(image, return_address - 1, PF_X, &code)) {
        return 0;
    }
    size_t size = return_address - code.lo < CALL_LENGTH_MAX ? return_address - code.lo : CALL_LENGTH_MAX;
    return cst_insn_calls_before((const uint8_t *)return_address, size, return_address, out_calls);
}

static bool is_code(uintptr_t address)
{
    struct cst_image image;
    struct cst_range code;
    return cst_image_at(address, &image) && cst_image_segment(&image, address, PF_X, &code);
}

/* Chance readings of other instructions seldom lead to code or to a slot. */
static bool makes_sense(const struct cst_image *image, const struct cst_insn *call)
{
    switch (call->kind) {
    case CST_INSN_CALL: return is_code(call->target);
    case CST_INSN_CALL_RIP: return cst_image_slot(image, call->target) != CST_SLOT_NONE;
    default: return true;
    }
}

/* Decodes the function around the call from its start, which leaves one reading. False when that is impossible. */
static bool sweep_to_call(struct site *site)
{
    struct cst_range function;
    if (!cst_fde_find(&site->image, site->return_address - 1, &function)) {
        return false;
    }
    uintptr_t at = function.lo;
    while (at < site->return_address) {
        if (!cst_insn_decode((const uint8_t *)at, function.hi - at, at, &site->call)) {
            return false;
        }
        at += site->call.length;
    }
    return at == site->return_address;
}

/* The one call in front of the return address. False when there is none, or when several cannot be told apart. */
static bool read_call(struct site *site)
{
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    size_t count = read_calls(&site->image, site->return_address, calls), sensible = 0;
    for (size_t i = 0; i < count; i++) {
        if (makes_sense(&site->image, &calls[i])) {
            site->call = calls[i];
            sensible++;
        }
    }
    return sensible == 1 || (sensible > 1 && sweep_to_call(site));
}

static enum cst_callsite_how judge_landing(const struct site *site, const struct cst_landing *landing,
                                           const struct cst_goal *goal, const struct cst_module **out_module)
{
    uint32_t id = CST_MODULE_NONE;
    enum cst_callsite_how how = CST_HOW_UNKNOWN;
    switch (landing->kind) {
    case CST_LAND_DOOR: *out_module = site->image.module; return CST_HOW_DIRECT;
    case CST_LAND_RUST:
        how = CST_HOW_RUST;
        id = landing->rust_module;
        break;
    case CST_LAND_FUNCTION: how = cst_tail_trace(landing, goal, &id); break;
    case CST_LAND_OPAQUE:
    case CST_LAND_ELSEWHERE:
    case CST_LAND_UNBOUND: break;
    }
    *out_module = how == CST_HOW_UNKNOWN ? NULL : cst_module_get(id);
    return *out_module ? how : CST_HOW_UNKNOWN;
}

static enum cst_callsite_how judge_register(const struct site *site, const struct cst_goal *goal,
                                            const struct cst_module **out_module)
{
    if (!cst_hoist_proven(&site->image, site->return_address, goal)) {
        return CST_HOW_UNKNOWN;
    }
    *out_module = site->image.module;
    return CST_HOW_HOISTED;
}

enum cst_callsite_how cst_callsite_read(uintptr_t return_address, const struct cst_goal *goal,
                                        const struct cst_module **out_module)
{
    struct site site = {.return_address = return_address};
    struct cst_landing landing;
    *out_module = NULL;
    if (!cst_image_at(return_address - 1, &site.image) || !read_call(&site)) {
        return CST_HOW_UNKNOWN;
    }
    switch (site.call.kind) {
    case CST_INSN_CALL:
        landing = cst_follow(site.call.target, goal);
        return judge_landing(&site, &landing, goal, out_module);
    case CST_INSN_CALL_RIP:
        landing = cst_follow_slot(&site.image, site.call.target, goal);
        return judge_landing(&site, &landing, goal, out_module);
    case CST_INSN_CALL_REG: return judge_register(&site, goal, out_module);
    default: return CST_HOW_UNKNOWN;
    }
}

bool cst_callsite_plausible(uintptr_t return_address)
{
    struct cst_image image;
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    return cst_image_at(return_address - 1, &image) && read_calls(&image, return_address, calls) > 0;
}
