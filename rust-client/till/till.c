/* The till, in terms of malloc for what it keeps to itself, and of Custody for what its callers hold: see till.h. */
#include "till.h"

#include <custody/custody.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 32

struct drawer {
    int64_t total;
};

struct till {
    char name[TILL_TEXT_SIZE];
    struct drawer *own;
    struct till_event events[EVENTS_MAX];
    size_t event_count;

    till_visit *listener; /**< NULL when there is none */
    custody_callback listening;

    char *page; /**< the caller's, on loan; NULL when there is none */
    size_t page_size;
    custody_loan loan;
};

int till_open_count;

const size_t till_layout[5] = {
    sizeof(struct till_event),
    _Alignof(struct till_event),
    offsetof(struct till_event, sale.cents),
    offsetof(struct till_event, sale.count),
    offsetof(struct till_event, note.text),
};

/* ---- The library to Custody ---- */

static custody_side library;
static custody_type till_type, drawer_type;

static void tell_types(void)
{
    custody_side_of_code((const void *)till_open, &library);
    custody_type_register(library, "till", "till_close", CUSTODY_TYPE_THREAD_BOUND, &till_type);
    custody_type_register(library, "till-drawer", "till_drawer_free", CUSTODY_TYPE_PLAIN, &drawer_type);
}

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, tell_types);
}

/* ---- Drawers ---- */

void *till_drawer_new(void)
{
    prepare();
    return custody_create(drawer_type, sizeof(struct drawer));
}

int till_drawer_free(void *drawer)
{
    return custody_destroy(drawer_type, drawer) == CUSTODY_REFUSED ? -1 : 0;
}

int till_drawer_put(void *drawer, enum till_coin coin, unsigned count)
{
    if (!custody_check(drawer_type, drawer)) {
        return -1;
    }
    ((struct drawer *)drawer)->total += (int64_t)coin * count;
    return 0;
}

int64_t till_drawer_total(const void *drawer)
{
    return custody_check(drawer_type, drawer) ? ((const struct drawer *)drawer)->total : -1;
}

/* ---- Tills ---- */

void *till_open(const char *name)
{
    prepare();
    struct till *till = custody_create(till_type, sizeof(*till));
    if (till == NULL) {
        return NULL;
    }
    till->own = till_drawer_new();
    snprintf(till->name, sizeof(till->name), "%s", name);
    till->event_count = 1; /* zeroed: TILL_OPENED */
    __atomic_fetch_add(&till_open_count, 1, __ATOMIC_RELAXED);
    return till;
}

static void forget_listener(struct till *till)
{
    if (till->listener != NULL) {
        custody_callback_drop(till->listening);
        till->listener = NULL;
    }
}

static void free_printer(struct till *till)
{
    if (till->page != NULL) {
        custody_return(till->loan);
        till->page = NULL;
    }
}

int till_close(void *handle)
{
    struct till *till = handle;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    forget_listener(till);
    free_printer(till);
    till_drawer_free(till->own);
    custody_destroy(till_type, till);
    __atomic_fetch_sub(&till_open_count, 1, __ATOMIC_RELAXED);
    return 0;
}

void *till_own_drawer(void *till)
{
    return custody_check(till_type, till) ? ((struct till *)till)->own : NULL;
}

/* ---- Events ---- */

static void print(const struct till *till, const struct till_event *event)
{
    if (till->page == NULL) {
        return;
    }
    switch (event->tag) {
    case TILL_OPENED:
        snprintf(till->page, till->page_size, "opened");
        break;
    case TILL_SALE:
        snprintf(till->page, till->page_size, "%d for %lld", event->sale.count, (long long)event->sale.cents);
        break;
    case TILL_NOTE:
        snprintf(till->page, till->page_size, "%s", event->note.text);
        break;
    }
}

static void tell(const struct till *till, const struct till_event *event)
{
    void *user;
    if (till->listener != NULL && custody_callback_enter(till->listening, &user)) {
        till->listener(event, user);
        custody_callback_leave(till->listening);
    }
}

static int add(struct till *till, const struct till_event *event)
{
    if (!custody_check(till_type, till) || till->event_count == EVENTS_MAX) {
        return -1;
    }
    till->events[till->event_count++] = *event;
    print(till, event);
    tell(till, event);
    return 0;
}

int till_sell(void *till, int64_t cents, int count)
{
    const struct till_event event = {.tag = TILL_SALE, .sale = {.cents = cents, .count = count}};
    return add(till, &event);
}

int till_note(void *till, const char *text)
{
    struct till_event event = {.tag = TILL_NOTE};
    snprintf(event.note.text, sizeof(event.note.text), "%s", text);
    return add(till, &event);
}

int till_events(const void *handle, struct till_event *events, size_t capacity)
{
    const struct till *till = handle;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    size_t count = till->event_count < capacity ? till->event_count : capacity;
    memcpy(events, till->events, count * sizeof(*events));
    return (int)till->event_count;
}

int till_name(const void *handle, char *buffer, size_t capacity)
{
    const struct till *till = handle;
    custody_lease lease;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    size_t length = strlen(till->name);
    custody_lease_begin(library, buffer, capacity, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL | CUSTODY_LEASE_REPORTS_NEED,
                        &lease);
    if (length < capacity) {
        memcpy(buffer, till->name, length + 1);
    }
    custody_lease_end(lease, length);
    return (int)length;
}

int till_replay(const void *handle, till_visit *visit, void *user)
{
    const struct till *till = handle;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    size_t count = till->event_count;
    struct till_event *copy = malloc(count * sizeof(*copy));
    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, till->events, count * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        visit(&copy[i], user);
    }
    free(copy);
    return 0;
}

/* ---- What is kept ---- */

int till_listen(void *handle, till_visit *listener, void *user, till_drop *drop)
{
    struct till *till = handle;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    forget_listener(till);
    if (listener != NULL) {
        if (custody_callback_register(library, "till_listen", user, drop, &till->listening) != CUSTODY_STATUS_OK) {
            return -1;
        }
        till->listener = listener;
    }
    return 0;
}

int till_print_to(void *handle, char *buffer, size_t capacity)
{
    struct till *till = handle;
    custody_side owner = 0;
    if (!custody_check(till_type, till)) {
        return -1;
    }
    free_printer(till);
    custody_owner(buffer, &owner);
    if (buffer != NULL && custody_lend(buffer, owner, library, CUSTODY_LOAN_EXCLUSIVE, &till->loan)) {
        till->page = buffer;
        till->page_size = capacity;
    }
    return 0;
}

unsigned long TILL_CALL till_checksum(const char *text)
{
    unsigned long sum = 5381;
    for (; *text != '\0'; text++) {
        sum = sum * 33 + (unsigned char)*text;
    }
    return sum;
}
