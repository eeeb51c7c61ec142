/* The engine's slow paths: see engine.h. */
#include "core/engine.h"

#include "base/boot.h"
#include "core/crossing.h"
#include "core/departure.h"
#include "core/foreign.h"
#include "core/policy.h"
#include "core/rules.h"
#include "core/settled.h"
#include "core/suspect.h"
#include "core/watch.h"

#include <errno.h>
#include <string.h>

struct cst_engine_settings cst_engine_settings;

void *cst_engine_no_memory(void)
{
    const char *trouble = cst_heap_take_trouble();
    if (trouble && cst_engine_settings.notice)
        cst_engine_settings.notice(trouble);
    errno = ENOMEM;
    return NULL;
}

void *cst_engine_make_deep(uint64_t facts, size_t rounded, bool zero, uintptr_t return_address, uintptr_t frame)
{
    size_t align = (size_t)1 << cst_facts_align_log2(facts);
    return cst_engine_make(facts, rounded, align, zero, cst_origin_deep(return_address, frame));
}

void cst_engine_take_deep(struct cst_tag *tag, void *block, uintptr_t return_address, uintptr_t frame)
{
    uint32_t stack = cst_origin_deep(return_address, frame);
    uint64_t facts = cst_tag_read_facts(tag);
    cst_tag_release(tag, stack);
    cst_engine_take(cst_facts_side(facts), block, cst_facts_size(facts));
}

void *cst_engine_enter_page(uint64_t facts, uint64_t sites, void *block, uint8_t density)
{
    cst_tag_enter_page((uintptr_t)block, density);
    cst_engine_write((uintptr_t)block, density, facts, sites);
    cst_count_alloc(cst_facts_side(facts), cst_facts_size(facts));
    return block;
}

void *cst_engine_settle_alloc(uint64_t facts, void *block)
{
    cst_count_settle(cst_facts_side(facts));
    return block;
}

void cst_engine_settle_release(uint16_t side, void *block, size_t size)
{
    cst_count_settle(side);
    cst_heap_release(block, cst_heap_round(size), CST_BLOCK_ALIGN);
}

/* Takes the tag of a live block and counts it out, whoever owned it. Blocks that the runtime's own calls into libc made
 * were never counted in. */
static void take(struct cst_tag *tag, uint32_t release_stack)
{
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    cst_tag_release(tag, release_stack);
}

/* Writes the tag of a block for an origin of any kind. An alignment above the heap's own is what was asked for, whoever
 * asked: Rust names it to posix_memalign, and the heap must be told it again at the release. */
static void tag_for(const struct cst_origin *origin, void *block, size_t rounded, size_t size, size_t align)
{
    bool is_asked = origin->layout_known || align > CST_BLOCK_ALIGN;
    unsigned align_log2 = is_asked ? (unsigned)__builtin_ctzl(align) : CST_ALIGN_UNKNOWN;
    uint16_t owner = cst_owner_make((enum custody_contract)origin->contract, origin->side);
    uint64_t facts = cst_tag_facts(size, align_log2, owner);
    uint64_t sites = cst_tag_sites((uintptr_t)block, origin->stack, cst_thread.generation);
    cst_tag_write(cst_tag_claim((uintptr_t)block, rounded), facts, sites);
    cst_count_alloc(origin->side, size);
}

static void *alloc_for(const struct cst_origin *origin, size_t size, size_t align, bool zero)
{
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 >= CST_TAG_SIZE_MAX)
        return cst_engine_no_memory();
    void *block = cst_heap_alloc(cst_side_get(origin->side)->arena, rounded, align, zero);
    if (!block)
        return cst_engine_no_memory();
    tag_for(origin, block, rounded, size, align);
    return block;
}

void *cst_engine_alloc_slow(const struct cst_call *call, size_t size, size_t align, bool zero)
{
    uint16_t owner;
    uint32_t site;
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 < CST_TAG_SIZE_MAX && !cst_side_any_isolated && cst_origin_steady(call, &owner, &site)) {
        uint64_t facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), owner);
        return cst_engine_make(facts, rounded, align, zero, cst_origin_stack(call, site));
    }
    struct cst_origin origin = cst_origin_of(call);
    return alloc_for(&origin, size, align, zero);
}

void cst_engine_retag(const struct cst_call *call, void *block, size_t size, size_t align)
{
    uintptr_t address = (uintptr_t)block;
    if (!cst_heap_has(address))
        return;
    struct cst_tag *tag = cst_tag_of(address);
    if (cst_tag_state(tag) != CST_STATE_LIVE || !cst_tag_starts_at(tag, address))
        return;
    struct cst_origin origin = cst_origin_of(call);
    size_t rounded = cst_engine_round(cst_tag_size(tag), cst_tag_align(tag));
    bool watched = cst_tag_is_watched(tag);
    take(tag, 0);
    tag_for(&origin, block, rounded, size, align);
    if (watched)
        cst_tag_watch(tag, true);
}

void cst_engine_hand_on(struct cst_tag *tag, uint16_t owner)
{
    uint64_t facts = cst_facts_with_owner(cst_tag_read_facts(tag), owner);
    if (cst_tag_contract(tag) != cst_owner_contract(owner) && cst_tag_align(tag) <= CST_BLOCK_ALIGN)
        facts = cst_facts_with_align(facts, CST_ALIGN_UNKNOWN);
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    cst_tag_put_facts(tag, facts);
    cst_count_alloc(cst_owner_side(owner), cst_tag_size(tag));
}

static void give_back(struct cst_tag *tag, uintptr_t address, uint32_t release_stack)
{
    size_t align = cst_tag_align(tag), rounded = cst_engine_round(cst_tag_size(tag), align);
    take(tag, release_stack);
    cst_heap_release((void *)address, rounded, align);
}

void cst_engine_give_back(uintptr_t address, uint32_t release_stack)
{
    struct cst_tag *tag = cst_heap_has(address) ? cst_tag_of(address) : NULL;
    if (tag && cst_tag_state(tag) == CST_STATE_LIVE && cst_tag_starts_at(tag, address))
        give_back(tag, address, release_stack);
}

static struct cst_rule_party party(uint16_t side, enum custody_contract contract)
{
    const struct cst_side *facts = cst_side_get(side);
    return (struct cst_rule_party){.side = side,
                                   .module = facts->module,
                                   .contract = contract,
                                   .name = side == CST_SIDE_UNKNOWN ? NULL : facts->name};
}

/* A release across sides that the rules have nothing to say about, such as of a std::string's memory that the C++ library
 * allocated: common in C++, so it is settled here and only counted. */
static bool is_allowed_crossing(const struct cst_tag *tag, const struct cst_origin *origin, uint32_t *out_crossing)
{
    enum custody_contract contract = cst_tag_contract(tag);
    const struct cst_rule_party owner = party(cst_tag_side(tag), contract), by = party(origin->side, contract);
    if (cst_policy_judges && owner.side != by.side)
        return false;
    if (!cst_rules_may_release(&owner, &by))
        return false;
    bool counts = owner.side != CST_SIDE_UNKNOWN && by.side != CST_SIDE_UNKNOWN && owner.side != by.side;
    *out_crossing = counts ? cst_crossing_count(owner.side, by.side, contract, true) : CST_CROSSING_NONE;
    return true;
}

static bool is_allowed(const struct cst_tag *tag, const struct cst_origin *origin, const struct cst_given *given,
                       uint32_t *out_crossing)
{
    uint16_t owner = cst_owner_make((enum custody_contract)origin->contract, cst_tag_side(tag));
    return cst_tag_is_live_of(tag, owner) && cst_engine_fits(tag, given) &&
           is_allowed_crossing(tag, origin, out_crossing);
}

bool cst_engine_allows(const struct cst_tag *tag, const struct cst_origin *origin, const struct cst_given *given)
{
    uint32_t crossing;
    return is_allowed(tag, origin, given, &crossing);
}

void cst_engine_take_back(struct cst_tag *tag, uint16_t owner)
{
    cst_tag_put_facts(tag, cst_facts_with_owner(cst_tag_read_facts(tag), owner));
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_alloc(cst_tag_side(tag), cst_tag_size(tag));
}

/* True for the block that this thread is handing over to an allocator of the program's, which gives it to us now: what was to
 * be said of that has been said. */
static bool is_handed_over(struct cst_tag *tag, uintptr_t address)
{
    struct cst_passing *passing = &cst_thread.passing;
    if (CST_LIKELY(address != passing->address) || cst_tag_state(tag) != CST_STATE_LIVE)
        return false;
    cst_engine_take_back(tag, passing->owner);
    passing->address = 0;
    return true;
}

/* The tag of a block that this call may have without a question; NULL for anything else. */
static struct cst_tag *plain_tag(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                 const struct cst_given *given)
{
    struct cst_tag *tag = cst_heap_has(address) ? cst_tag_of(address) : NULL;
    uint32_t crossing;
    if (!tag || !cst_tag_starts_at(tag, address))
        return NULL;
    if (is_handed_over(tag, address))
        return tag;
    if (!is_allowed(tag, origin, given, &crossing))
        return NULL;
    cst_settled_keep(call, origin, tag, crossing);
    return tag;
}

/* A watched block is shown to those who watch it. True when the rules are to judge what is done to it. */
static bool is_judged(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address, bool resizes)
{
    if (CST_LIKELY(!cst_watch_has(address)))
        return true;
    const struct cst_watched what = {.call = call,
                                     .origin = origin,
                                     .start = address,
                                     .resizes = resizes,
                                     .handed_over = address == cst_thread.passing.address};
    return cst_watch_ask(&what);
}

/* What somebody refuses stays as it is; that was told of. A block that its owner gave to an allocator of the program's was
 * asked about then. */
static bool is_refused(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address, bool resizes,
                       size_t *out_readable)
{
    if (CST_LIKELY(!cst_watch_has(address)) || address == cst_thread.passing.address)
        return false;
    const struct cst_watched what = {.call = call, .origin = origin, .start = address, .resizes = resizes};
    return cst_watch_refuses(&what, out_readable);
}

/* What libc made for itself may be its record of a module. */
static void note_departure(uintptr_t address)
{
    uint8_t mode = cst_thread_guard();
    cst_departure_note(address);
    cst_thread_unguard(mode);
}

/* A live block goes back to whoever made it, whoever released it. */
static void release_suspect(const struct cst_suspect *suspect, uintptr_t address, uint32_t release_stack)
{
    if (suspect->target != CST_TARGET_BLOCK)
        return;
    if (suspect->is_adopted) {
        cst_foreign_release(address, release_stack);
        return;
    }
    if (cst_tag_contract(suspect->hit.tag) == CUSTODY_CONTRACT_LIBC)
        note_departure(address);
    give_back(suspect->hit.tag, suspect->hit.start, release_stack);
}

/* A live block of ours or of another allocator goes back; everything about it has been said. */
static void release_known(uintptr_t address, uint32_t release_stack)
{
    if (cst_tag_covers(address))
        cst_engine_give_back(address, release_stack);
    else
        cst_foreign_release(address, release_stack);
}

/* True when the call that `by` makes at `site` may have the block with the tag `facts`, `sites` without a question, and that is
 * plain: it is live, starts at `address`, is not watched, has the heap's own alignment and the layout that is named, and is
 * its own or settled. */
CST_INLINE bool is_steady(uint64_t facts, uint64_t sites, uintptr_t address, uint16_t by, uint32_t site,
                          const struct cst_given *given)
{
    uint16_t owner = cst_facts_owner(facts);
    unsigned align_log2;
    if (!cst_engine_small_align(given, &align_log2) || !cst_sites_start_at(sites, address))
        return false;
    size_t size = cst_tag_size_if(facts, align_log2, owner);
    if (size > CST_TAG_SIZE_MAX || (given->has_size && size != given->size))
        return false;
    const struct cst_settled_case what = {
        .owner = owner, .alloc_stack = cst_sites_alloc_stack(sites), .by = by, .site = site};
    return owner == by || cst_settled_allows(&what);
}

static void release_for(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                        const struct cst_given *given)
{
    bool judged = is_judged(call, origin, address, false);
    struct cst_tag *plain = plain_tag(call, origin, address, given);
    if (plain) {
        give_back(plain, address, origin->stack);
    } else if (!judged) {
        release_known(address, origin->stack);
    } else {
        struct cst_suspect suspect = cst_suspect_examine(call, origin, address, given);
        if (suspect.is_settled)
            cst_settled_keep(call, origin, suspect.hit.tag, suspect.crossing);
        release_suspect(&suspect, address, origin->stack);
    }
}

CST_NOINLINE static void release_in_any_case(const struct cst_call *call, uintptr_t address,
                                             const struct cst_given *given)
{
    if (cst_boot_owns((void *)address))
        return;
    int saved = errno;
    size_t readable;
    struct cst_origin origin = cst_origin_of(call);
    if (!is_refused(call, &origin, address, false, &readable))
        release_for(call, &origin, address, given);
    errno = saved;
}

/* Who makes the call, and where, when `address` lies in the shared heap and that is remembered; otherwise 0. */
CST_NOINLINE static uint64_t find_known(const struct cst_call *call, uintptr_t address)
{
    uint16_t by;
    uint32_t site;
    return cst_heap_is_shared(address) && cst_origin_steady(call, &by, &site) ? cst_engine_known(by, site) : 0;
}

/* A release that differs from the quick way in who owns the block, or in how the answer for the call site is remembered. */
void cst_engine_release_other(const struct cst_call *call, uintptr_t address, const struct cst_given *given,
                              uint64_t known)
{
    known = known ? known : find_known(call, address);
    if (CST_UNLIKELY(!known)) {
        release_in_any_case(call, address, given);
        return;
    }
    struct cst_tag *tag = cst_tag_of(address);
    uint64_t facts = cst_tag_read_facts(tag), sites = cst_tag_read_sites(tag);
    uint32_t site = (uint32_t)(known >> 32);
    if (CST_UNLIKELY(!is_steady(facts, sites, address, (uint16_t)known, site, given))) {
        release_in_any_case(call, address, given);
    } else if (CST_UNLIKELY(cst_origin_is_deep())) {
        cst_engine_take_deep(tag, (void *)address, call->return_address, call->frame);
    } else {
        cst_tag_release_known(tag, facts, sites, cst_origin_shallow(site));
        cst_engine_take(cst_facts_side(facts), (void *)address, cst_facts_size(facts));
    }
}

void cst_engine_release_slow(const struct cst_call *call, uintptr_t address, const struct cst_given *given)
{
    cst_engine_release_other(call, address, given, 0);
}

/* Who the maker of a resized block is: the caller, but libc resizes for whoever the block belongs to (the buffer of
 * open_memstream, when the stream is closed). */
static struct cst_origin maker_after_resize(const struct cst_origin *caller, const struct cst_tag *before)
{
    const struct cst_module *module = cst_side_get(caller->side)->module;
    if (!module || module->role != CST_ROLE_LIBC)
        return *caller;
    return (struct cst_origin){.side = cst_tag_side(before),
                               .contract = (uint8_t)cst_tag_contract(before),
                               .layout_known = true,
                               .stack = cst_tag_alloc_stack(before)};
}

/* jemalloc's slabs hold blocks of one class: smaller ones cannot change it. */
#define SMALL_MAX ((size_t)14336)

/* What is known of a block that is to be resized, and what it is to be: bytes that the heap was and is asked for, and the
 * larger of both alignments. */
struct resize {
    void *block;
    size_t before, rounded, align;
};

static bool is_plain(const struct resize *what)
{
    return what->align <= CST_BLOCK_ALIGN;
}

static bool resize_in_place(const struct resize *what, size_t align)
{
    if (is_plain(what) && cst_tag_class(what->before) == cst_tag_class(what->rounded))
        return true;
    if (is_plain(what) && (what->before <= SMALL_MAX || what->rounded <= SMALL_MAX))
        return false;
    return cst_heap_resize(what->block, what->rounded, align);
}

/* All is copied that the program may use, which can ask how much that is. */
static void *copy_elsewhere(const struct resize *what, size_t align)
{
    void *copy = cst_heap_alloc(cst_heap_arena_of((uintptr_t)what->block), what->rounded, align, false);
    size_t usable = is_plain(what) ? cst_tag_class(what->before) : cst_heap_usable(what->block);
    return copy ? memcpy(copy, what->block, usable < what->rounded ? usable : what->rounded) : NULL;
}

/* Those who watch the block that is being resized learn where it is now. */
static void tell_resized(const struct cst_call *call, const struct cst_origin *origin, const void *block,
                         const struct cst_watch_move *move)
{
    const struct cst_watched what = {.call = call, .origin = origin, .start = (uintptr_t)block, .resizes = true};
    cst_watch_resized(&what, move);
}

/* A live block of ours gets a new size and a new maker. It stays live until its copy is: what it points to is held at every
 * moment, for whoever halts this thread to look for leaks. */
static void *resize_block(const struct cst_call *call, const struct cst_origin *origin, struct cst_tag *tag,
                          void *block, size_t size, size_t align)
{
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 >= CST_TAG_SIZE_MAX)
        return cst_engine_no_memory();
    struct cst_tag before = cst_tag_read(tag);
    size_t align_before = cst_tag_align(&before),
           rounded_before = cst_engine_round(cst_tag_size(&before), align_before);
    const struct resize what = {block, rounded_before, rounded, align > align_before ? align : align_before};
    void *moved = resize_in_place(&what, align) ? block : copy_elsewhere(&what, align);
    if (!moved)
        return cst_engine_no_memory();
    if (cst_tag_contract(&before) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(&before), cst_tag_size(&before));
    struct cst_origin maker = maker_after_resize(origin, &before);
    tag_for(&maker, moved, rounded, size, align);
    if (CST_UNLIKELY(cst_tag_is_watched(&before))) {
        const struct cst_watch_move move = {(uintptr_t)moved, cst_tag_size(&before), size};
        tell_resized(call, origin, block, &move);
    }
    if (moved != block) {
        cst_tag_release(tag, origin->stack);
        cst_heap_release(block, rounded_before, align_before);
    }
    return moved;
}

/* A block that cannot be resized where it is: a fresh one with what can still be read of it. */
static void *replace(const struct cst_origin *origin, const void *from, size_t readable, size_t size, size_t align)
{
    void *fresh = alloc_for(origin, size, align, false);
    if (fresh)
        memcpy(fresh, from, readable < size ? readable : size);
    return fresh;
}

/* Another allocator's live block: what is wanted comes from our heap, for that is what its door promises. */
static void *replace_adopted(const struct cst_call *call, const struct cst_origin *origin,
                             const struct cst_adopted *adopted, size_t size, size_t align)
{
    void *fresh = replace(origin, (const void *)adopted->address, cst_adopted_usable(adopted), size, align);
    if (fresh && cst_watch_has(adopted->address)) {
        const struct cst_watch_move move = {(uintptr_t)fresh, cst_tag_size(&adopted->tag), size};
        tell_resized(call, origin, (const void *)adopted->address, &move);
    }
    if (fresh)
        cst_foreign_release(adopted->address, origin->stack);
    return fresh;
}

static void *resize_in_heap(const struct cst_call *call, const struct cst_origin *origin,
                            const struct cst_suspect *suspect, void *block, size_t size, size_t align)
{
    size_t before = cst_tag_size(suspect->hit.tag);
    switch (suspect->target) {
    case CST_TARGET_BLOCK:
        if (suspect->hit.start == (uintptr_t)block)
            return resize_block(call, origin, suspect->hit.tag, block, size, align);
        return replace(origin, block, before - ((uintptr_t)block - suspect->hit.start), size, align);
    case CST_TARGET_RELEASED:
        return replace(origin, block, before, size, align);
    case CST_TARGET_INTERIOR:
        return replace(origin, block, before - ((uintptr_t)block - suspect->hit.start), size, align);
    case CST_TARGET_FOREIGN:
    case CST_TARGET_NOTHING:
        break;
    }
    return cst_engine_no_memory();
}

static void *resize_suspect(const struct cst_call *call, const struct cst_origin *origin, void *block, size_t size,
                            size_t align, const struct cst_given *given)
{
    struct cst_suspect suspect = cst_suspect_examine(call, origin, (uintptr_t)block, given);
    if (suspect.is_settled)
        cst_settled_keep(call, origin, suspect.hit.tag, suspect.crossing);
    if (suspect.hit.tag)
        return resize_in_heap(call, origin, &suspect, block, size, align);
    if (suspect.is_adopted && suspect.target == CST_TARGET_BLOCK)
        return replace_adopted(call, origin, &suspect.adopted, size, align);
    return cst_engine_no_memory();
}

/* A live block of ours or of another allocator, about which everything has been said. */
static void *resize_known(const struct cst_call *call, const struct cst_origin *origin, void *block, size_t size,
                          size_t align)
{
    uintptr_t address = (uintptr_t)block;
    struct cst_adopted adopted;
    if (cst_tag_covers(address))
        return resize_block(call, origin, cst_tag_of(address), block, size, align);
    if (cst_adopted_find(address, &adopted))
        return replace_adopted(call, origin, &adopted, size, align);
    return cst_engine_no_memory();
}

/* Resizes a block that this call may have without a question; what libc resizes may stay somebody else's. False when that is
 * not plain. */
static bool resize_steadily(const struct cst_call *call, void *block, size_t size, size_t align,
                            const struct cst_given *given, void **out_moved)
{
    uint16_t by;
    uint32_t site;
    uintptr_t address = (uintptr_t)block;
    if (!cst_heap_is_shared(address) || !cst_origin_steady(call, &by, &site))
        return false;
    struct cst_tag *tag = cst_tag_of(address);
    if (!is_steady(cst_tag_read_facts(tag), cst_tag_read_sites(tag), address, by, site, given))
        return false;
    const struct cst_origin origin = {.side = cst_owner_side(by),
                                      .contract = (uint8_t)cst_owner_contract(by),
                                      .layout_known = true,
                                      .stack = cst_origin_stack(call, site)};
    *out_moved = resize_block(call, &origin, tag, block, size, align);
    return true;
}

void *cst_engine_resize(const struct cst_call *call, void *block, size_t size, size_t align,
                        const struct cst_given *given)
{
    uintptr_t address = (uintptr_t)block;
    void *moved;
    if (resize_steadily(call, block, size, align, given, &moved))
        return moved;
    struct cst_origin origin = cst_origin_of(call);
    if (cst_boot_owns(block))
        return replace(&origin, block, cst_boot_size(block), size, align);
    size_t readable;
    if (is_refused(call, &origin, address, true, &readable))
        return replace(&origin, block, readable, size, align);
    bool judged = is_judged(call, &origin, address, true);
    struct cst_tag *plain = plain_tag(call, &origin, address, given);
    if (plain)
        return resize_block(call, &origin, plain, block, size, align);
    if (!judged)
        return resize_known(call, &origin, block, size, align);
    return resize_suspect(call, &origin, block, size, align, given);
}
