/* Foreign blocks: see foreign.h. */
#include "core/foreign.h"

#include "core/suspect.h"
#include "core/watch.h"

#include <errno.h>

/* A block that is made where another lives was not seen to be released: who watched that one knows nothing of this one. */
static void forget_earlier(uintptr_t address)
{
    struct cst_adopted earlier;
    if (CST_LIKELY(!cst_watch_has(address)))
        return;
    if (cst_adopted_find(address, &earlier) && cst_tag_state(&earlier.tag) == CST_STATE_LIVE)
        cst_watch_forget(address);
}

void cst_foreign_adopt(const struct cst_call *call, void *block, size_t size, size_t align,
                       const struct cst_adopter *adopter)
{
    int saved = errno;
    if (!block || cst_tag_covers((uintptr_t)block) || size > CST_TAG_SIZE_MAX)
        return;
    forget_earlier((uintptr_t)block);
    struct cst_origin origin = cst_origin_of(call);
    uint16_t owner = cst_owner_make((enum custody_contract)origin.contract, origin.side);
    uint64_t facts = cst_tag_facts(size, align ? (unsigned)__builtin_ctzl(align) : CST_ALIGN_UNKNOWN, owner);
    uint64_t sites = cst_tag_sites((uintptr_t)block, origin.stack, cst_thread.generation);
    if (cst_adopted_add(block, facts, sites, adopter))
        cst_count_alloc(origin.side, size);
    errno = saved;
}

/* Takes a live block that was adopted out of the table, and counts it out. */
static bool take(uintptr_t address, uint32_t stack, struct cst_adopted *out_adopted)
{
    if (!cst_adopted_take(address, stack, out_adopted))
        return false;
    cst_count_free(cst_tag_side(&out_adopted->tag), cst_tag_size(&out_adopted->tag));
    return true;
}

void cst_foreign_release(uintptr_t address, uint32_t release_stack)
{
    struct cst_adopted adopted;
    if (take(address, release_stack, &adopted))
        adopted.adopter->release(adopted.adopter, (void *)address, cst_tag_size(&adopted.tag),
                                 cst_tag_align(&adopted.tag));
}

static void note_block(struct cst_foreign *foreign, enum cst_foreign_kind kind, const struct cst_tag *tag)
{
    foreign->kind = kind;
    foreign->size = cst_tag_size(tag);
    foreign->align = cst_tag_align(tag);
}

/* A block of the allocator's own is taken; another thread may have been quicker. */
static void note_adopted(struct cst_foreign *foreign, const struct cst_adopted *known,
                         const struct cst_adopter *adopter)
{
    if (known->adopter != adopter)
        note_block(foreign, CST_FOREIGN_OTHERS, &known->tag);
    else if (take(foreign->address, foreign->stack, &foreign->before))
        note_block(foreign, CST_FOREIGN_OWN, &foreign->before.tag);
    else
        foreign->kind = CST_FOREIGN_NOTHING;
}

static void note_ours(struct cst_foreign *foreign, const struct cst_tag_hit *hit)
{
    foreign->address = hit->start;
    note_block(foreign, CST_FOREIGN_OTHERS, hit->tag);
}

static void note_suspect(struct cst_foreign *foreign, const struct cst_suspect *suspect,
                         const struct cst_adopter *adopter)
{
    switch (suspect->target) {
    case CST_TARGET_BLOCK:
        if (suspect->is_adopted)
            note_adopted(foreign, &suspect->adopted, adopter);
        else
            note_ours(foreign, &suspect->hit);
        break;
    case CST_TARGET_RELEASED:
    case CST_TARGET_INTERIOR:
        foreign->kind = CST_FOREIGN_NOTHING;
        break;
    case CST_TARGET_FOREIGN:
    case CST_TARGET_NOTHING:
        foreign->kind = CST_FOREIGN_UNSEEN;
        break;
    }
}

/* True for what nobody knows anything of: only the allocator can tell, and does. */
static bool is_unseen(uintptr_t address, bool is_adopted)
{
    return !is_adopted && !cst_tag_covers(address);
}

/* A watched block is shown to those who watch it, as released where this allocator does not resize it. True when the rules
 * are to judge. */
static bool is_judged(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address, bool resizes)
{
    if (CST_LIKELY(!cst_watch_has(address)))
        return true;
    const struct cst_watched what = {.call = call, .origin = origin, .start = address, .resizes = resizes};
    return cst_watch_ask(&what);
}

/* What somebody refuses is not to be given to any allocator; that was told of. */
static bool is_refused(const struct cst_call *call, uintptr_t address, bool resizes, size_t *out_readable)
{
    if (CST_LIKELY(!cst_watch_has(address)) || address == cst_thread.passing.address)
        return false;
    struct cst_origin origin = cst_origin_of(call);
    const struct cst_watched what = {.call = call, .origin = &origin, .start = address, .resizes = resizes};
    return cst_watch_refuses(&what, out_readable);
}

struct cst_foreign cst_foreign_examine(const struct cst_call *call, void *block, const struct cst_given *given,
                                       const struct cst_adopter *adopter)
{
    int saved = errno;
    struct cst_foreign foreign = {.kind = CST_FOREIGN_UNSEEN, .address = (uintptr_t)block};
    struct cst_adopted known;
    if (is_refused(call, foreign.address, given->resizes, &foreign.size)) {
        foreign.kind = CST_FOREIGN_NOTHING;
        errno = saved;
        return foreign;
    }
    bool is_adopted = !cst_tag_covers(foreign.address) && cst_adopted_find(foreign.address, &known);
    if (is_unseen(foreign.address, is_adopted))
        return foreign;
    struct cst_origin origin = cst_origin_of(call);
    foreign.stack = origin.stack;
    bool resizes = given->resizes && is_adopted && known.adopter == adopter;
    bool is_live = !is_adopted || cst_tag_state(&known.tag) == CST_STATE_LIVE;
    bool judged = !is_live || is_judged(call, &origin, foreign.address, resizes);
    foreign.is_watched = resizes && is_live && cst_watch_has(foreign.address);
    if (is_adopted && (!judged || cst_engine_allows(&known.tag, &origin, given))) {
        note_adopted(&foreign, &known, adopter);
    } else if (!judged) {
        struct cst_tag_hit hit = cst_heap_find(foreign.address);
        note_ours(&foreign, &hit);
    } else {
        struct cst_suspect suspect = cst_suspect_examine(call, &origin, foreign.address, given);
        note_suspect(&foreign, &suspect, adopter);
    }
    errno = saved;
    return foreign;
}

void cst_foreign_give_back(const struct cst_foreign *foreign)
{
    int saved = errno;
    if (foreign->kind == CST_FOREIGN_OTHERS) {
        if (cst_tag_covers(foreign->address))
            cst_engine_give_back(foreign->address, foreign->stack);
        else
            cst_foreign_release(foreign->address, foreign->stack);
    }
    errno = saved;
}

bool cst_foreign_accept(const struct cst_call *call, void *block, const struct cst_given *given,
                        const struct cst_adopter *adopter, struct cst_foreign *out_known)
{
    *out_known = cst_foreign_examine(call, block, given, adopter);
    cst_foreign_give_back(out_known);
    return out_known->kind == CST_FOREIGN_OWN || out_known->kind == CST_FOREIGN_UNSEEN;
}

void cst_foreign_resized(const struct cst_call *call, const struct cst_foreign *known, void *to, size_t size)
{
    if (CST_LIKELY(!known->is_watched))
        return;
    int saved = errno;
    struct cst_origin origin = cst_origin_of(call);
    const struct cst_watched what = {
        .call = call, .origin = &origin, .start = known->address, .resizes = to != NULL, .handed_over = true};
    const struct cst_watch_move move = {(uintptr_t)to, known->size, size};
    if (to)
        cst_watch_resized(&what, &move);
    else
        (void)cst_watch_ask(&what);
    errno = saved;
}

void cst_foreign_restore(const struct cst_foreign *foreign)
{
    const struct cst_adopted *before = &foreign->before;
    if (foreign->kind == CST_FOREIGN_OWN &&
        cst_adopted_add((void *)foreign->address, before->tag.facts, before->tag.sites, before->adopter))
        cst_count_alloc(cst_tag_side(&before->tag), cst_tag_size(&before->tag));
}
