/* Symbols of modules, from their files: the slow half of module.h, used when a finding is made. A file is mapped when the
 * first symbol of its module is asked for and stays mapped, since names point into it. To find a symbol takes a look at all
 * of a module's, and stacks have their outer frames in common: so answers are remembered. No locks. */
#include "base/pool.h"
#include "site/module_file.h"
#include "site/module_record.h"

/* The file of another module that was loaded from the same one, if that was opened: a plugin that comes back to other
 * addresses again and again takes no more. */
static struct cst_elf *file_of_another(const struct cst_module_record *record)
{
    for (uint32_t id = record->module.build_id_size != 0 ? cst_module_count() : 0; id-- > 0;) {
        const struct cst_module_record *other = (const struct cst_module_record *)cst_module_get(id);
        struct cst_elf *file = atomic_load_explicit(&other->file, memory_order_acquire);
        if (file != NULL && file->file.size != 0 && cst_module_record_same_file(&record->module, &other->module)) {
            return file;
        }
    }
    return NULL;
}

/* Opens the record's file; of threads that race for it the first is right and the others close theirs. */
static CST_COLD const struct cst_elf *open_file(struct cst_module_record *record)
{
    struct cst_elf *shared = file_of_another(record);
    if (shared != NULL) {
        atomic_store_explicit(&record->file, shared, memory_order_release);
        return shared;
    }
    struct cst_elf *file = cst_pool_alloc(sizeof *file);
    if (file == NULL) {
        return NULL;
    }
    (void)!cst_module_open_file(&record->module, file);
    struct cst_elf *first = NULL;
    if (!atomic_compare_exchange_strong(&record->file, &first, file)) {
        cst_elf_close(file);
        return first;
    }
    return file;
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
    const struct cst_elf *file = atomic_load_explicit(&record->file, memory_order_acquire);
    if (file == NULL) {
        file = open_file(record);
    }
    struct cst_elf_symbol symbol;
    if (file != NULL && cst_elf_symbol_at(file, address - module->base, &symbol)) {
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
