/* The book of leases: see lease_book.h. */
#include "core/lease_book.h"

#include "base/lock.h"
#include "base/pool.h"
#include "core/thread.h"

#include <stdatomic.h>

/* Heads of the lists by number and by block. */
#define LISTS ((size_t)1024)

/* Records that are made at one time; as many leases end before what is known of one is forgotten. */
#define RECORDS ((size_t)64)

static struct {
    struct cst_lock lock;
    uint64_t numbers; /* given so far */
    struct cst_lease *all;
    struct cst_lease *first_ended, *last_ended; /* to be used again, the one that ended longest ago first */
    struct cst_lease *by_number[LISTS];
    struct cst_lease_link *by_block[LISTS];
    _Atomic size_t count; /* that have not ended, or are past */
} book = {.lock = CST_LOCK_INIT};

void cst_lease_book_lock(void)
{
    cst_lock_acquire(&book.lock);
}

void cst_lease_book_unlock(void)
{
    cst_lock_release(&book.lock);
}

size_t cst_lease_book_count(void)
{
    return atomic_load_explicit(&book.count, memory_order_acquire);
}

static struct cst_lease **list_of_number(uint64_t number)
{
    return &book.by_number[number % LISTS];
}

static struct cst_lease_link **list_of_block(uintptr_t key)
{
    return &book.by_block[(key >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 54];
}

static void put_last(struct cst_lease *lease)
{
    lease->next = NULL;
    if (book.last_ended)
        book.last_ended->next = lease;
    else
        book.first_ended = lease;
    book.last_ended = lease;
}

static bool make_records(void)
{
    struct cst_lease *records = cst_pool_alloc(RECORDS * sizeof *records);
    for (size_t i = 0; records && i < RECORDS; i++) {
        records[i].next_of_all = book.all;
        book.all = &records[i];
        put_last(&records[i]);
    }
    return records != NULL;
}

static void forget_number(const struct cst_lease *lease)
{
    struct cst_lease **at = list_of_number(lease->number);
    while (*at && *at != lease)
        at = &(*at)->next_of_number;
    if (*at)
        *at = lease->next_of_number;
}

static void give_number(struct cst_lease *lease)
{
    struct cst_lease **list = list_of_number(++book.numbers);
    lease->number = book.numbers;
    lease->next_of_number = *list;
    *list = lease;
}

static void clear(struct cst_lease *lease)
{
    struct cst_lease *next_of_all = lease->next_of_all;
    if (lease->number)
        forget_number(lease);
    cst_history_clear(&lease->history);
    *lease = (struct cst_lease){.state = CST_LEASE_BUSY, .next_of_all = next_of_all};
    lease->generation = cst_thread.generation;
}

static struct cst_lease *open_locked(void)
{
    struct cst_lease *lease = book.first_ended;
    book.first_ended = lease->next;
    if (!book.first_ended)
        book.last_ended = NULL;
    clear(lease);
    give_number(lease);
    atomic_fetch_add(&book.count, 1);
    return lease;
}

struct cst_lease *cst_lease_book_open(void)
{
    cst_lease_book_lock();
    struct cst_lease *lease = book.first_ended || make_records() ? open_locked() : NULL;
    cst_lease_book_unlock();
    return lease;
}

static void link_to(struct cst_lease *lease, struct cst_lease_link *link, uintptr_t key)
{
    if (key == 0)
        return;
    struct cst_lease_link **list = list_of_block(key);
    *link = (struct cst_lease_link){.lease = lease, .next = *list, .key = key};
    *list = link;
}

static void unlink_from(struct cst_lease_link *link)
{
    struct cst_lease_link **at = link->key ? list_of_block(link->key) : NULL;
    while (at && *at && *at != link)
        at = &(*at)->next;
    if (at && *at)
        *at = link->next;
    link->key = 0;
}

static void link_up(struct cst_lease *lease)
{
    link_to(lease, &lease->of_buffer, lease->gone ? 0 : cst_lease_book_key(lease));
    link_to(lease, &lease->of_copy, (uintptr_t)lease->copy.memory);
}

void cst_lease_book_publish(struct cst_lease *lease)
{
    cst_lease_book_lock();
    lease->state = CST_LEASE_LIVE;
    link_up(lease);
    cst_lease_book_unlock();
}

static struct cst_lease *find(uint64_t number)
{
    struct cst_lease *lease = *list_of_number(number);
    while (lease && lease->number != number)
        lease = lease->next_of_number;
    return lease;
}

void cst_lease_book_describe(const struct cst_lease *lease, struct cst_lease_known *out_known)
{
    static const struct cst_history nothing;
    *out_known = (struct cst_lease_known){.number = 0};
    if (lease)
        *out_known = (struct cst_lease_known){.number = lease->number,
                                              .buffer = lease->buffer,
                                              .block = lease->block,
                                              .capacity = lease->capacity,
                                              .from = lease->from,
                                              .to = lease->to};
    cst_history_copy(lease && lease->state != CST_LEASE_BUSY ? &lease->history : &nothing, &out_known->history);
}

/* The copy is found as long as it is a live block: whoever releases it meanwhile is refused. */
static struct cst_lease *take(struct cst_lease *lease)
{
    lease->state = CST_LEASE_BUSY;
    unlink_from(&lease->of_buffer);
    return lease;
}

void cst_lease_book_retire_copy(struct cst_lease *lease)
{
    unlink_from(&lease->of_copy);
}

struct cst_lease *cst_lease_book_take(uint64_t number, struct cst_lease_known *out_known)
{
    cst_lease_book_lock();
    struct cst_lease *lease = find(number);
    struct cst_lease *taken = lease && lease->state == CST_LEASE_LIVE ? take(lease) : NULL;
    if (!taken)
        cst_lease_book_describe(lease, out_known);
    cst_lease_book_unlock();
    return taken;
}

bool cst_lease_book_memory(uint64_t number, uintptr_t *out_memory, struct cst_lease_known *out_known)
{
    cst_lease_book_lock();
    const struct cst_lease *lease = find(number);
    bool live = lease && lease->state == CST_LEASE_LIVE;
    if (live)
        *out_memory = lease->copy.memory ? (uintptr_t)lease->copy.memory : lease->buffer;
    else
        cst_lease_book_describe(lease, out_known);
    cst_lease_book_unlock();
    return live;
}

void cst_lease_book_close(struct cst_lease *lease)
{
    cst_lease_book_lock();
    lease->state = CST_LEASE_ENDED;
    put_last(lease);
    atomic_fetch_sub(&book.count, 1);
    cst_lease_book_unlock();
}

static struct cst_lease *first_of(const struct cst_lease_link *link, uintptr_t key)
{
    while (link && link->key != key)
        link = link->next;
    return link ? link->lease : NULL;
}

struct cst_lease *cst_lease_book_first(uintptr_t key)
{
    return first_of(*list_of_block(key), key);
}

struct cst_lease *cst_lease_book_next(const struct cst_lease *lease, uintptr_t key)
{
    const struct cst_lease_link *link = lease->of_copy.key == key ? &lease->of_copy : &lease->of_buffer;
    return first_of(link->next, key);
}

void cst_lease_book_lose(struct cst_lease *lease)
{
    lease->gone = true;
    unlink_from(&lease->of_buffer);
}

/* Lists are made anew of what the records say of themselves. Those that another thread of the parent had stay BUSY, and
 * what is past is the parent's to watch. */
void cst_lease_book_after_fork(void)
{
    cst_lock_reset(&book.lock);
    book.first_ended = book.last_ended = NULL;
    for (size_t i = 0; i < LISTS; i++) {
        book.by_number[i] = NULL;
        book.by_block[i] = NULL;
    }
    for (struct cst_lease *lease = book.all; lease; lease = lease->next_of_all) {
        lease->of_buffer.key = lease->of_copy.key = 0;
        if (lease->number) {
            lease->next_of_number = *list_of_number(lease->number);
            *list_of_number(lease->number) = lease;
        }
        if (lease->state == CST_LEASE_PAST)
            lease->state = CST_LEASE_ENDED;
        if (lease->state == CST_LEASE_ENDED)
            put_last(lease);
        else if (lease->state == CST_LEASE_LIVE)
            link_up(lease);
    }
}
