/* Watched blocks: see watch.h. */
#include "core/watch.h"

#include "base/lock.h"
#include "base/table.h"
#include "core/adopted.h"
#include "core/heap.h"
#include "core/tag.h"

struct watched {
    uintptr_t start;      /* key */
    unsigned watchers;    /* bits by id */
    struct watched *next; /* among those that are not in use */
    UT_hash_handle hh;
};

atomic_size_t cst_watch_count;

static const struct cst_watcher *_Atomic the_watchers[CST_WATCHER_COUNT];
static struct watched *table, *unused;
static struct cst_lock lock = CST_LOCK_INIT;

static struct watched *find(uintptr_t start)
{
    struct watched *found;
    HASH_FIND(hh, table, &start, sizeof start, found);
    return found;
}

/* The tag of the live block of our heap that begins there; NULL when none does. */
static struct cst_tag *live_tag(uintptr_t start)
{
    struct cst_tag *tag = cst_heap_has(start) ? cst_tag_of(start) : NULL;
    return tag && cst_tag_state(tag) == CST_STATE_LIVE && cst_tag_starts_at(tag, start) ? tag : NULL;
}

bool cst_watch_sees(uintptr_t start)
{
    struct cst_adopted adopted;
    if (cst_tag_covers(start))
        return live_tag(start) != NULL;
    return cst_adopted_find(start, &adopted) && cst_tag_state(&adopted.tag) == CST_STATE_LIVE;
}

static struct watched *take_unused(void)
{
    struct watched *entry = unused;
    if (!entry)
        return cst_pool_alloc(sizeof *entry);
    unused = entry->next;
    return entry;
}

static void give_unused(struct watched *entry)
{
    entry->next = unused;
    unused = entry;
}

static struct watched *add(uintptr_t start)
{
    struct watched *entry = take_unused();
    if (!entry)
        return NULL;
    *entry = (struct watched){.start = start};
    HASH_ADD(hh, table, start, sizeof entry->start, entry);
    if (!entry->hh.tbl) {
        give_unused(entry);
        return NULL;
    }
    atomic_fetch_add_explicit(&cst_watch_count, 1, memory_order_relaxed);
    return entry;
}

static bool set(uintptr_t start, unsigned watchers)
{
    struct watched *entry = find(start);
    if (!entry)
        entry = add(start);
    if (!entry)
        return false;
    entry->watchers |= watchers;
    struct cst_tag *tag = live_tag(start);
    if (tag)
        cst_tag_watch(tag, true);
    return true;
}

/* Takes watchers away; those that were there. */
static unsigned clear(uintptr_t start, unsigned watchers)
{
    struct watched *entry = find(start);
    unsigned before = entry ? entry->watchers & watchers : 0;
    if (!entry || (entry->watchers &= ~watchers) != 0)
        return before;
    HASH_DEL(table, entry);
    give_unused(entry);
    atomic_fetch_sub_explicit(&cst_watch_count, 1, memory_order_relaxed);
    struct cst_tag *tag = live_tag(start);
    if (tag)
        cst_tag_watch(tag, false);
    return before;
}

bool cst_watch_set(const struct cst_watcher *watcher, uintptr_t start)
{
    cst_lock_acquire(&lock);
    the_watchers[watcher->id] = watcher;
    bool done = set(start, 1U << watcher->id);
    cst_lock_release(&lock);
    return done;
}

void cst_watch_clear(const struct cst_watcher *watcher, uintptr_t start)
{
    cst_lock_acquire(&lock);
    (void)clear(start, 1U << watcher->id);
    cst_lock_release(&lock);
}

bool cst_watch_find(uintptr_t start)
{
    const struct cst_tag *tag = live_tag(start);
    if (tag)
        return cst_tag_is_watched(tag);
    cst_lock_acquire(&lock);
    bool found = find(start) != NULL;
    cst_lock_release(&lock);
    return found;
}

/* A block that is released may be made anew as soon as its memory is given back, so nothing may be known of it then. */
static unsigned watchers_of(const struct cst_watched *what)
{
    cst_lock_acquire(&lock);
    const struct watched *entry = find(what->start);
    unsigned watchers = entry ? entry->watchers : 0;
    if (!what->resizes)
        watchers = clear(what->start, ~0U);
    cst_lock_release(&lock);
    return watchers;
}

static unsigned watchers_at(uintptr_t start)
{
    cst_lock_acquire(&lock);
    const struct watched *entry = find(start);
    unsigned watchers = entry ? entry->watchers : 0;
    cst_lock_release(&lock);
    return watchers;
}

bool cst_watch_is_by(enum cst_watcher_id id, uintptr_t start)
{
    return cst_watch_has(start) && watchers_at(start) >> id & 1;
}

void cst_watch_told(const struct cst_watcher *watcher, uintptr_t start)
{
    cst_lock_acquire(&lock);
    const struct watched *entry = find(start);
    struct cst_tag *tag = entry && entry->watchers >> watcher->id & 1 ? live_tag(start) : NULL;
    if (tag)
        cst_tag_tell(tag);
    cst_lock_release(&lock);
}

bool cst_watch_refuses(const struct cst_watched *what, size_t *out_readable)
{
    uint8_t mode = cst_thread_guard();
    unsigned watchers = watchers_at(what->start);
    bool refused = false;
    for (unsigned id = 0; id < CST_WATCHER_COUNT && !refused; id++) {
        if (watchers >> id & 1 && the_watchers[id]->refuses)
            refused = the_watchers[id]->refuses(what, out_readable);
    }
    cst_thread_unguard(mode);
    return refused;
}

bool cst_watch_ask(const struct cst_watched *what)
{
    uint8_t mode = cst_thread_guard();
    unsigned watchers = watchers_of(what);
    bool judged = true;
    for (unsigned id = 0; id < CST_WATCHER_COUNT; id++) {
        if (watchers >> id & 1)
            judged &= the_watchers[id]->ask(what);
    }
    cst_thread_unguard(mode);
    return judged;
}

void cst_watch_resized(const struct cst_watched *what, const struct cst_watch_move *move)
{
    uint8_t mode = cst_thread_guard();
    cst_lock_acquire(&lock);
    unsigned watchers = clear(what->start, ~0U);
    bool kept = watchers == 0 || set(move->to, watchers);
    cst_lock_release(&lock);
    for (unsigned id = 0; kept && id < CST_WATCHER_COUNT; id++) {
        if (watchers >> id & 1 && the_watchers[id]->resized)
            the_watchers[id]->resized(what, move);
    }
    cst_thread_unguard(mode);
}

bool cst_watch_forget(uintptr_t start)
{
    if (cst_lock_is_mine(&lock))
        return false;
    cst_lock_acquire(&lock);
    (void)clear(start, ~0U);
    cst_lock_release(&lock);
    return true;
}

void cst_watch_after_fork(void)
{
    cst_lock_reset(&lock);
}
