/* Blocks of an allocator between Rust and us: see wrapped.h. */
#include "core/wrapped.h"

#include "core/suspect.h"
#include "core/watch.h"

#include <errno.h>

static const struct cst_passing nothing_passing = {0, 0};

/* What a handover says of a foreign block when there is none, so that nothing is restored. */
static const struct cst_foreign unseen = {.kind = CST_FOREIGN_UNSEEN};

/* The tag of the live block of our heap that starts at `address`; NULL when none does. */
static struct cst_tag *live_tag(uintptr_t address)
{
    struct cst_tag *tag = cst_heap_has(address) ? cst_tag_of(address) : NULL;
    return tag && cst_tag_state(tag) == CST_STATE_LIVE && cst_tag_starts_at(tag, address) ? tag : NULL;
}

/* From now on nobody's: not counted, and of no contract that anything could differ from. */
static void disown(struct cst_tag *tag)
{
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    cst_tag_put_facts(
        tag, cst_facts_with_owner(cst_tag_read_facts(tag), cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN)));
}

static bool may_pass_on(const struct cst_tag *tag)
{
    enum custody_contract contract = cst_tag_contract(tag);
    return contract == CUSTODY_CONTRACT_MALLOC || contract == CUSTODY_CONTRACT_RUST ||
           contract == CUSTODY_CONTRACT_UNKNOWN;
}

/* The heap is told at the release what alignment it was asked for, and finds the block's size class by it. So a tag may say
 * another one only where neither matters to the heap. */
static bool may_say(const struct cst_tag *tag, size_t align)
{
    size_t asked = cst_tag_align(tag);
    return asked == align || (asked <= CST_BLOCK_ALIGN && align <= CST_BLOCK_ALIGN);
}

/* A block of the size that was asked for is passed on as it is; a larger one is the allocator's own, of which this may be a
 * part; so is one that it aligned otherwise than it was asked to. An alignment that is not known is what the heap gave. */
static void note_passed_on(const struct cst_call *call, struct cst_tag *tag, void *block, size_t size, size_t align)
{
    size_t given = align != 0 ? align : cst_tag_align(tag);
    if (!may_pass_on(tag))
        return;
    if (cst_tag_size(tag) == size && may_say(tag, given))
        cst_engine_retag(call, block, size, given);
    else
        disown(tag);
}

/* Functions behind the entries may have adopted it already. */
static void adopt(const struct cst_call *call, const struct cst_wrapper *wrapper, void *block, size_t size,
                  size_t align)
{
    struct cst_adopted before;
    if (cst_adopted_take((uintptr_t)block, 0, &before))
        cst_count_free(cst_tag_side(&before.tag), cst_tag_size(&before.tag));
    cst_foreign_adopt(call, block, size, align, &wrapper->adopter);
}

static bool is_api_block(const struct cst_tag *tag)
{
    return cst_tag_contract(tag) == CUSTODY_CONTRACT_CUSTODY;
}

void cst_wrapped_made(const struct cst_call *call, struct cst_wrapper *wrapper, void *block, size_t size, size_t align)
{
    int saved = errno;
    struct cst_tag *tag = live_tag((uintptr_t)block);
    if (tag && is_api_block(tag))
        __atomic_store_n(&wrapper->asks_us, true, __ATOMIC_RELAXED);
    else if (tag)
        note_passed_on(call, tag, block, size, align);
    else if (wrapper->closed && block && !cst_tag_covers((uintptr_t)block))
        adopt(call, wrapper, block, size, align);
    errno = saved;
}

static void pass(struct cst_handover *handover, struct cst_tag *tag)
{
    handover->owner = cst_facts_owner(cst_tag_read_facts(tag));
    disown(tag);
    cst_thread.passing = (struct cst_passing){handover->address, handover->owner};
}

/* What an entry that was inlined made looks like what Rust code had from malloc. */
static bool may_be_inlined(const struct cst_tag *tag, const struct cst_wrapper *wrapper)
{
    return !wrapper->closed && cst_tag_contract(tag) == CUSTODY_CONTRACT_MALLOC &&
           (cst_tag_side(tag) == wrapper->side || cst_tag_side(tag) == CST_SIDE_UNKNOWN);
}

/* What an inlined entry had from malloc may be known as Rust's, by debug information, but its layout is not: the heap's
 * alignment stands in its tag. So what has that alignment is not compared where entries may be inlined. */
static bool has_layout(const struct cst_tag *tag, const struct cst_wrapper *wrapper)
{
    return wrapper->closed || cst_tag_align(tag) != CST_BLOCK_ALIGN;
}

/* A watched block is shown to those who watch it. True when the rules are to judge. */
static bool is_judged(const struct cst_call *call, uintptr_t address, bool resizes)
{
    if (CST_LIKELY(!cst_watch_has(address)))
        return true;
    struct cst_origin origin = cst_origin_of(call);
    const struct cst_watched what = {.call = call, .origin = &origin, .start = address, .resizes = resizes};
    return cst_watch_ask(&what);
}

/* What somebody refuses is not to be given to the allocator; that was told of. */
static bool is_refused(const struct cst_call *call, uintptr_t address, bool resizes, size_t *out_readable)
{
    if (CST_LIKELY(!cst_watch_has(address)))
        return false;
    struct cst_origin origin = cst_origin_of(call);
    const struct cst_watched what = {.call = call, .origin = &origin, .start = address, .resizes = resizes};
    return cst_watch_refuses(&what, out_readable);
}

static void hand_over_live(const struct cst_call *call, const struct cst_wrapper *wrapper, struct cst_tag *tag,
                           const struct cst_given *given, struct cst_handover *handover)
{
    handover->readable = cst_tag_size(tag);
    if (is_api_block(tag) && __atomic_load_n(&wrapper->asks_us, __ATOMIC_RELAXED))
        return;
    bool mine = cst_facts_owner(cst_tag_read_facts(tag)) == cst_owner_make(CUSTODY_CONTRACT_RUST, wrapper->side);
    bool silent = cst_tag_contract(tag) == CUSTODY_CONTRACT_UNKNOWN || may_be_inlined(tag, wrapper);
    bool fits = mine && (!has_layout(tag, wrapper) || cst_engine_fits(tag, given));
    bool judged = is_judged(call, handover->address, given->resizes && (mine || silent));
    if (judged && !silent && !fits) {
        struct cst_origin origin = cst_origin_of(call);
        handover->stack = origin.stack;
        (void)cst_suspect_examine(call, &origin, handover->address, given);
    }
    if (mine || silent)
        pass(handover, tag);
    else
        handover->kind = CST_HANDOVER_OTHERS;
}

/* No block starts there. One that was released before is told; what lies inside a block is the allocator's business. */
static void hand_over_dead(const struct cst_call *call, const struct cst_given *given, struct cst_handover *handover)
{
    struct cst_tag_hit hit = cst_heap_find(handover->address);
    if (hit.state != CST_STATE_RELEASED)
        return;
    struct cst_origin origin = cst_origin_of(call);
    (void)cst_suspect_examine(call, &origin, handover->address, given);
    handover->readable = cst_tag_size(hit.tag);
    handover->kind = CST_HANDOVER_NOTHING;
}

/* Where entries may be inlined, what they had from a family of allocators (families.def) is known as its, and judged when it
 * comes back to the family's functions. */
static bool is_familys(const struct cst_wrapper *wrapper, void *block)
{
    struct cst_adopted known;
    return !wrapper->closed && cst_adopted_find((uintptr_t)block, &known) &&
           custody_contract_has_memory(cst_tag_contract(&known.tag));
}

static void hand_over_foreign(const struct cst_call *call, const struct cst_wrapper *wrapper, void *block,
                              const struct cst_given *given, struct cst_handover *handover)
{
    if (is_familys(wrapper, block))
        return;
    handover->foreign = cst_foreign_examine(call, block, given, &wrapper->adopter);
    handover->readable = handover->foreign.size;
    if (handover->foreign.kind == CST_FOREIGN_OTHERS)
        handover->kind = CST_HANDOVER_OTHERS;
    else if (handover->foreign.kind == CST_FOREIGN_NOTHING)
        handover->kind = CST_HANDOVER_NOTHING;
    else
        cst_thread.passing = (struct cst_passing){handover->address, 0};
}

struct cst_handover cst_wrapped_hand_over(const struct cst_call *call, const struct cst_wrapper *wrapper, void *block,
                                          const struct cst_given *given)
{
    int saved = errno;
    struct cst_handover handover = {
        .kind = CST_HANDOVER_PASS, .address = (uintptr_t)block, .outer = cst_thread.passing, .foreign = unseen};
    struct cst_tag *tag = live_tag(handover.address);
    cst_thread.passing = nothing_passing;
    if (is_refused(call, handover.address, given->resizes, &handover.readable))
        handover.kind = CST_HANDOVER_NOTHING;
    else if (tag)
        hand_over_live(call, wrapper, tag, given, &handover);
    else if (cst_tag_covers(handover.address))
        hand_over_dead(call, given, &handover);
    else
        hand_over_foreign(call, wrapper, block, given, &handover);
    errno = saved;
    return handover;
}

void cst_wrapped_taken(const struct cst_handover *handover, bool kept)
{
    int saved = errno;
    struct cst_tag *tag = kept && handover->owner ? live_tag(handover->address) : NULL;
    if (tag)
        cst_engine_take_back(tag, handover->owner);
    else if (kept)
        cst_foreign_restore(&handover->foreign);
    cst_thread.passing = handover->outer;
    errno = saved;
}

void cst_wrapped_give_back(const struct cst_handover *handover)
{
    int saved = errno;
    if (handover->kind == CST_HANDOVER_OTHERS) {
        if (cst_tag_covers(handover->address))
            cst_engine_give_back(handover->address, handover->stack);
        else
            cst_foreign_give_back(&handover->foreign);
    }
    cst_thread.passing = handover->outer;
    errno = saved;
}
