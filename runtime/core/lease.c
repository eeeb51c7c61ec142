/* Leases: see lease.h. */
#include "core/lease.h"

#include "core/breach.h"
#include "core/buffer.h"
#include "core/guard.h"
#include "core/lease_book.h"
#include "core/lease_check.h"
#include "core/lease_past.h"
#include "core/lease_release.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void note(struct cst_lease *lease, const struct cst_deed *deed)
{
    cst_history_add(&lease->history, deed);
    cst_breach_event("lease", deed, lease->number, lease->buffer, lease->capacity, NULL);
}

/* --- beginning --- */

/* Contents go in whatever the direction: what the library leaves alone is to come back as it was. Where they cannot all be
 * read, the library gets the buffer itself. */
static void make_copy(struct cst_lease *lease)
{
    if (!cst_replica_make(lease->capacity, lease->buffer, lease->number, &lease->copy))
        return;
    memset(lease->copy.memory + lease->usable, 0, lease->capacity - lease->usable);
    if (!cst_buffer_read(lease->buffer, lease->copy.memory, lease->usable))
        cst_replica_release(&lease->copy);
}

static void lay_guard(struct cst_lease *lease, size_t room)
{
    unsigned char guard[CUSTODY_GUARD_SIZE];
    size_t size = smaller(sizeof guard, room - lease->capacity);
    cst_guard_lay(guard, size, lease->number);
    lease->guard = cst_buffer_write(lease->buffer + lease->capacity, guard, size) ? size : 0;
}

/* Where nothing is known of a block, memory ends where addresses do. */
static void prepare(struct cst_lease *lease, const struct cst_buffer_place *place)
{
    size_t room = smaller(place->room, UINTPTR_MAX - lease->buffer);
    lease->block = place->block;
    if (place->kind == CST_BUFFER_IN_BLOCK)
        lease->owner = place->owner;
    lease->usable = smaller(lease->capacity, room);
    if (lease->flags & CUSTODY_LEASE_COPY)
        make_copy(lease);
    else if ((lease->flags & CUSTODY_LEASE_GUARD) && lease->capacity < room)
        lay_guard(lease, room);
    lease->has_sum = cst_lease_sum(lease, &lease->sum);
}

static void fill(struct cst_lease *lease, const struct cst_call *call, const struct cst_lease_terms *terms)
{
    lease->from = cst_origin_side_at(call->return_address - 1);
    lease->owner = lease->from;
    lease->to = terms->to;
    lease->flags = terms->flags;
    lease->buffer = terms->buffer;
    lease->capacity = terms->capacity;
}

uint64_t cst_lease_begin(const struct cst_call *call, const struct cst_lease_terms *terms)
{
    struct cst_lease *lease = cst_lease_book_open();
    if (!lease)
        return 0;
    fill(lease, call, terms);
    const struct cst_deed deed = {
        .deed = CUSTODY_DEED_LEASED, .by = lease->from, .to = lease->to, .stack = cst_history_stack(call)};
    note(lease, &deed);
    if (lease->capacity > 0) { /* else it asks for a size, and there is nothing to be looked at */
        struct cst_buffer_place place = cst_buffer_find(lease->buffer);
        cst_lease_check_capacity(lease, call, &place);
        prepare(lease, &place);
    }
    uint64_t number = lease->number;
    uintptr_t key = cst_lease_book_key(lease), copy = (uintptr_t)lease->copy.memory;
    cst_lease_book_publish(lease); /* from now on others may look at it */
    cst_lease_release_watch(key);
    cst_lease_release_watch(copy);
    return number;
}

uintptr_t cst_lease_memory(const struct cst_call *call, uint64_t number)
{
    uintptr_t memory = 0;
    struct cst_lease_known known;
    if (!cst_lease_book_memory(number, &memory, &known))
        cst_lease_tell_stale(&known, number, call, "custody_lease_memory");
    return memory;
}

/* --- end --- */

/* The buffer may have been released meanwhile, or its block have become smaller: then it is not touched any more. */
static void look_for_buffer(struct cst_lease *lease)
{
    if (lease->block == 0 && !lease->gone)
        return;
    struct cst_buffer_place place = cst_buffer_find(lease->buffer);
    bool there = !lease->gone && place.kind == CST_BUFFER_IN_BLOCK && place.block == lease->block;
    size_t room = there ? place.room : 0;
    if (room < lease->usable)
        lease->has_sum = lease->has_sum && lease->copy.memory;
    lease->usable = smaller(lease->usable, room);
    lease->guard = room > lease->capacity ? smaller(lease->guard, room - lease->capacity) : 0;
}

/* What is reported goes to the buffer, with its terminator; all that fits where no length is known, or a larger one. */
static void copy_out(const struct cst_lease *lease, size_t length)
{
    if (!lease->copy.memory || !(lease->flags & CUSTODY_LEASE_OUT))
        return;
    size_t width = cst_lease_terminator(lease), size = lease->usable;
    if (length < size && width <= size - length)
        size = length + width;
    (void)!cst_buffer_write(lease->buffer, lease->copy.memory, size);
}

static void close_lease(struct cst_lease *lease)
{
    if (lease->copy.memory)
        cst_lease_past_keep(lease);
    else
        cst_lease_book_close(lease);
}

bool cst_lease_end(const struct cst_call *call, uint64_t number, size_t length)
{
    struct cst_lease_known known;
    uint16_t by = cst_origin_side_at(call->return_address - 1);
    const struct cst_deed deed = {.deed = CUSTODY_DEED_LEASE_ENDED, .by = by, .stack = cst_history_stack(call)};
    struct cst_lease *lease = cst_lease_book_take(number, &known);
    if (!lease) {
        cst_lease_tell_stale(&known, number, call, "custody_lease_end");
        return false;
    }
    cst_lease_release_unwatch(cst_lease_book_key(lease));
    look_for_buffer(lease);
    note(lease, &deed);
    copy_out(lease, length);
    bool good = cst_lease_check_end(lease, call, length);
    close_lease(lease);
    cst_lease_past_look(CST_LEASE_LOOK_BYTES);
    return good;
}

size_t cst_lease_check(void)
{
    cst_lease_past_look(SIZE_MAX);
    return cst_lease_past_found();
}

/* --- awkward moments --- */

void cst_lease_farewell(void)
{
    cst_lease_past_end();
}

void cst_lease_after_fork(void)
{
    cst_lease_past_after_fork();
    cst_lease_book_after_fork();
}
