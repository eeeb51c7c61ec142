/* The public API: questions of block.h about code and about addresses. Checks arguments, translates results, decides nothing. */
#include "entry/functions.h"

#include "audit/expect.h"
#include "core/portrait.h"
#include "entry/hook.h"
#include "entry/ownership.h"
#include "entry/print.h"
#include "entry/start.h"
#include "site/callsite_follow.h"
#include "site/callsite_read.h"
#include "site/stack_frame.h"

/* The body of custody_side_of_caller, with what functions_x86_64.S adds: the function that was called, of whatever copy. */
custody_status cst_side_of_caller(custody_side *out_side, uintptr_t door) __asm__("cst_api_custody_side_of_caller");

/* The side of who called `door`. A function that ends in a jump to it returns to its own caller: the call there tells, unless
 * it goes through a register that nothing is known of. */
static uint16_t side_of_call(uintptr_t return_address, uintptr_t door)
{
    const struct cst_goal goal = {.name = CUSTODY_DOOR_CUSTODY_ALLOC, .door = door};
    struct cst_callsite_reading reading = cst_callsite_read(return_address, &goal);
    if (reading.how == CST_HOW_UNKNOWN || !reading.caller.module)
        return cst_origin_side_at(return_address - 1);
    return cst_side_of_code(reading.caller.module, CUSTODY_CONTRACT_CUSTODY, reading.caller.lang);
}

CST_EXPORT custody_status cst_side_of_caller(custody_side *out_side, uintptr_t door)
{
    if (!out_side)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!cst_hook_is_ready())
        return CUSTODY_STATUS_NOT_RUNNING;
    uint8_t mode = cst_thread_guard();
    *out_side = side_of_call(CST_HOOK_RETURN, door);
    cst_thread_unguard(mode);
    return CUSTODY_STATUS_OK;
}

/* The code that a pointer to a function means: in a program that is not position-independent that may be the address of a
 * stub, which leads to the function. 0 when no module's code is there. */
static uintptr_t code_behind(uintptr_t address)
{
    const struct cst_goal goal = {.name = CUSTODY_DOOR_CUSTODY_ALLOC};
    struct cst_image image;
    struct cst_range code;
    if (!cst_image_at(address, &image) || !cst_image_segment(&image, address, PF_X, &code))
        return 0;
    struct cst_landing landing = cst_follow(address, &goal);
    if (landing.kind == CST_LAND_UNBOUND)
        return 0;
    return landing.module && landing.module != image.module && landing.function.lo ? landing.function.lo : address;
}

CST_EXPORT custody_status custody_side_of_code(const void *function, custody_side *out_side)
{
    if (!function || !out_side)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!cst_hook_is_ready())
        return CUSTODY_STATUS_NOT_RUNNING;
    uint8_t mode = cst_thread_guard();
    uintptr_t code = code_behind((uintptr_t)function);
    if (code)
        *out_side = cst_origin_side_at(code);
    cst_thread_unguard(mode);
    return code ? CUSTODY_STATUS_OK : CUSTODY_STATUS_UNKNOWN_ADDRESS;
}

/* Inside the runtime, where a debugger or a signal may have stopped the thread, only our heap can be looked at. */
static bool take_portrait(const void *address, struct cst_portrait *out_portrait)
{
    if (!cst_hook_is_ready())
        return cst_start_is_up() && cst_portrait_in_heap((uintptr_t)address, out_portrait);
    uint8_t mode = cst_thread_guard();
    cst_portrait_take((uintptr_t)address, out_portrait);
    cst_thread_unguard(mode);
    return true;
}

/* Where the thread is inside the runtime it may hold the locks of what the program told. */
static struct cst_ownership_facts take_ownership(const void *address, const struct cst_portrait *portrait)
{
    struct cst_ownership_facts known = {.type = NULL};
    if (!cst_hook_is_ready())
        return known;
    uint8_t mode = cst_thread_guard();
    known = cst_ownership_of((uintptr_t)address, portrait->has_block ? portrait->start : 0);
    cst_thread_unguard(mode);
    return known;
}

static void describe_block(const struct cst_portrait *portrait, struct custody_description *description)
{
    const struct cst_side *side = cst_side_get(cst_tag_side(&portrait->tag));
    description->start = portrait->start;
    description->size = cst_tag_size(&portrait->tag);
    description->align = cst_tag_align(&portrait->tag);
    description->live = cst_tag_state(&portrait->tag) == CST_STATE_LIVE;
    description->side = side->name;
    description->lang = side->lang;
    description->contract = cst_tag_contract(&portrait->tag);
    description->frame_count = cst_stack_load(cst_tag_alloc_stack(&portrait->tag), description->frames);
    for (size_t i = 0; i < description->frame_count; i++)
        description->frames[i] = cst_stack_frame_address(description->frames[i]);
}

CST_EXPORT custody_status custody_describe(const void *address, struct custody_description *out_description)
{
    struct cst_portrait portrait;
    if (!address || !out_description)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!take_portrait(address, &portrait))
        return CUSTODY_STATUS_NOT_RUNNING;
    *out_description = (struct custody_description){.place = cst_expect_place_name(portrait.place), .side = "unknown"};
    if (portrait.has_block)
        describe_block(&portrait, out_description);
    struct cst_ownership_facts known = take_ownership(address, &portrait);
    out_description->type = known.type;
    out_description->loans = known.loans;
    return CUSTODY_STATUS_OK;
}

CST_EXPORT custody_status custody_owner(const void *address, custody_side *out_side)
{
    struct cst_portrait portrait;
    if (!address || !out_side)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!take_portrait(address, &portrait))
        return CUSTODY_STATUS_NOT_RUNNING;
    if (!portrait.has_block || cst_tag_state(&portrait.tag) != CST_STATE_LIVE)
        return CUSTODY_STATUS_UNKNOWN_ADDRESS;
    *out_side = cst_tag_side(&portrait.tag);
    return CUSTODY_STATUS_OK;
}

CST_EXPORT void custody_print(const void *address)
{
    struct cst_portrait portrait;
    if (take_portrait(address, &portrait))
        cst_print_portrait((uintptr_t)address, &portrait);
    else
        cst_print_nothing((uintptr_t)address);
}
