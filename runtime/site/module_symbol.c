/* Symbols of modules, from their files: the slow half of module.h, used when a finding is made. A file is mapped when the
 * first symbol of its module is asked for and stays mapped, since names point into it. To find a symbol takes a look at all
 * of a module's, and stacks have their outer frames in common: so answers are remembered, and a module that is asked for many
 * gets an index. No locks. */
#include "base/elf_functions.h"
#include "base/pool.h"
#include "site/module_file.h"
#include "site/module_record.h"

/* Symbols that are looked for one by one before an index is made: which takes about as long as they do. */
#define WALKS_MAX 16U

/* The symbols of a file, in the pool, good for ever. */
struct cst_module_symbols {
    struct cst_elf file;     /* empty when it cannot be had */
    _Atomic uint32_t walks;  /* how often all of them were looked at */
    _Atomic bool is_indexed; /* and from then on `index` can be read */
    struct cst_elf_functions index;
};

/* Those of another module that was loaded from the same file, if that was opened: a plugin that comes back to other
 * addresses again and again takes no more. */
static struct cst_module_symbols *symbols_of_another(const struct cst_module_record *record)
{
    for (uint32_t id = record->module.build_id_size != 0 ? cst_module_count() : 0; id-- > 0;) {
        const struct cst_module_record *other = (const struct cst_module_record *)cst_module_get(id);
        struct cst_module_symbols *symbols = atomic_load_explicit(&other->symbols, memory_order_acquire);
        if (symbols != NULL && symbols->file.file.size != 0 &&
            cst_module_record_same_file(&record->module, &other->module)) {
            return symbols;
        }
    }
    return NULL;
}

/* Opens the record's file; of threads that race for it the first is right and the others close theirs. */
static CST_COLD struct cst_module_symbols *open_symbols(struct cst_module_record *record)
{
    struct cst_module_symbols *shared = symbols_of_another(record);
    if (shared != NULL) {
        atomic_store_explicit(&record->symbols, shared, memory_order_release);
        return shared;
    }
    struct cst_module_symbols *symbols = cst_pool_alloc(sizeof *symbols);
    if (symbols == NULL) {
        return NULL;
    }
    (void)!cst_module_open_file(&record->module, &symbols->file);
    struct cst_module_symbols *first = NULL;
    if (!atomic_compare_exchange_strong(&record->symbols, &first, symbols)) {
        cst_elf_close(&symbols->file);
        return first;
    }
    return symbols;
}

/* The thread that comes at the limit makes the index; others, and all when it cannot be had, go on as before. */
static bool find(struct cst_module_symbols *symbols, uint64_t address, struct cst_elf_symbol *out_symbol)
{
    if (!atomic_load_explicit(&symbols->is_indexed, memory_order_acquire)) {
        bool at_limit = atomic_fetch_add_explicit(&symbols->walks, 1, memory_order_relaxed) == WALKS_MAX;
        if (!at_limit || !cst_elf_functions_make(&symbols->file, &symbols->index)) {
            return cst_elf_symbol_at(&symbols->file, address, out_symbol);
        }
        atomic_store_explicit(&symbols->is_indexed, true, memory_order_release);
    }
    return cst_elf_functions_at(&symbols->index, address, out_symbol);
}

/* An answer, in the pool, good for ever. */
struct answer {
    const struct cst_module *module;
    uintptr_t address;
    const char *name; /* NULL when there is none */
    uintptr_t start;
};

/* By module and address. A place that is taken is not given to another. */
#define ANSWER_COUNT ((size_t)4096)
static _Atomic(struct answer *) answers[ANSWER_COUNT];

static _Atomic(struct answer *) *place_of(const struct cst_module *module, uintptr_t address)
{
    uint64_t hash = ((uint64_t)address + module->id) * UINT64_C(0x9e3779b97f4a7c15);
    return &answers[(hash >> 32) % ANSWER_COUNT];
}

static void remember(_Atomic(struct answer *) *place, const struct answer *answer)
{
    struct answer *copy = cst_pool_alloc(sizeof *copy), *nobody = NULL;
    if (copy != NULL) {
        *copy = *answer;
        atomic_compare_exchange_strong(place, &nobody, copy);
    }
}

static struct answer look_up(const struct cst_module *module, uintptr_t address)
{
    struct cst_module_record *record = (struct cst_module_record *)(uintptr_t)module;
    struct answer answer = {.module = module, .address = address};
    struct cst_module_symbols *symbols = atomic_load_explicit(&record->symbols, memory_order_acquire);
    if (symbols == NULL) {
        symbols = open_symbols(record);
    }
    struct cst_elf_symbol symbol;
    if (symbols != NULL && find(symbols, address - module->base, &symbol)) {
        answer.name = symbol.name;
        answer.start = module->base + symbol.value;
    }
    return answer;
}

bool cst_module_symbol(const struct cst_module *module, uintptr_t address, const char **out_name, uintptr_t *out_start)
{
    _Atomic(struct answer *) *place = place_of(module, address);
    const struct answer *known = atomic_load_explicit(place, memory_order_acquire);
    struct answer answer;
    if (known != NULL && known->module == module && known->address == address) {
        answer = *known;
    } else {
        answer = look_up(module, address);
        if (known == NULL) {
            remember(place, &answer);
        }
    }
    if (answer.name != NULL) {
        *out_name = answer.name;
        *out_start = answer.start;
    }
    return answer.name != NULL;
}
