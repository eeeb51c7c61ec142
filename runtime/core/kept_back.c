/* Blocks that are kept back: see kept_back.h. A ring, oldest first. */
#include "core/kept_back.h"

#include "base/lock.h"
#include "core/count.h"
#include "core/engine.h"
#include "core/watch.h"

#include <errno.h>

struct kept {
    uintptr_t address;
    size_t rounded, align; /* as the heap was asked for it */
};

static struct {
    struct cst_lock lock;
    struct kept ring[CST_KEPT_BACK_MAX];
    size_t first, count, bytes;
} kept_back = {.lock = CST_LOCK_INIT};

/* Takes the oldest out, when there are more than there may be beside another of `bytes`. */
static bool take_oldest(size_t bytes, struct kept *out_kept)
{
    cst_lock_acquire(&kept_back.lock);
    bool too_many =
        kept_back.count == CST_KEPT_BACK_MAX || (kept_back.count > 0 && kept_back.bytes + bytes > CST_KEPT_BACK_BYTES);
    if (too_many) {
        *out_kept = kept_back.ring[kept_back.first];
        kept_back.first = (kept_back.first + 1) % CST_KEPT_BACK_MAX;
        kept_back.count--;
        kept_back.bytes -= out_kept->rounded;
    }
    cst_lock_release(&kept_back.lock);
    return too_many;
}

/* False when others have filled the ring meanwhile. */
static bool put(const struct kept *kept)
{
    cst_lock_acquire(&kept_back.lock);
    bool fits = kept_back.count < CST_KEPT_BACK_MAX && kept_back.bytes + kept->rounded <= CST_KEPT_BACK_BYTES;
    if (fits) {
        kept_back.ring[(kept_back.first + kept_back.count++) % CST_KEPT_BACK_MAX] = *kept;
        kept_back.bytes += kept->rounded;
    }
    cst_lock_release(&kept_back.lock);
    return fits;
}

static void give(const struct kept *kept)
{
    cst_heap_release((void *)kept->address, kept->rounded, kept->align);
}

static void keep(const struct kept *kept)
{
    struct kept oldest;
    while (take_oldest(kept->rounded, &oldest))
        give(&oldest);
    if (!put(kept))
        give(kept);
}

/* Takes the tag of a live block and counts it out. */
static void retire(struct cst_tag *tag, uint32_t release_stack)
{
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    cst_tag_release(tag, release_stack);
}

void cst_kept_back_release(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address)
{
    struct cst_tag *tag = cst_heap_has(address) ? cst_tag_of(address) : NULL;
    if (!tag || cst_tag_state(tag) != CST_STATE_LIVE || !cst_tag_starts_at(tag, address))
        return;
    int saved = errno;
    const struct cst_watched what = {.call = call, .origin = origin, .start = address};
    if (cst_watch_has(address))
        (void)cst_watch_ask(&what);
    size_t align = cst_tag_align(tag);
    const struct kept kept = {address, cst_engine_round(cst_tag_size(tag), align), align};
    retire(tag, origin->stack);
    if (kept.rounded > CST_KEPT_BACK_BLOCK)
        give(&kept);
    else
        keep(&kept);
    errno = saved;
}

void cst_kept_back_after_fork(void)
{
    cst_lock_reset(&kept_back.lock);
}
