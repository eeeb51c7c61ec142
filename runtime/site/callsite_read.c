/* From a return address to the caller; see the header. */
#include "site/callsite_read.h"

#include "site/callsite_memo.h"
#include "site/callsite_value.h"
#include "site/decode_x86_64.h"
#include "site/fde.h"

#include <string.h>

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
    uintptr_t word;
    switch (call->kind) {
    case CST_INSN_CALL:
        return is_code(call->target);
    case CST_INSN_CALL_RIP:
        return cst_image_slot(image, call->target) != CST_SLOT_NONE || cst_image_word(image, call->target, &word);
    default:
        return true;
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

static struct cst_callsite_reading unknown_of(const struct cst_goal *goal)
{
    return (struct cst_callsite_reading){.how = CST_HOW_UNKNOWN,
                                         .caller = {.module = NULL, .contract = custody_door_contract(goal->name)}};
}

/* The code in front of the return address called, and landed at the door. */
static struct cst_callsite_reading called_by(enum cst_callsite_how how, const struct site *site,
                                             const struct cst_landing *landing, const struct cst_goal *goal)
{
    return (struct cst_callsite_reading){
        .how = how,
        .caller = cst_caller_through(landing->variable, site->image.module, site->return_address - 1, goal->name)};
}

static struct cst_callsite_reading called_by_rust(uint32_t module, const struct cst_goal *goal)
{
    const struct cst_caller rust = {
        .module = cst_module_get(module), .lang = CUSTODY_LANG_RUST, .contract = CUSTODY_CONTRACT_RUST};
    return rust.module ? (struct cst_callsite_reading){.how = CST_HOW_RUST, .caller = rust} : unknown_of(goal);
}

static struct cst_callsite_reading judge_tail(const struct cst_landing *landing, const struct cst_goal *goal,
                                              struct cst_grounds *grounds)
{
    struct cst_tail tail = cst_memo_trace(landing, goal, grounds);
    struct cst_callsite_reading reading = unknown_of(goal);
    if (tail.how != CST_HOW_UNKNOWN) {
        reading = (struct cst_callsite_reading){.how = tail.how, .caller = tail.caller};
    }
    reading.passing = tail.passing;
    return reading;
}

static struct cst_callsite_reading judge_landing(const struct site *site, struct cst_landing landing,
                                                 enum cst_callsite_how how, const struct cst_goal *goal,
                                                 struct cst_grounds *grounds)
{
    switch (landing.kind) {
    case CST_LAND_DOOR:
        return called_by(how, site, &landing, goal);
    case CST_LAND_RUST:
        return called_by_rust(landing.rust_module, goal);
    case CST_LAND_FUNCTION:
        return judge_tail(&landing, goal, grounds);
    case CST_LAND_OPAQUE:
    case CST_LAND_ELSEWHERE:
    case CST_LAND_UNBOUND:
        break;
    }
    return unknown_of(goal);
}

/* A call to what `value` leads to; `how` is the way when that is the door itself. */
static struct cst_callsite_reading judge_value(const struct site *site, const struct cst_value *value,
                                               enum cst_callsite_how how, const struct cst_goal *goal)
{
    struct cst_grounds grounds = {0};
    struct cst_landing landing = cst_follow_value(value, goal, &grounds);
    struct cst_callsite_reading reading = judge_landing(site, landing, how, goal, &grounds);
    reading.grounds = grounds;
    return grounds.too_many ? unknown_of(goal) : reading;
}

static struct cst_callsite_reading judge_indirect(const struct site *site, const struct cst_goal *goal)
{
    struct cst_value value;
    return cst_value_of_call(&site->image, site->return_address, &value)
               ? judge_value(site, &value, CST_HOW_HOISTED, goal)
               : unknown_of(goal);
}

struct cst_callsite_reading cst_callsite_read(uintptr_t return_address, const struct cst_goal *goal)
{
    struct site site = {.return_address = return_address};
    if (!cst_image_at(return_address - 1, &site.image) || !read_call(&site)) {
        return unknown_of(goal);
    }
    switch (site.call.kind) {
    case CST_INSN_CALL:
        return judge_value(&site, &(struct cst_value){CST_VALUE_ADDRESS, site.call.target}, CST_HOW_DIRECT, goal);
    case CST_INSN_CALL_RIP:
        return judge_value(&site, &(struct cst_value){CST_VALUE_WORD, site.call.target}, CST_HOW_DIRECT, goal);
    case CST_INSN_CALL_REG:
    case CST_INSN_CALL_MEM:
        return judge_indirect(&site, goal);
    default:
        return unknown_of(goal);
    }
}

/* Where a call leads, if that is sure to have been so when it was made. */
static struct cst_landing follow_call(const struct site *site)
{
    static const struct cst_goal none; /* no door: a function is what is looked for */
    struct cst_landing landing = {.kind = CST_LAND_OPAQUE};
    struct cst_grounds grounds = {0};
    if (site->call.kind == CST_INSN_CALL) {
        landing = cst_follow(site->call.target, &none);
    } else if (site->call.kind == CST_INSN_CALL_RIP) {
        landing = cst_follow_slot(site->call.target, &none, &grounds);
    }
    return grounds.count == 0 ? landing : (struct cst_landing){.kind = CST_LAND_OPAQUE};
}

/* A function without a name may be the API's: of a copy of the runtime in another module. */
static bool is_of_api(const struct cst_landing *landing)
{
    static const char prefix[] = "custody_";
    const char *name;
    uintptr_t start;
    return !cst_module_symbol(landing->module, landing->function.lo, &name, &start) ||
           strncmp(name, prefix, sizeof prefix - 1) == 0;
}

uintptr_t cst_callsite_maker(uintptr_t return_address)
{
    struct site site = {.return_address = return_address};
    if (!cst_image_at(return_address - 1, &site.image) || !read_call(&site)) {
        return return_address - 1;
    }
    struct cst_landing landing = follow_call(&site);
    bool jumped = landing.kind == CST_LAND_FUNCTION && landing.module != site.image.module && !is_of_api(&landing);
    return jumped ? landing.function.lo : return_address - 1;
}

bool cst_callsite_plausible(uintptr_t return_address)
{
    struct cst_image image;
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    return cst_image_at(return_address - 1, &image) && read_calls(&image, return_address, calls) > 0;
}
