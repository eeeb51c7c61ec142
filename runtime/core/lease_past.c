/* Past leases: see lease_past.h. */
#include "core/lease_past.h"

#include "core/breach.h"
#include "core/watch.h"
#include "custody/buffer.h"

#include <stdatomic.h>
#include <string.h>

/* Bytes of copies that were told of and are never used again: who writes to one may well do so once more. */
#define ABANDONED_MAX CST_LEASE_PAST_BYTES

static struct {
    struct cst_lease *leases[CST_LEASE_PAST_MAX]; /* the oldest first */
    size_t count, bytes;
    size_t next; /* to be looked at */
} past;
static _Atomic size_t found, abandoned;

/* Some leases that were taken out. */
struct taken {
    struct cst_lease *leases[CST_LEASE_PAST_MAX];
    size_t count;
};

static bool was_written(const struct cst_lease *lease)
{
    return cst_replica_sum(&lease->copy) != lease->sum;
}

static struct cst_lease *take(size_t index)
{
    struct cst_lease *lease = past.leases[index];
    past.count--;
    past.bytes -= cst_replica_bytes(&lease->copy);
    memmove(&past.leases[index], &past.leases[index + 1], (past.count - index) * sizeof *past.leases);
    if (past.next > index)
        past.next--;
    lease->state = CST_LEASE_BUSY;
    return lease;
}

static void give_copy_back(struct cst_lease *lease)
{
    cst_watch_forget((uintptr_t)lease->copy.memory);
    cst_replica_release(&lease->copy);
}

static void abandon(struct cst_lease *lease)
{
    size_t bytes = cst_replica_bytes(&lease->copy);
    cst_watch_forget((uintptr_t)lease->copy.memory);
    if (atomic_fetch_add(&abandoned, bytes) + bytes > ABANDONED_MAX) {
        atomic_fetch_sub(&abandoned, bytes);
        cst_replica_release(&lease->copy);
    }
    lease->copy = (struct cst_replica){.memory = NULL};
}

void cst_lease_past_close(struct cst_lease *lease)
{
    atomic_fetch_add(&found, 1);
    abandon(lease);
    cst_lease_book_close(lease);
}

static void tell(struct cst_lease *lease)
{
    struct cst_history_copy history;
    cst_history_copy(&lease->history, &history);
    const struct cst_breach breach = {
        .kind = CUSTODY_FINDING_BUFFER_RETAINED,
        .address = (uintptr_t)lease->copy.memory,
        .by = lease->to,
        .owner = lease->from,
        .told = {.advice = "no write after the lease: the library copies what it needs later",
                 .number = lease->number,
                 .has_buffer = true,
                 .capacity = lease->capacity,
                 .length = CUSTODY_LENGTH_UNKNOWN},
        .history = &history};
    cst_breach_tell(&breach);
    cst_lease_past_close(lease);
}

static void tell_all(const struct taken *written)
{
    for (size_t i = 0; i < written->count; i++)
        tell(written->leases[i]);
}

/* Gives back what nobody wrote to; the rest is told of. */
static void dismiss(struct cst_lease *lease)
{
    if (was_written(lease)) {
        tell(lease);
        return;
    }
    give_copy_back(lease);
    cst_lease_book_close(lease);
}

static void dismiss_all(const struct taken *taken)
{
    for (size_t i = 0; i < taken->count; i++)
        dismiss(taken->leases[i]);
}

static void make_room(size_t bytes, struct taken *out_taken)
{
    while (past.count == CST_LEASE_PAST_MAX || (past.count > 0 && past.bytes + bytes > CST_LEASE_PAST_BYTES))
        out_taken->leases[out_taken->count++] = take(0);
}

void cst_lease_past_keep(struct cst_lease *lease)
{
    struct taken taken = {.count = 0};
    size_t bytes = cst_replica_bytes(&lease->copy);
    bool kept = bytes <= CST_LEASE_PAST_BYTES;
    cst_replica_retire(&lease->copy);
    lease->sum = kept ? cst_replica_sum(&lease->copy) : 0;
    cst_lease_book_lock();
    cst_lease_book_retire_copy(lease);
    if (kept) {
        make_room(bytes, &taken);
        lease->state = CST_LEASE_PAST;
        past.leases[past.count++] = lease;
        past.bytes += bytes;
    }
    cst_lease_book_unlock();
    if (!kept) {
        give_copy_back(lease);
        cst_lease_book_close(lease);
    }
    dismiss_all(&taken);
}

void cst_lease_past_look(size_t bytes)
{
    struct taken written = {.count = 0};
    cst_lease_book_lock();
    for (size_t left = past.count, looked = 0; left > 0 && looked < bytes; left--) {
        if (past.next >= past.count)
            past.next = 0;
        looked += cst_replica_bytes(&past.leases[past.next]->copy);
        if (was_written(past.leases[past.next]))
            written.leases[written.count++] = take(past.next);
        else
            past.next++;
    }
    cst_lease_book_unlock();
    tell_all(&written);
}

void cst_lease_past_end(void)
{
    struct taken taken = {.count = 0};
    cst_lease_book_lock();
    while (past.count > 0)
        taken.leases[taken.count++] = take(0);
    cst_lease_book_unlock();
    dismiss_all(&taken);
}

struct cst_lease *cst_lease_past_take(uintptr_t address)
{
    struct cst_lease *lease = NULL;
    cst_lease_book_lock();
    for (size_t i = 0; i < past.count && !lease; i++)
        if ((uintptr_t)past.leases[i]->copy.memory == address)
            lease = take(i);
    cst_lease_book_unlock();
    return lease;
}

size_t cst_lease_past_found(void)
{
    return atomic_load(&found);
}

void cst_lease_past_after_fork(void)
{
    past.count = past.bytes = past.next = 0;
}
