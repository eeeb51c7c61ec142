/* Languages by symbol tables; see facts_symbols.h. */
#include "facts_symbols.h"

#include "facts_code.h"
#include "facts_name.h"

#include "custody/words.h"

#include <gelf.h>
#include <stdlib.h>

/* A function by one of its names. */
struct cst_facts_symbol {
    uint64_t lo, hi; /* equal: it has no size */
    enum cst_facts_name name;
    bool rust_allocator;
};

static void add_symbol(struct cst_arena *arena, struct cst_facts_symbols *symbols, const GElf_Sym *symbol,
                       const char *name, uint64_t bias, const struct cst_facts_spans *code)
{
    uint64_t address = symbol->st_value + bias;
    const struct cst_facts_span *section = cst_facts_code_find(code, address);
    if (!section) {
        return;
    }
    uint64_t size = symbol->st_size < section->hi - address ? symbol->st_size : section->hi - address;
    symbols->items = cst_arena_extend(arena, symbols->items, symbols->count, sizeof *symbols->items);
    symbols->items[symbols->count++] = (struct cst_facts_symbol){address, address + size, cst_facts_name(name),
                                                                 cst_facts_name_is_rust_allocator(name)};
    symbols->rust_program |= cst_facts_name_is_rust_start(name);
}

static void add_table(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf, Elf_Scn *section,
                      const GElf_Shdr *header, uint64_t bias, const struct cst_facts_spans *code)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
    for (size_t i = 0; i < count && i <= INT32_MAX; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF) {
            continue;
        }
        int type = GELF_ST_TYPE(symbol.st_info);
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if ((type == STT_FUNC || type == STT_GNU_IFUNC) && name && *name) {
            add_symbol(arena, symbols, &symbol, name, bias, code);
        }
    }
}

void cst_facts_symbols_add(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf, uint64_t bias,
                           const struct cst_facts_spans *code)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)) {
            add_table(arena, symbols, elf, section, &header, bias, code);
        }
    }
}

static int by_address(const void *left, const void *right)
{
    const struct cst_facts_symbol *a = left;
    const struct cst_facts_symbol *b = right;
    if (a->lo != b->lo) {
        return a->lo < b->lo ? -1 : 1;
    }
    return a->hi > b->hi ? -1 : a->hi < b->hi;
}

/* The language of the module's `main`. */
static enum custody_lang main_lang(const struct cst_facts_symbols *symbols)
{
    uint64_t plain = 0, cxx = 0;
    if (symbols->rust_program) {
        return CUSTODY_LANG_RUST;
    }
    for (size_t i = 0; i < symbols->count; i++) {
        const struct cst_facts_symbol *symbol = &symbols->items[i];
        plain += symbol->name == CST_FACTS_NAME_PLAIN ? symbol->hi - symbol->lo : 0;
        cxx += symbol->name == CST_FACTS_NAME_CXX ? symbol->hi - symbol->lo : 0;
    }
    return cxx > plain ? CUSTODY_LANG_CXX : CUSTODY_LANG_C;
}

static enum custody_lang lang_of(enum cst_facts_name name, enum custody_lang of_main)
{
    switch (name) {
    case CST_FACTS_NAME_PLAIN:
        return CUSTODY_LANG_C;
    case CST_FACTS_NAME_MAIN:
        return of_main;
    case CST_FACTS_NAME_CXX:
        return CUSTODY_LANG_CXX;
    case CST_FACTS_NAME_RUST:
        return CUSTODY_LANG_RUST;
    }
    return CUSTODY_LANG_NONE;
}

/* One function from its `count` names, of which any but an unmangled one tells its language; it is Rust's allocator when
 * all of them say so. */
static struct cst_facts_span merge_names(const struct cst_facts_symbol *names, size_t count, enum custody_lang of_main)
{
    enum custody_lang lang = lang_of(names[0].name, of_main);
    bool mangled = names[0].name != CST_FACTS_NAME_PLAIN, differ = false, allocator = true;
    for (size_t i = 0; i < count; i++) {
        allocator = allocator && names[i].rust_allocator;
        if (names[i].name != CST_FACTS_NAME_PLAIN) {
            enum custody_lang other = lang_of(names[i].name, of_main);
            differ = differ || (mangled && other != lang);
            lang = other;
            mangled = true;
        }
    }
    return (struct cst_facts_span){.lo = names[0].lo,
                                   .hi = names[0].hi,
                                   .lang = (uint8_t)(differ ? CUSTODY_LANG_NONE : lang),
                                   .flags = allocator ? CUSTODY_FACTS_RUST_ALLOCATOR : 0};
}

/* Where a function without a size ends: at the next symbol, or with its section. */
static uint64_t end_of_unsized(const struct cst_facts_symbols *symbols, size_t next, const struct cst_facts_spans *code,
                               uint64_t address)
{
    const struct cst_facts_span *section = cst_facts_code_find(code, address);
    uint64_t end = section ? section->hi : address;
    return next < symbols->count && symbols->items[next].lo < end ? symbols->items[next].lo : end;
}

/* Merges the names of each function. One without a size counts where no other function is. */
static struct cst_facts_spans list_functions(struct cst_arena *arena, const struct cst_facts_symbols *symbols,
                                             const struct cst_facts_spans *code)
{
    struct cst_facts_spans functions = {0};
    enum custody_lang of_main = main_lang(symbols);
    uint64_t reached = 0;
    for (size_t first = 0, next = 0; first < symbols->count; first = next) {
        const struct cst_facts_symbol *names = &symbols->items[first];
        while (next < symbols->count && symbols->items[next].lo == names->lo && symbols->items[next].hi == names->hi) {
            next++;
        }
        struct cst_facts_span function = merge_names(names, next - first, of_main);
        if (function.lo == function.hi && function.lo >= reached) {
            function.hi = end_of_unsized(symbols, next, code, function.lo);
        }
        cst_facts_spans_add(arena, &functions, function);
        reached = function.hi > reached ? function.hi : reached;
    }
    return functions;
}

struct cst_facts_spans cst_facts_symbols_spans(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                               const struct cst_facts_spans *code)
{
    if (symbols->count > 1) {
        qsort(symbols->items, symbols->count, sizeof *symbols->items, by_address);
    }
    struct cst_facts_spans functions = list_functions(arena, symbols, code);
    return cst_facts_spans_innermost(arena, &functions);
}
