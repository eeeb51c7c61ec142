/* Types of objects: see type.h. Equal names are one string (base/names.h), so that side and name are compared as numbers. */
#include "core/type.h"

#include "base/lock.h"
#include "base/names.h"
#include "base/table.h"

#include <stdatomic.h>

struct known_type {
    uint64_t key;
    struct cst_type type;
    UT_hash_handle hh;
};

static struct {
    struct cst_lock lock;
    struct known_type *all;
    const struct cst_type *_Atomic by_number[CST_TYPES_MAX];
} types = {.lock = CST_LOCK_INIT};

/* An address of the program has 47 bits. */
static uint64_t key_of(uint16_t side, const char *name)
{
    return (uint64_t)side << 48 | (uintptr_t)name;
}

static const struct cst_type *add(uint16_t side, const char *name, const char *destroy, unsigned flags)
{
    uint32_t number = HASH_COUNT(types.all) + 1;
    struct known_type *fresh = number < CST_TYPES_MAX ? cst_pool_alloc(sizeof *fresh) : NULL;
    if (!fresh)
        return NULL;
    fresh->key = key_of(side, name);
    fresh->type = (struct cst_type){.number = number, .side = side, .flags = flags, .name = name, .destroy = destroy};
    HASH_ADD(hh, types.all, key, sizeof fresh->key, fresh);
    if (!fresh->hh.tbl)
        return NULL;
    atomic_store_explicit(&types.by_number[number], &fresh->type, memory_order_release);
    return &fresh->type;
}

static const struct cst_type *find_or_add(uint16_t side, const char *name, const char *destroy, unsigned flags)
{
    struct known_type *found;
    uint64_t key = key_of(side, name);
    cst_lock_acquire(&types.lock);
    HASH_FIND(hh, types.all, &key, sizeof key, found);
    const struct cst_type *type = found ? &found->type : add(side, name, destroy, flags);
    cst_lock_release(&types.lock);
    return type;
}

custody_status cst_type_register(uint16_t side, const char *name, const char *destroy, unsigned flags,
                                 uint32_t *out_number)
{
    const char *kept = cst_names_keep(name), *ends = destroy ? cst_names_keep(destroy) : NULL;
    const struct cst_type *type = kept && (ends || !destroy) ? find_or_add(side, kept, ends, flags) : NULL;
    *out_number = type && type->flags == flags ? type->number : 0;
    if (!type)
        return CUSTODY_STATUS_EXHAUSTED;
    return *out_number ? CUSTODY_STATUS_OK : CUSTODY_STATUS_INVALID_ARGUMENT;
}

const struct cst_type *cst_type_get(uint32_t number)
{
    return number < CST_TYPES_MAX ? atomic_load_explicit(&types.by_number[number], memory_order_acquire) : NULL;
}

void cst_type_after_fork(void)
{
    cst_lock_reset(&types.lock);
}
