/* Code maps: see code_map.h. A map is published once; of threads that
 * race to make one, the first is right and the others give theirs up. */
#include "site/code_map.h"

#include "base/pool.h"
#include "base/sort.h"
#include "custody/facts.h"
#include "plat/own.h"
#include "plat/sys.h"
#include "site/facts.h"
#include "site/mangling.h"
#include "site/module_file.h"
#include "site/module_record.h"

#include <string.h>

/* Code between two functions, up to this many bytes, is what fills the gap and belongs to either. */
#define GAP_MAX 64

/* A function, by its symbol; addresses are those of the file. */
struct function {
    uint64_t start, end;
    enum custody_lang lang;
};

struct functions {
    struct function *list; /* [CST_CODE_MAP_FUNCTIONS_MAX] */
    size_t count;
    bool too_many;
    bool has_c; /* there are source files in C */
};

static bool starts_before(const void *a, const void *b)
{
    const struct function *one = a, *other = b;
    return one->start < other->start;
}

static bool is_function(const struct cst_elf_symbol *symbol)
{
    return symbol->defined && symbol->size != 0 && symbol->value + symbol->size > symbol->value &&
           symbol->value < (uint64_t)1 << 47 && (symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC);
}

/* The names of source files that come with the start of every program and library. */
static bool is_of_startup(const char *file)
{
    return strcmp(file, "crtstuff.c") == 0 || strcmp(file, "init.c") == 0 || strcmp(file, "elf-init.c") == 0;
}

static bool is_c_source(const struct cst_elf_symbol *symbol)
{
    size_t length = strlen(symbol->name);
    return symbol->type == STT_FILE && length > 2 && strcmp(symbol->name + length - 2, ".c") == 0 &&
           !is_of_startup(symbol->name);
}

/* A plain name is C's, or one that C++ or Rust export; the entry of a program has one in every language. */
static enum custody_lang lang_of(const struct cst_elf_symbol *symbol)
{
    return strcmp(symbol->name, "main") == 0 ? CUSTODY_LANG_NONE : cst_mangling_lang(symbol->name);
}

/* Where there are no sources in C, plain names are not C's; whose they are is for the module to say. */
static void doubt_plain_names(struct functions *functions)
{
    for (size_t i = 0; i < functions->count; i++) {
        struct function *function = &functions->list[i];
        if (function->lang == CUSTODY_LANG_C && !functions->has_c) {
            function->lang = CUSTODY_LANG_NONE;
        }
    }
}

static void gather(const struct cst_elf *elf, struct functions *functions)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        functions->has_c |= is_c_source(&symbol);
        if (!is_function(&symbol)) {
            continue;
        }
        if (functions->count == CST_CODE_MAP_FUNCTIONS_MAX) {
            functions->too_many = true;
            return;
        }
        functions->list[functions->count++] = (struct function){
            .start = symbol.value,
            .end = symbol.value + symbol.size,
            .lang = lang_of(&symbol),
        };
    }
    doubt_plain_names(functions);
}

/* Adds the row that differs from the one before it. Room for two rows a function and one more. */
static void add_row(custody_facts_row *rows, size_t *count, uint64_t address, enum custody_lang lang)
{
    if (*count != 0 && custody_facts_row_address(rows[*count - 1]) == address) {
        --*count;
    }
    if (*count == 0 || custody_facts_row_lang(rows[*count - 1]) != (unsigned)lang) {
        rows[(*count)++] = custody_facts_row_make(address, 0, (unsigned)lang);
    }
}

static size_t make_rows(const struct functions *functions, custody_facts_row *out_rows)
{
    size_t count = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < functions->count; i++) {
        const struct function *function = &functions->list[i];
        if (function->start > end + GAP_MAX) {
            add_row(out_rows, &count, end, CUSTODY_LANG_NONE);
        }
        add_row(out_rows, &count, function->start, function->lang);
        end = function->end > end ? function->end : end;
    }
    add_row(out_rows, &count, end, CUSTODY_LANG_NONE);
    return count;
}

/* The rows in pool memory, where they stay. */
static void keep_rows(const custody_facts_row *rows, size_t count, struct cst_facts *map)
{
    custody_facts_row *kept = cst_pool_alloc(count * sizeof *rows);
    if (kept != NULL) {
        memcpy(kept, rows, count * sizeof *rows);
        *map = (struct cst_facts){.rows = kept, .count = count};
    }
}

static void read_functions(const struct cst_elf *elf, struct cst_facts *map)
{
    size_t list_size = CST_CODE_MAP_FUNCTIONS_MAX * sizeof(struct function);
    size_t rows_size = (2 * CST_CODE_MAP_FUNCTIONS_MAX + 2) * sizeof(custody_facts_row);
    struct functions functions = {.list = cst_own_map(list_size)};
    custody_facts_row *rows = cst_own_map(rows_size);
    if (functions.list != NULL && rows != NULL) {
        gather(elf, &functions);
        cst_sort(functions.list, functions.count, sizeof *functions.list, starts_before);
        if (!functions.too_many) {
            keep_rows(rows, make_rows(&functions, rows), map);
        }
    }
    if (functions.list != NULL) {
        cst_own_unmap(functions.list, list_size);
    }
    if (rows != NULL) {
        cst_own_unmap(rows, rows_size);
    }
}

static CST_COLD const struct cst_facts *make_map(struct cst_module_record *record)
{
    struct cst_elf elf = {0};
    struct cst_facts *map = cst_pool_alloc(sizeof *map), *first = NULL;
    if (map == NULL) {
        return NULL;
    }
    if (!cst_facts_open(&record->module, map) && cst_module_open_file(&record->module, &elf)) {
        read_functions(&elf, map);
        cst_elf_close(&elf);
    }
    return atomic_compare_exchange_strong(&record->code, &first, map) ? map : first;
}

struct cst_code cst_code_at(const struct cst_module *module, uintptr_t address)
{
    struct cst_module_record *record = (struct cst_module_record *)(uintptr_t)module;
    const struct cst_facts *map = atomic_load_explicit(&record->code, memory_order_acquire);
    if (map == NULL) {
        map = make_map(record);
    }
    custody_facts_row row = map != NULL ? cst_facts_at(map, address - module->base) : 0;
    return (struct cst_code){.lang = (enum custody_lang)custody_facts_row_lang(row),
                             .flags = (uint8_t)custody_facts_row_flags(row)};
}
