/* What can be wrong with a lease: see lease_check.h. */
#include "core/lease_check.h"

#include "base/text.h"
#include "core/breach.h"
#include "core/guard.h"

#include <string.h>

#define ADVICE_SIZE 160
#define TERMINATOR_MAX ((size_t)4)
/* Bytes that are searched for a terminator at one time: a multiple of each width. */
#define CHUNK ((size_t)256)

/* A fault on its way to become a finding. */
struct fault {
    enum custody_finding_kind kind;
    size_t capacity, length;
    char advice[ADVICE_SIZE];
    struct cst_text text; /* over `advice` */
};

static void init(struct fault *fault, enum custody_finding_kind kind, size_t capacity, size_t length)
{
    fault->kind = kind;
    fault->capacity = capacity;
    fault->length = length;
    cst_text_init(&fault->text, fault->advice, sizeof fault->advice, 0);
}

/* Told of by whoever calls; that the library did it, the history says. */
static void tell(const struct cst_lease *lease, const struct cst_call *call, const char *function,
                 const struct fault *fault)
{
    struct cst_history_copy history;
    cst_history_copy(&lease->history, &history);
    const struct cst_breach breach = {.kind = fault->kind,
                                      .address = lease->buffer,
                                      .owner = lease->from,
                                      .call = call,
                                      .told = {.function = function,
                                               .advice = fault->advice,
                                               .number = lease->number,
                                               .has_buffer = true,
                                               .capacity = fault->capacity,
                                               .length = fault->length},
                                      .history = &history};
    cst_breach_tell(&breach);
}

/* --- beginning --- */

static bool wants_guard(const struct cst_lease *lease)
{
    return (lease->flags & CUSTODY_LEASE_GUARD) && !(lease->flags & CUSTODY_LEASE_COPY);
}

void cst_lease_check_capacity(const struct cst_lease *lease, const struct cst_call *call,
                              const struct cst_buffer_place *place)
{
    size_t guard = wants_guard(lease) ? CUSTODY_GUARD_SIZE : 0, capacity = lease->capacity;
    size_t needed = capacity > SIZE_MAX - guard ? SIZE_MAX - 1 : capacity + guard;
    if (needed <= place->room)
        return;
    struct fault fault;
    init(&fault, CUSTODY_FINDING_BUFFER_OVERRUN, place->room, needed);
    if (place->kind == CST_BUFFER_RELEASED)
        cst_text_string(&fault.text, "a buffer that has not been released");
    else if (capacity <= place->room)
        cst_text_format(&fault.text, "a capacity that leaves %zu bytes of the block for the guard", guard);
    else
        cst_text_format(&fault.text, "a capacity of at most %zu bytes: there the block ends", place->room);
    tell(lease, call, "custody_lease_begin", &fault);
}

bool cst_lease_sum(const struct cst_lease *lease, uint64_t *out_sum)
{
    bool reading = !(lease->flags & CUSTODY_LEASE_OUT);
    if (!reading && cst_lease_terminator(lease) == 0)
        return false;
    if (!lease->copy.memory)
        return cst_buffer_sum(lease->buffer, lease->usable, out_sum);
    *out_sum = cst_buffer_sum_known(0, lease->copy.memory, lease->copy.size);
    return true;
}

/* --- end --- */

/* Bytes of the capacity that can be looked at. */
static size_t visible(const struct cst_lease *lease)
{
    return lease->copy.memory ? lease->copy.size : lease->usable;
}

static bool read_at(const struct cst_lease *lease, size_t offset, void *out_bytes, size_t size)
{
    if (!lease->copy.memory)
        return cst_buffer_read(lease->buffer + offset, out_bytes, size);
    memcpy(out_bytes, lease->copy.memory + offset, size);
    return true;
}

static size_t damage_behind(const struct cst_lease *lease)
{
    unsigned char guard[CUSTODY_GUARD_SIZE];
    if (lease->copy.memory)
        return cst_replica_damage_behind(&lease->copy);
    if (lease->guard == 0 || !cst_buffer_read(lease->buffer + lease->capacity, guard, lease->guard))
        return 0;
    return cst_guard_damage_up_to(guard, lease->guard, lease->number);
}

static bool check_behind(const struct cst_lease *lease, const struct cst_call *call)
{
    struct fault fault;
    size_t damage = damage_behind(lease);
    if (damage == 0)
        return true;
    init(&fault, CUSTODY_FINDING_BUFFER_OVERRUN, lease->capacity, lease->capacity + damage);
    cst_text_format(&fault.text, "at most %zu bytes, as the capacity says; what lies behind them was written to",
                    lease->capacity);
    tell(lease, call, "custody_lease_end", &fault);
    return false;
}

static bool check_before(const struct cst_lease *lease, const struct cst_call *call)
{
    struct fault fault;
    size_t damage = lease->copy.memory ? cst_replica_damage_before(&lease->copy) : 0;
    if (damage == 0)
        return true;
    init(&fault, CUSTODY_FINDING_BUFFER_OVERRUN, lease->capacity, CUSTODY_LENGTH_UNKNOWN);
    cst_text_format(&fault.text, "no write in front of the buffer; one began %zu bytes before it", damage);
    tell(lease, call, "custody_lease_end", &fault);
    return false;
}

/* Whether contents differ from what they were; false when that is not known. */
static bool is_changed(const struct cst_lease *lease)
{
    uint64_t sum;
    return lease->has_sum && cst_lease_sum(lease, &sum) && sum != lease->sum;
}

static bool check_reading(const struct cst_lease *lease, const struct cst_call *call)
{
    struct fault fault;
    if (!is_changed(lease))
        return true;
    init(&fault, CUSTODY_FINDING_BUFFER_OVERRUN, lease->capacity, CUSTODY_LENGTH_UNKNOWN);
    cst_text_string(&fault.text, "no write at all: the buffer is leased for reading");
    tell(lease, call, "custody_lease_end", &fault);
    return false;
}

/* True when a terminator of `width` bytes begins in `bytes`, at a multiple of its width. */
static bool has_terminator(const unsigned char *bytes, size_t size, size_t width)
{
    static const unsigned char zeros[TERMINATOR_MAX];
    for (size_t at = 0; at + width <= size; at += width)
        if (memcmp(bytes + at, zeros, width) == 0)
            return true;
    return false;
}

/* True also when it cannot be looked at. */
static bool is_terminated_at(const struct cst_lease *lease, size_t offset, size_t width)
{
    unsigned char bytes[TERMINATOR_MAX];
    return offset + width > visible(lease) || !read_at(lease, offset, bytes, width) ||
           has_terminator(bytes, width, width);
}

static bool is_terminated(const struct cst_lease *lease, size_t width)
{
    unsigned char bytes[CHUNK];
    size_t size = visible(lease);
    for (size_t done = 0; done < size;) {
        size_t part = size - done < CHUNK ? size - done : CHUNK;
        if (!read_at(lease, done, bytes, part) || has_terminator(bytes, part, width))
            return true;
        done += part;
    }
    return size < lease->capacity;
}

/* Without a length the library may have written nothing at all. */
static bool is_open_ended(const struct cst_lease *lease, size_t width, size_t length)
{
    if (length == CUSTODY_LENGTH_UNKNOWN)
        return is_changed(lease) && !is_terminated(lease, width);
    return length > 0 && !is_terminated_at(lease, length, width);
}

/* A library that reports what it would take may have filled the buffer in any way when that is more. Of one that was told
 * of as writing too far, `overrun`, the terminator lies behind the capacity. */
static bool check_length(const struct cst_lease *lease, const struct cst_call *call, size_t length, bool overrun)
{
    struct fault fault;
    bool known = length != CUSTODY_LENGTH_UNKNOWN;
    size_t width = overrun ? 0 : cst_lease_terminator(lease), capacity = lease->capacity;
    bool too_long = known && length > capacity, no_room = known && !too_long && capacity - length < width && length > 0;
    if ((too_long || no_room) && (lease->flags & CUSTODY_LEASE_REPORTS_NEED))
        return true;
    if (!too_long && !no_room && (width == 0 || !is_open_ended(lease, width, length)))
        return true;
    init(&fault, CUSTODY_FINDING_BUFFER_OVERCLAIM, capacity, length);
    if (too_long)
        cst_text_format(&fault.text, "a length of at most %zu bytes, as the capacity says", capacity);
    else if (no_room)
        cst_text_format(&fault.text, "a length of at most %zu bytes, which leaves room for the terminator",
                        capacity < width ? 0 : capacity - width);
    else if (known)
        cst_text_format(&fault.text, "a terminator behind the %zu bytes that are reported", length);
    else
        cst_text_string(&fault.text, "a terminator within the capacity");
    tell(lease, call, "custody_lease_end", &fault);
    return false;
}

bool cst_lease_check_end(const struct cst_lease *lease, const struct cst_call *call, size_t length)
{
    if (lease->capacity == 0)
        return true;
    bool overrun = !check_behind(lease, call), good = check_before(lease, call) && !overrun;
    if (!(lease->flags & CUSTODY_LEASE_OUT))
        return check_reading(lease, call) && good;
    return check_length(lease, call, length, overrun) && good;
}

/* --- misuse --- */

void cst_lease_tell_stale(const struct cst_lease_known *known, uint64_t number, const struct cst_call *call,
                          const char *function)
{
    const struct cst_breach breach = {.kind = CUSTODY_FINDING_STALE_HANDLE,
                                      .address = known->block ? 0 : known->buffer, /* what lies there now is another */
                                      .call = call,
                                      .owner = known->from,
                                      .told = {.function = function,
                                               .advice = known->number
                                                             ? "one end of each lease, and no use of it afterwards"
                                                             : "a lease that custody_lease_begin gave",
                                               .number = number,
                                               .has_buffer = known->number != 0,
                                               .capacity = known->capacity,
                                               .length = CUSTODY_LENGTH_UNKNOWN},
                                      .history = &known->history};
    cst_breach_tell(&breach);
}

void cst_lease_tell_released(const struct cst_lease_known *known, const struct cst_call *call, uint16_t side,
                             uintptr_t address, bool by_borrower)
{
    const struct cst_breach breach = {
        .kind = by_borrower ? CUSTODY_FINDING_BUFFER_RETAINED : CUSTODY_FINDING_RELEASED_WHILE_LENT,
        .address = address,
        .by = side,
        .call = call,
        .owner = known->from,
        .told = {.advice = by_borrower ? "no release by the library: the buffer is its caller's"
                                       : "custody_lease_end before the buffer is released",
                 .number = known->number,
                 .has_buffer = true,
                 .capacity = known->capacity,
                 .length = CUSTODY_LENGTH_UNKNOWN},
        .history = &known->history};
    cst_breach_tell(&breach);
}
