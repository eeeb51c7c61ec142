/* Sides: see side.h. Two registries, both uthash over pool memory: by (name, language) for names, and a small table in
 * each module's row for the pair of module and language, which is the common question. */
#include "core/side.h"

#include "base/lock.h"
#include "base/table.h"
#include "core/heap.h"
#include "core/policy.h"

#include <stdatomic.h>
#include <string.h>

struct named_side {
    char *key; /* language digit, then the name */
    uint16_t number;
    UT_hash_handle hh;
};

bool cst_side_any_isolated;

static const struct cst_side unknown_side = {.name = "unknown", .lang = CUSTODY_LANG_NONE};

static struct {
    struct cst_lock lock;
    struct named_side *by_name;
    const struct cst_side *_Atomic by_number[CST_SIDE_MAX];
    _Atomic uint16_t count;
    _Atomic uint16_t by_module[CST_MODULE_MAX][CUSTODY_LANG_COUNT];
    const char *isolated;
} sides = {.lock = CST_LOCK_INIT, .count = 1};

static bool is_isolated(const char *name)
{
    size_t length = strlen(name);
    for (const char *at = sides.isolated; at && *at;) {
        size_t word = strcspn(at, ",");
        if (word == length && memcmp(at, name, length) == 0)
            return true;
        at += word + (at[word] == ',');
    }
    return false;
}

static uint16_t publish(struct cst_side *side)
{
    uint16_t number = atomic_load(&sides.count);
    atomic_store_explicit(&sides.by_number[number], side, memory_order_release);
    atomic_store_explicit(&sides.count, (uint16_t)(number + 1), memory_order_release);
    return number;
}

static uint16_t add(const char *key, size_t key_size, enum custody_lang lang, const struct cst_module *module)
{
    if (atomic_load(&sides.count) >= CST_SIDE_MAX)
        return CST_SIDE_UNKNOWN;
    struct named_side *entry = cst_pool_alloc(sizeof *entry);
    struct cst_side *side = cst_pool_alloc(sizeof *side);
    const char *copy = cst_pool_copy(key, key_size);
    if (!entry || !side || !copy)
        return CST_SIDE_UNKNOWN;
    *side = (struct cst_side){.name = copy + 1, .lang = lang, .module = module};
    if (is_isolated(side->name) || cst_policy_isolates(side->name)) {
        side->arena = cst_heap_isolate();
        cst_side_any_isolated = true;
    }
    entry->key = (char *)(uintptr_t)copy;
    entry->number = publish(side);
    HASH_ADD_KEYPTR(hh, sides.by_name, entry->key, key_size, entry);
    return entry->number;
}

static uint16_t find_or_add(const char *name, enum custody_lang lang, const struct cst_module *module)
{
    char key[256];
    size_t length = strnlen(name, sizeof key - 2);
    key[0] = (char)('0' + lang);
    memcpy(key + 1, name, length);
    key[length + 1] = '\0';
    struct named_side *entry = NULL;
    cst_lock_acquire(&sides.lock);
    HASH_FIND(hh, sides.by_name, key, length + 1, entry);
    uint16_t number = entry ? entry->number : add(key, length + 1, lang, module);
    cst_lock_release(&sides.lock);
    return number;
}

/* What Rust's module does through malloc, by code of which nothing is known, is more likely C's. */
static enum custody_lang lang_of(const struct cst_module *module, enum custody_contract contract,
                                 enum custody_lang code_lang)
{
    enum custody_lang lang = custody_contract_lang(contract);
    if (lang != CUSTODY_LANG_NONE)
        return lang;
    if (code_lang != CUSTODY_LANG_NONE)
        return code_lang;
    if (contract == CUSTODY_CONTRACT_MALLOC_OR_RUST)
        return module->lang;
    return module->lang == CUSTODY_LANG_RUST ? CUSTODY_LANG_C : module->lang;
}

uint16_t cst_side_find_module(const struct cst_module *module, enum custody_contract contract)
{
    return atomic_load_explicit(&sides.by_module[module->id][lang_of(module, contract, CUSTODY_LANG_NONE)],
                                memory_order_acquire);
}

static uint16_t side_in(const struct cst_module *module, enum custody_lang lang)
{
    _Atomic uint16_t *cached = &sides.by_module[module->id][lang];
    uint16_t number = atomic_load_explicit(cached, memory_order_acquire);
    if (number == CST_SIDE_UNKNOWN) {
        const char *name = cst_policy_name(module->path, lang);
        number = find_or_add(name ? name : module->name, lang, module);
        atomic_store_explicit(cached, number, memory_order_release);
    }
    return number;
}

uint16_t cst_side_of_code(const struct cst_module *module, enum custody_contract contract, enum custody_lang lang)
{
    return side_in(module, lang_of(module, contract, lang));
}

uint16_t cst_side_in_doubt(const struct cst_module *module)
{
    return side_in(module, CUSTODY_LANG_NONE);
}

uint16_t cst_side_of_module(const struct cst_module *module, enum custody_contract contract)
{
    return cst_side_of_code(module, contract, CUSTODY_LANG_NONE);
}

uint16_t cst_side_register(const char *name, enum custody_lang lang)
{
    return find_or_add(name, lang, NULL);
}

const struct cst_side *cst_side_get(uint16_t number)
{
    const struct cst_side *side =
        number < CST_SIDE_MAX ? atomic_load_explicit(&sides.by_number[number], memory_order_acquire) : NULL;
    return side ? side : &unknown_side;
}

const struct cst_module *cst_side_module(uint16_t number, const struct cst_module *near)
{
    const struct cst_side *side = cst_side_get(number);
    bool is_its = near && near != side->module && atomic_load(&sides.by_module[near->id][side->lang]) == number &&
                  number != CST_SIDE_UNKNOWN;
    return is_its ? near : side->module;
}

uint16_t cst_side_count(void)
{
    return atomic_load_explicit(&sides.count, memory_order_acquire);
}

void cst_side_isolate(const char *names)
{
    sides.isolated = names;
}

void cst_side_after_fork(void)
{
    cst_lock_reset(&sides.lock);
}
