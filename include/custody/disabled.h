/* The public functions with CUSTODY_DISABLE: inline, in terms of malloc, realloc and free. Nothing is checked, told or looked
 * up, and no library is needed; what a program relies on is done:
 *
 *   - sides have their numbers and names, types theirs;
 *   - references to objects of counted types are counted, so that an object ends with the last of them, and the memory of
 *     adopted ones is left alone;
 *   - callbacks give their data, are dropped once, when the last call was left, and with their library;
 *   - a lease gives the buffer itself.
 *
 * Every other question has the answer of a program without faults: 1, CUSTODY_STATUS_OK, no leaks. Only who owns an address
 * is not known (CUSTODY_STATUS_UNKNOWN_ADDRESS), and code is of the unknown side.
 *
 * Blocks are those of malloc, and may be released by free(). All modules of a process that are compiled so share what they
 * register: a variable that the linker makes one of (custody_disabled). Included by custody.h; needs gcc or clang, in C
 * C11 or later. */
#ifndef CUSTODY_DISABLED_H
#define CUSTODY_DISABLED_H

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* C's casts serve both languages. */
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
extern "C" {
#endif

/* --- What is registered ---------------------------------------------------------------------------------------- *
 * Names here are not for use. */

struct custody_disabled_side {
    struct custody_disabled_side *next;
    custody_side number;
    enum custody_lang lang;
    int closed;
    char name[255];
};

/* Of an object that has more than one reference, or was adopted. */
struct custody_disabled_references {
    struct custody_disabled_references *next;
    const void *object;
    size_t more; /* than one */
    int adopted;
};

struct custody_disabled_callback {
    struct custody_disabled_callback *next;
    custody_callback number;
    custody_side keeper;
    size_t calls; /* entered and not left */
    int dropped;
    void *data;
    void (*drop)(void *data);
};

#define CUSTODY_DISABLED_ROWS 64

struct custody_disabled_state {
    char lock;
    custody_callback last_callback;
    struct custody_disabled_side *sides; /* the newest first */
    struct custody_disabled_references *references[CUSTODY_DISABLED_ROWS];
    struct custody_disabled_callback *callbacks;
};

__attribute__((weak, visibility("default"))) struct custody_disabled_state custody_disabled;

static inline void custody_disabled_acquire(void)
{
    while (__atomic_test_and_set(&custody_disabled.lock, __ATOMIC_ACQUIRE)) {
    }
}

static inline void custody_disabled_release(void)
{
    __atomic_clear(&custody_disabled.lock, __ATOMIC_RELEASE);
}

/* --- block.h --------------------------------------------------------------------------------------------------- */

CUSTODY_API const char *custody_version(void)
{
    return "disabled";
}

CUSTODY_API const char *custody_status_name(custody_status status)
{
    switch (status) {
#define CUSTODY_STATUS(ID, name, text) \
    case CUSTODY_STATUS_##ID: \
        return name;
#include "custody/statuses.def"
    }
    return "unknown";
}

CUSTODY_API const char *custody_status_text(custody_status status)
{
    switch (status) {
#define CUSTODY_STATUS(ID, name, text) \
    case CUSTODY_STATUS_##ID: \
        return text;
#include "custody/statuses.def"
    }
    return "";
}

/* Under the lock. */
static inline struct custody_disabled_side *custody_disabled_find_side(const char *name, enum custody_lang lang)
{
    struct custody_disabled_side *side = custody_disabled.sides;
    while (side && (side->lang != lang || strncmp(side->name, name, sizeof side->name - 1) != 0))
        side = side->next;
    return side;
}

/* The same. Sides are never taken away. */
static inline struct custody_disabled_side *custody_disabled_side_numbered(custody_side number)
{
    struct custody_disabled_side *side = custody_disabled.sides;
    while (side && side->number != number)
        side = side->next;
    return side;
}

CUSTODY_API custody_status custody_side_register(const char *name, enum custody_lang lang, custody_side *out_side)
{
    struct custody_disabled_side *fresh, *side;
    if (!name || !name[0] || !out_side || (unsigned)lang >= (unsigned)CUSTODY_LANG_COUNT)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    fresh = (struct custody_disabled_side *)calloc(1, sizeof *fresh);
    custody_disabled_acquire();
    side = custody_disabled_find_side(name, lang);
    if (!side && fresh && (!custody_disabled.sides || custody_disabled.sides->number < 1023)) {
        side = fresh;
        fresh = NULL;
        strncat(side->name, name, sizeof side->name - 1);
        side->lang = lang;
        side->number = (custody_side)(custody_disabled.sides ? custody_disabled.sides->number + 1 : 1);
        side->next = custody_disabled.sides;
        custody_disabled.sides = side;
    }
    if (side)
        side->closed = 0;
    *out_side = side ? side->number : 0;
    custody_disabled_release();
    free(fresh);
    return side ? CUSTODY_STATUS_OK : CUSTODY_STATUS_EXHAUSTED;
}

CUSTODY_API custody_status custody_side_of_caller(custody_side *out_side)
{
    if (!out_side)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_side = 0;
    return CUSTODY_STATUS_OK;
}

CUSTODY_API custody_status custody_side_of_code(const void *function, custody_side *out_side)
{
    if (!function || !out_side)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_side = 0;
    return CUSTODY_STATUS_OK;
}

CUSTODY_API const char *custody_side_name(custody_side side)
{
    const struct custody_disabled_side *found;
    custody_disabled_acquire();
    found = custody_disabled_side_numbered(side);
    custody_disabled_release();
    return found ? found->name : "unknown";
}

CUSTODY_API void *custody_alloc(custody_side side, size_t size, size_t align)
{
    (void)side;
    if ((align & (align - 1)) != 0 || align > SIZE_MAX / 4) {
        errno = EINVAL;
        return NULL;
    }
    size = size ? size : 1;
    if (align <= 16)
        return malloc(size);
    if (size > SIZE_MAX / 4) {
        errno = ENOMEM;
        return NULL;
    }
    return aligned_alloc(align, (size + align - 1) & ~(align - 1));
}

/* What the block's address is aligned to may have been asked for: it stays so. */
CUSTODY_API void *custody_resize(custody_side side, void *block, size_t size)
{
    uintptr_t address = (uintptr_t)block;
    size_t align = address & (~address + 1), usable = malloc_usable_size(block);
    void *moved;
    if (block && size <= usable)
        return block;
    if (!block || align <= 16)
        return realloc(block, size ? size : 1);
    moved = custody_alloc(side, size, align <= 4096 ? align : 4096);
    if (moved) {
        memcpy(moved, block, usable);
        free(block);
    }
    return moved;
}

CUSTODY_API void custody_release(custody_side side, void *block)
{
    (void)side;
    free(block);
}

CUSTODY_API custody_status custody_describe(const void *address, struct custody_description *out_description)
{
    if (!address || !out_description)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    memset(out_description, 0, sizeof *out_description);
    out_description->place = "foreign";
    out_description->side = "unknown";
    return CUSTODY_STATUS_OK;
}

CUSTODY_API custody_status custody_owner(const void *address, custody_side *out_side)
{
    return address && out_side ? CUSTODY_STATUS_UNKNOWN_ADDRESS : CUSTODY_STATUS_INVALID_ARGUMENT;
}

CUSTODY_API void custody_print(const void *address)
{
    (void)address;
}

CUSTODY_API custody_status custody_find_leaks(struct custody_leaks *out_leaks)
{
    if (out_leaks)
        memset(out_leaks, 0, sizeof *out_leaks);
    return CUSTODY_STATUS_OK;
}

/* --- object.h -------------------------------------------------------------------------------------------------- *
 * A type's number is 1, or 2 when its objects are counted. */

CUSTODY_API custody_status custody_type_register(custody_side side, const char *name, const char *destroy,
                                                 unsigned flags, custody_type *out_type)
{
    (void)side;
    (void)destroy;
    if (!name || !name[0] || !out_type)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_type = (flags & (unsigned)CUSTODY_TYPE_COUNTED) ? 2 : 1;
    return CUSTODY_STATUS_OK;
}

CUSTODY_API void *custody_create(custody_type type, size_t size)
{
    if (!type) {
        errno = EINVAL;
        return NULL;
    }
    return calloc(1, size ? size : 1);
}

CUSTODY_API int custody_check(custody_type type, const void *object)
{
    return type && object;
}

/* Under the lock. */
static inline struct custody_disabled_references **custody_disabled_find_references(const void *object)
{
    struct custody_disabled_references **at =
        &custody_disabled.references[((uintptr_t)object >> 4) % CUSTODY_DISABLED_ROWS];
    while (*at && (*at)->object != object)
        at = &(*at)->next;
    return at;
}

/* The record of the object, made if need be; NULL when memory is out. Takes the lock, which the caller releases. */
static inline struct custody_disabled_references *custody_disabled_references_of(const void *object)
{
    struct custody_disabled_references *fresh, *spare, **at;
    fresh = (struct custody_disabled_references *)calloc(1, sizeof *fresh);
    custody_disabled_acquire();
    at = custody_disabled_find_references(object);
    spare = *at ? fresh : NULL;
    if (!*at && fresh) {
        fresh->object = object;
        *at = fresh;
    }
    if (spare)
        free(spare);
    return *at;
}

CUSTODY_API custody_status custody_adopt(custody_type type, void *object)
{
    struct custody_disabled_references *record;
    custody_status status = CUSTODY_STATUS_EXHAUSTED;
    if (!type || !object)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    record = custody_disabled_references_of(object);
    if (record) {
        status = record->adopted ? CUSTODY_STATUS_INVALID_ARGUMENT : CUSTODY_STATUS_OK;
        record->adopted = 1;
    }
    custody_disabled_release();
    return status;
}

CUSTODY_API int custody_retain(custody_type type, void *object)
{
    struct custody_disabled_references *record;
    if (type != 2 || !object)
        return 0;
    record = custody_disabled_references_of(object);
    if (record)
        record->more++;
    custody_disabled_release();
    return record != NULL;
}

/* One reference less; *out_adopted says of the last one whether the object had been adopted. */
static inline enum custody_ending custody_disabled_end(void *object, int *out_adopted)
{
    struct custody_disabled_references *last = NULL, **at;
    int kept;
    *out_adopted = 0;
    if (!object)
        return CUSTODY_KEPT;
    custody_disabled_acquire();
    at = custody_disabled_find_references(object);
    kept = *at && (*at)->more > 0;
    if (kept)
        (*at)->more--;
    if (*at && !(kept && ((*at)->more > 0 || (*at)->adopted))) {
        last = *at;
        *at = last->next;
        *out_adopted = last->adopted;
    }
    custody_disabled_release();
    free(last);
    return kept ? CUSTODY_KEPT : CUSTODY_ENDED;
}

CUSTODY_API enum custody_ending custody_end(custody_type type, void *object)
{
    int adopted;
    (void)type;
    return custody_disabled_end(object, &adopted);
}

CUSTODY_API enum custody_ending custody_destroy(custody_type type, void *object)
{
    int adopted;
    enum custody_ending ending = custody_disabled_end(object, &adopted);
    (void)type;
    if (ending == CUSTODY_ENDED && !adopted)
        free(object);
    return ending;
}

/* --- buffer.h -------------------------------------------------------------------------------------------------- *
 * A lease's number is the buffer's address. */

CUSTODY_API custody_status custody_lease_begin(custody_side to, void *buffer, size_t capacity, unsigned flags,
                                               custody_lease *out_lease)
{
    (void)to;
    (void)flags;
    if (!out_lease)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_lease = (uintptr_t)buffer;
    return buffer || capacity == 0 ? CUSTODY_STATUS_OK : CUSTODY_STATUS_INVALID_ARGUMENT;
}

CUSTODY_API void *custody_lease_memory(custody_lease lease)
{
    return (void *)lease;
}

CUSTODY_API int custody_lease_end(custody_lease lease, size_t length)
{
    (void)lease;
    (void)length;
    return 1;
}

CUSTODY_API size_t custody_lease_check(void)
{
    return 0;
}

/* --- ledger.h -------------------------------------------------------------------------------------------------- */

CUSTODY_API int custody_transfer(void *block, custody_side from, custody_side to, enum custody_contract release)
{
    (void)block;
    (void)from;
    (void)to;
    (void)release;
    return 1;
}

CUSTODY_API int custody_lend(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind,
                             custody_loan *out_loan)
{
    (void)block;
    (void)from;
    (void)to;
    (void)kind;
    *out_loan = 1;
    return 1;
}

CUSTODY_API int custody_return(custody_loan loan)
{
    (void)loan;
    return 1;
}

CUSTODY_API int custody_releasing(custody_side side, const void *block)
{
    (void)side;
    (void)block;
    return 1;
}

/* --- callback.h ------------------------------------------------------------------------------------------------ */

CUSTODY_API custody_status custody_callback_register(custody_side keeper, const char *name, void *data,
                                                     void (*drop)(void *data), custody_callback *out_callback)
{
    struct custody_disabled_callback *fresh;
    const struct custody_disabled_side *side;
    int closed;
    if (!name || !out_callback)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_callback = 0;
    fresh = (struct custody_disabled_callback *)calloc(1, sizeof *fresh);
    if (!fresh)
        return CUSTODY_STATUS_EXHAUSTED;
    fresh->keeper = keeper;
    fresh->data = data;
    fresh->drop = drop;
    custody_disabled_acquire();
    side = custody_disabled_side_numbered(keeper);
    closed = side && side->closed;
    if (!closed) {
        fresh->number = ++custody_disabled.last_callback;
        fresh->next = custody_disabled.callbacks;
        custody_disabled.callbacks = fresh;
        *out_callback = fresh->number;
    }
    custody_disabled_release();
    if (closed)
        free(fresh);
    return closed ? CUSTODY_STATUS_INVALID_ARGUMENT : CUSTODY_STATUS_OK;
}

/* Under the lock. */
static inline struct custody_disabled_callback **custody_disabled_find_callback(custody_callback number)
{
    struct custody_disabled_callback **at = &custody_disabled.callbacks;
    while (*at && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

/* Under the lock: takes the callback out when it was dropped and nobody is in it. NULL while it stays. */
static inline struct custody_disabled_callback *custody_disabled_take(struct custody_disabled_callback **at)
{
    struct custody_disabled_callback *callback = *at;
    if (!callback || !callback->dropped || callback->calls > 0)
        return NULL;
    *at = callback->next;
    return callback;
}

/* Outside the lock: what was taken out is dropped; NULL does nothing. */
static inline void custody_disabled_drop(struct custody_disabled_callback *callback)
{
    if (callback && callback->drop)
        callback->drop(callback->data);
    free(callback);
}

CUSTODY_API int custody_callback_enter(custody_callback callback, void **out_data)
{
    struct custody_disabled_callback *found;
    int entered;
    custody_disabled_acquire();
    found = *custody_disabled_find_callback(callback);
    entered = found && !found->dropped;
    if (entered) {
        found->calls++;
        if (out_data)
            *out_data = found->data;
    }
    custody_disabled_release();
    return entered;
}

CUSTODY_API int custody_callback_leave(custody_callback callback)
{
    struct custody_disabled_callback **at, *dropped;
    int left;
    custody_disabled_acquire();
    at = custody_disabled_find_callback(callback);
    left = *at && (*at)->calls > 0;
    if (left)
        (*at)->calls--;
    dropped = custody_disabled_take(at);
    custody_disabled_release();
    custody_disabled_drop(dropped);
    return left;
}

CUSTODY_API int custody_callback_drop(custody_callback callback)
{
    struct custody_disabled_callback **at, *dropped;
    int first;
    if (!callback)
        return 1;
    custody_disabled_acquire();
    at = custody_disabled_find_callback(callback);
    first = *at && !(*at)->dropped;
    if (first)
        (*at)->dropped = 1;
    dropped = custody_disabled_take(at);
    custody_disabled_release();
    custody_disabled_drop(dropped);
    return first;
}

CUSTODY_API size_t custody_close(custody_side side)
{
    struct custody_disabled_callback *callback;
    struct custody_disabled_side *found;
    size_t count = 0;
    custody_callback number;
    custody_disabled_acquire();
    found = custody_disabled_side_numbered(side);
    if (found)
        found->closed = 1;
    custody_disabled_release();
    do {
        custody_disabled_acquire();
        callback = custody_disabled.callbacks;
        while (callback && (callback->keeper != side || callback->dropped))
            callback = callback->next;
        number = callback ? callback->number : 0;
        custody_disabled_release();
        if (number && custody_callback_drop(number))
            count++;
    } while (number);
    return count;
}

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#endif
