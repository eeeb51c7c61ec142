/* Symbols of modules, from their files: the slow half of module.h, used when a finding is made. A file is mapped when the
 * first symbol of its module is asked for and stays mapped, since names point into it. No locks. */
#include "base/pool.h"
#include "site/module_file.h"
#include "site/module_record.h"

/* Opens the record's file; of threads that race for it the first is right and the others close theirs. */
static CST_COLD const struct cst_elf *open_file(struct cst_module_record *record)
{
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

bool cst_module_symbol(const struct cst_module *module, uintptr_t address, const char **out_name, uintptr_t *out_start)
{
    struct cst_module_record *record = (struct cst_module_record *)(uintptr_t)module;
    const struct cst_elf *file = atomic_load_explicit(&record->file, memory_order_acquire);
    if (file == NULL) {
        file = open_file(record);
    }
    struct cst_elf_symbol symbol;
    if (file == NULL || !cst_elf_symbol_at(file, address - module->base, &symbol)) {
        return false;
    }
    *out_name = symbol.name;
    *out_start = module->base + symbol.value;
    return true;
}
