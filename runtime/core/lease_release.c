/* Releases of what is leased: see lease_release.h. */
#include "core/lease_release.h"

#include "core/lease_book.h"
#include "core/lease_check.h"
#include "core/lease_past.h"
#include "core/side.h"
#include "core/watch.h"

/* Sides of one module, such as C and Rust linked together, may well call each other's allocator. Where library and owner
 * are one side, nobody can tell which of them it is. */
static bool is_borrower(const struct cst_lease *lease, uint16_t side)
{
    const struct cst_module *module = cst_side_get(side)->module;
    if (side == CST_SIDE_UNKNOWN || side == lease->owner)
        return false;
    return side == lease->to ||
           (module && module == cst_side_get(lease->to)->module && module != cst_side_get(lease->owner)->module);
}

static bool is_copy(const struct cst_lease *lease, uintptr_t address)
{
    return (uintptr_t)lease->copy.memory == address;
}

/* A lease of the releaser's own, or a copy, which is nobody's to release. */
static bool find_borrowed(uintptr_t address, uint16_t side, struct cst_lease_known *out_known, size_t *out_readable)
{
    cst_lease_book_lock();
    struct cst_lease *lease = cst_lease_book_first(address);
    while (lease && !is_copy(lease, address) && !is_borrower(lease, side))
        lease = cst_lease_book_next(lease, address);
    if (lease) {
        cst_lease_book_describe(lease, out_known);
        *out_readable = is_copy(lease, address) ? lease->copy.size : lease->buffer - address + lease->usable;
    }
    cst_lease_book_unlock();
    return lease != NULL;
}

static void describe_past(const struct cst_lease *past, struct cst_lease_known *out_known)
{
    struct cst_lease mine = *past;
    mine.state = CST_LEASE_PAST; /* so that its history counts */
    cst_lease_book_describe(&mine, out_known);
}

static bool refuses(const struct cst_watched *what, size_t *out_readable)
{
    struct cst_lease_known known;
    uint16_t side = what->origin->side;
    struct cst_lease *past = NULL;
    if (!find_borrowed(what->start, side, &known, out_readable)) {
        past = cst_lease_past_take(what->start);
        if (!past)
            return false;
        describe_past(past, &known);
        *out_readable = past->capacity;
    }
    cst_lease_tell_released(&known, what->call, side, what->start, true);
    if (past)
        cst_lease_past_close(past);
    return true;
}

/* All leases of the block lose it; one of them is told of, if it was made by this process: who has its parent's may be a
 * thread that is not here. What lies in no block cannot be released: the rules tell of that. */
static void lose(const struct cst_watched *what, size_t size_after)
{
    struct cst_lease_known known;
    bool found = false;
    cst_lease_book_lock();
    for (struct cst_lease *lease = cst_lease_book_first(what->start), *next; lease; lease = next) {
        next = cst_lease_book_next(lease, what->start);
        if (lease->block == 0 || lease->buffer - what->start + lease->usable <= size_after)
            continue;
        if (!found && lease->generation == cst_thread.generation) {
            cst_lease_book_describe(lease, &known);
            found = true;
        }
        cst_lease_book_lose(lease);
    }
    cst_lease_book_unlock();
    if (found)
        cst_lease_tell_released(&known, what->call, what->origin->side, what->start, false);
}

static bool ask(const struct cst_watched *what)
{
    if (!what->resizes)
        lose(what, 0);
    return true;
}

static const struct cst_watcher watcher;

/* In place, what is leased may go on to lie in the block. */
static void resized(const struct cst_watched *what, const struct cst_watch_move *move)
{
    bool moved = move->to != what->start;
    lose(what, moved ? 0 : move->size_after);
    if (moved)
        cst_watch_clear(&watcher, move->to);
}

static const struct cst_watcher watcher = {.id = CST_WATCHER_LEASE, .ask = ask, .refuses = refuses, .resized = resized};

/* When memory is out, releases are not seen. */
void cst_lease_release_watch(uintptr_t address)
{
    if (address)
        (void)!cst_watch_set(&watcher, address);
}

void cst_lease_release_unwatch(uintptr_t key)
{
    if (!key)
        return;
    cst_lease_book_lock();
    if (!cst_lease_book_first(key))
        cst_watch_clear(&watcher, key);
    cst_lease_book_unlock();
}
