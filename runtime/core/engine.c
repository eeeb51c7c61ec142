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

void *cst_engine_make_deep(uint64_t facts, bool zero, uintptr_t return_address, uintptr_t frame)
{
    return cst_engine_make(facts, cst_facts_size(facts), zero, cst_origin_deep(return_address, frame));
}

void cst_engine_take_deep(struct cst_tag *tag, void *block, uintptr_t return_address, uintptr_t frame)
{
    uint32_t stack = cst_origin_deep(return_address, frame);
    uint64_t facts = cst_tag_read_facts(tag);
    cst_tag_release(tag, stack);
    cst_engine_take(cst_facts_side(facts), tag, block, cst_facts_size(facts));
}

void *cst_engine_make_new(uint64_t facts, uint64_t sites, bool zero)
{
    size_t size = cst_facts_size(facts);
    cst_thread_go_in(CST_THREAD_HEAP);
    void *block = cst_je_malloc(cst_heap_round(size));
    cst_thread_go_out(CST_THREAD_READY);
    if (CST_UNLIKELY(!block))
        return cst_engine_no_memory();
    if (zero)
        cst_engine_clear(block, size);
    const struct cst_cache_entry entry = {block, cst_tag_claim((uintptr_t)block, size)};
    return cst_engine_finish(&entry, facts, sites, size);
}

void cst_engine_put_in_heap(void *block, size_t size)
{
    cst_thread_go_in(CST_THREAD_HEAP);
    cst_heap_release_plain(block, cst_heap_round(size));
    cst_thread_go_out(CST_THREAD_READY);
}

void *cst_engine_first_alloc(uint64_t facts, void *block)
{
    cst_count_look(cst_facts_side(facts));
    return block;
}

void cst_engine_take_other(struct cst_tag *tag, void *block)
{
    size_t size = cst_tag_size(tag);
    cst_count_free(cst_tag_side(tag), size);
    cst_engine_put(tag, block, size);
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

/* True when the calling thread's cache may have such blocks of the shared heap, by the size and alignment that the heap is
 * asked for. */
static bool is_cached(size_t rounded, size_t align)
{
    return cst_thread.mode == CST_THREAD_READY && rounded <= CST_CACHE_SIZE_MAX && align <= CST_BLOCK_ALIGN;
}

/* A block of an arena, or of the shared heap (0) and then, if possible, from the cache. */
static void *alloc_from(unsigned arena, size_t rounded, size_t align, bool zero)
{
    struct cst_cache_entry entry;
    if (arena != 0 || !is_cached(rounded, align) || !cst_cache_pop(cst_cache_class(rounded), &entry))
        return cst_heap_alloc(arena, rounded, align, zero);
    if (zero)
        cst_engine_clear(entry.block, rounded);
    return entry.block;
}

static void *alloc_for(const struct cst_origin *origin, size_t size, size_t align, bool zero)
{
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 >= CST_TAG_SIZE_MAX)
        return cst_engine_no_memory();
    void *block = alloc_from(cst_side_get(origin->side)->arena, rounded, align, zero);
    if (!block)
        return cst_engine_no_memory();
    tag_for(origin, block, rounded, size, align);
    return block;
}

/* A block of the shared heap that is large, or aligned. */
static void *make_large(uint64_t facts, size_t rounded, bool zero, uint32_t stack)
{
    void *block = cst_heap_alloc(0, rounded, (size_t)1 << cst_facts_align_log2(facts), zero);
    if (!block)
        return cst_engine_no_memory();
    const struct cst_cache_entry entry = {block, cst_tag_claim((uintptr_t)block, rounded)};
    return cst_engine_finish(&entry, facts, cst_tag_sites(0, stack, cst_thread.generation), cst_facts_size(facts));
}

void *cst_engine_alloc_slow(const struct cst_call *call, size_t size, size_t align, bool zero)
{
    uint16_t owner;
    uint32_t site;
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 < CST_TAG_SIZE_MAX && !cst_side_any_isolated &&
        (cst_origin_quick(call->door, call->side, call->return_address, &owner, &site) ||
         cst_origin_steady(call, &owner, &site))) {
        uint64_t facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), owner);
        uint32_t stack = cst_origin_stack(call, site);
        if (size <= CST_CACHE_SIZE_MAX && align <= CST_BLOCK_ALIGN)
            return cst_engine_make(facts, size, zero, stack);
        return make_large(facts, rounded, zero, stack);
    }
    struct cst_origin origin = cst_origin_of(call);
    return alloc_for(&origin, size, align, zero);
}

static struct cst_call call_of(uint64_t way, uintptr_t return_address, uintptr_t frame)
{
    return (struct cst_call){.door = (enum custody_door)(way & UINT16_MAX),
                             .side = (uint16_t)(way >> 16),
                             .return_address = return_address,
                             .frame = frame};
}

void *cst_engine_alloc_other(uint64_t way, size_t size, size_t align, uintptr_t return_address, uintptr_t frame)
{
    const struct cst_call call = call_of(way, return_address, frame);
    return cst_engine_alloc_slow(&call, size, align, (way & CST_WAY_ZERO) != 0);
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

/* A block whose tag was released goes back. */
static void put_back(struct cst_tag *tag, uintptr_t address, size_t rounded, size_t align)
{
    if (is_cached(rounded, align) && cst_heap_is_shared(address))
        cst_engine_put(tag, (void *)address, rounded);
    else
        cst_heap_release((void *)address, rounded, align);
}

static void give_back(struct cst_tag *tag, uintptr_t address, uint32_t release_stack)
{
    size_t align = cst_tag_align(tag), rounded = cst_engine_round(cst_tag_size(tag), align);
    take(tag, release_stack);
    put_back(tag, address, rounded, align);
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

/* Instead of a size that a release names. */
#define NO_SIZE SIZE_MAX

/* True when it is not known who made a block, or who releases it, and that is done in the block's own way: the rules have
 * nothing to say then (cst_rules_may_release), and no crossing is counted. */
CST_INLINE bool is_between_nobody(uint16_t owner, uint16_t by)
{
    bool same_way = cst_owner_contract(owner) == cst_owner_contract(by);
    bool nobody = cst_owner_side(owner) == CST_SIDE_UNKNOWN || cst_owner_side(by) == CST_SIDE_UNKNOWN;
    return same_way && nobody && cst_settled_concerns(cst_owner_contract(owner)) && !cst_policy_judges;
}

/* True when the call that `by` makes at `site` may have the block with this tag, whose first word is `facts`, without a
 * question, and that is plain: it is live, starts at `address`, is not watched, has the heap's own alignment, this one, and
 * the size that is named, and is its own, nobody's or settled. */
CST_INLINE bool is_steady(const struct cst_tag *tag, uint64_t facts, uintptr_t address, uint16_t by, uint32_t site,
                          unsigned align_log2, size_t named)
{
    uint16_t owner = cst_facts_owner(facts);
    size_t size = cst_tag_size_if(facts, align_log2, owner);
    if (size > CST_TAG_SIZE_MAX || !cst_tag_is_plain_at(tag, address) || (named != NO_SIZE && size != named))
        return false;
    const struct cst_settled_case what = {
        .owner = owner, .alloc_stack = cst_tag_alloc_stack(tag), .by = by, .site = site};
    return owner == by || is_between_nobody(owner, by) || cst_settled_allows(&what);
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
    if (cst_boot_owns((void *)address)) {
        cst_boot_release((void *)address);
        return;
    }
    int saved = errno;
    size_t readable;
    struct cst_origin origin = cst_origin_of(call);
    if (!is_refused(call, &origin, address, false, &readable))
        release_for(call, &origin, address, given);
    errno = saved;
}

static struct cst_given given_of(uint64_t way, size_t size, size_t align)
{
    return (struct cst_given){
        .has_size = (way & CST_WAY_SIZE) != 0, .has_align = (way & CST_WAY_ALIGN) != 0, .size = size, .align = align};
}

CST_NOINLINE static void release_after_all(uint64_t way, void *block, size_t size, size_t align,
                                           uintptr_t return_address, uintptr_t frame)
{
    const struct cst_call call = call_of(way, return_address, frame);
    const struct cst_given given = given_of(way, size, align);
    release_in_any_case(&call, (uintptr_t)block, &given);
}

void cst_engine_release_by(uint64_t way, void *block, size_t size, uint64_t known, uintptr_t return_address,
                           uintptr_t frame)
{
    uintptr_t address = (uintptr_t)block;
    struct cst_tag *tag = cst_tag_of(address);
    uint64_t facts = cst_tag_read_facts(tag);
    uint32_t site = (uint32_t)(known >> 32);
    unsigned align_log2 = (unsigned)(known >> 16) & 0x3f;
    size_t named = way & CST_WAY_SIZE ? size : NO_SIZE;
    if (CST_UNLIKELY(!is_steady(tag, facts, address, (uint16_t)known, site, align_log2, named))) {
        release_after_all(way, block, size, (size_t)1 << align_log2, return_address, frame);
    } else if (CST_UNLIKELY(cst_origin_is_deep())) {
        cst_engine_take_deep(tag, block, return_address, frame);
    } else {
        cst_tag_release_plain(tag, facts, address, cst_origin_shallow(site));
        cst_engine_take(cst_facts_side(facts), tag, block, cst_facts_size(facts));
    }
}

void cst_engine_release_slow(const struct cst_call *call, uintptr_t address, const struct cst_given *given)
{
    uint16_t by;
    uint32_t site;
    unsigned align_log2;
    if (cst_heap_is_shared(address) && cst_engine_small_align(given, &align_log2) &&
        cst_origin_steady(call, &by, &site))
        cst_engine_release_by(cst_way_of_release(call->door, call->side, given), (void *)address, given->size,
                              cst_engine_known(by, site, align_log2), call->return_address, call->frame);
    else
        release_in_any_case(call, address, given);
}

void cst_engine_release_other(uint64_t way, void *block, size_t size, size_t align, uintptr_t return_address,
                              uintptr_t frame)
{
    const struct cst_call call = call_of(way, return_address, frame);
    const struct cst_given given = given_of(way, size, align);
    cst_engine_release_slow(&call, (uintptr_t)block, &given);
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
    void *copy = alloc_from(cst_heap_arena_of((uintptr_t)what->block), what->rounded, align, false);
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
        put_back(tag, (uintptr_t)block, rounded_before, align_before);
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
    unsigned align_log2;
    if (!cst_heap_is_shared(address) || !cst_engine_small_align(given, &align_log2) ||
        !cst_origin_steady(call, &by, &site))
        return false;
    struct cst_tag *tag = cst_tag_of(address);
    size_t named = given->has_size ? given->size : NO_SIZE;
    if (!is_steady(tag, cst_tag_read_facts(tag), address, by, site, align_log2, named))
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
