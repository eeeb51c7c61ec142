/* Names that are kept: see names.h. */
#include "base/names.h"

#include "base/lock.h"
#include "base/table.h"

#include <string.h>

struct kept_name {
    const char *text;
    UT_hash_handle hh;
};

static struct {
    struct cst_lock lock;
    struct kept_name *all;
} names = {.lock = CST_LOCK_INIT};

static const char *find(const char *name, size_t length)
{
    struct kept_name *found;
    HASH_FIND(hh, names.all, name, length, found);
    return found ? found->text : NULL;
}

static const char *add(const char *name, size_t length)
{
    struct kept_name *fresh = HASH_COUNT(names.all) < CST_NAMES_MAX ? cst_pool_alloc(sizeof *fresh) : NULL;
    if (fresh)
        fresh->text = cst_pool_copy(name, length);
    if (!fresh || !fresh->text)
        return NULL;
    HASH_ADD_KEYPTR(hh, names.all, fresh->text, length, fresh);
    return fresh->hh.tbl ? fresh->text : NULL;
}

const char *cst_names_keep(const char *name)
{
    size_t length = strnlen(name, CST_NAME_MAX);
    cst_lock_acquire(&names.lock);
    const char *kept = find(name, length);
    if (!kept)
        kept = add(name, length);
    cst_lock_release(&names.lock);
    return kept;
}

void cst_names_after_fork(void)
{
    cst_lock_reset(&names.lock);
}
