/* Languages by symbol tables; see facts_symbols.h. */
#include "facts_symbols.h"

#include "facts_code.h"
#include "facts_name.h"
#include "fnv.h"

#include "custody/words.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* A function by one of its names. */
struct cst_facts_symbol {
    uint64_t lo, hi; /* equal: it has no size */
    uint64_t hash;   /* of the name */
    enum cst_facts_name name;
    bool rust_allocator;
};

bool cst_facts_symbols_exist(Elf *elf)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
            return true;
        }
    }
    return false;
}

static void add_function(struct cst_arena *arena, struct cst_facts_symbols *symbols, uint64_t address, uint64_t size,
                         const char *name, const struct cst_facts_spans *code)
{
    const struct cst_facts_span *section = cst_facts_code_find(code, address);
    if (!section) {
        return;
    }
    size = size < section->hi - address ? size : section->hi - address;
    symbols->items = cst_arena_extend(arena, symbols->items, symbols->count, sizeof *symbols->items);
    symbols->items[symbols->count++] = (struct cst_facts_symbol){
        .lo = address,
        .hi = address + size,
        .hash = cst_fnv(CST_FNV_START, name, strlen(name)),
        .name = cst_facts_name(name),
        .rust_allocator = cst_facts_name_is_rust_allocator(name),
    };
    symbols->rust_program |= cst_facts_name_is_rust_start(name);
}

static bool is_c_source(const char *name)
{
    static const char *const of_start[] = {"crtstuff.c", "init.c", "elf-init.c"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof of_start / sizeof *of_start; i++) {
        if (strcmp(name, of_start[i]) == 0) {
            return false;
        }
    }
    return length > 2 && strcmp(name + length - 2, ".c") == 0;
}

/* `address` is the symbol's, as the module's file has it. */
static void add_symbol(struct cst_arena *arena, struct cst_facts_symbols *symbols, const GElf_Sym *symbol,
                       uint64_t address, const char *name, const struct cst_facts_spans *code)
{
    int type = GELF_ST_TYPE(symbol->st_info);
    if (type == STT_FILE) {
        symbols->c_sources |= is_c_source(name);
        return;
    }
    symbols->rust_entries |= cst_facts_name_is_rust_entry(name);
    if (symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC)) {
        add_function(arena, symbols, address, symbol->st_size, name, code);
    }
}

static void add_table(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf, Elf_Scn *section,
                      const GElf_Shdr *header, const struct cst_facts_spans *code)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
    for (size_t i = 0; i < count && i <= INT32_MAX; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) ? elf_strptr(elf, header->sh_link, symbol.st_name) : NULL;
        if (name && *name) {
            add_symbol(arena, symbols, &symbol, symbol.st_value, name, code);
        }
    }
}

void cst_facts_symbols_add(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf,
                           const struct cst_facts_spans *code)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)) {
            add_table(arena, symbols, elf, section, &header, code);
        }
    }
}

void cst_facts_symbols_add_apart(struct cst_arena *arena, struct cst_facts_symbols *symbols, Dwfl_Module *module,
                                 const struct cst_facts_spans *code)
{
    int count = dwfl_module_getsymtab(module);
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name = dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
        if (name && *name) {
            add_symbol(arena, symbols, &symbol, address, name, code);
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
static enum custody_lang main_lang(const struct cst_facts_symbols *symbols, enum custody_lang of_plain)
{
    uint64_t plain = 0, cxx = 0;
    bool rust = false;
    if (symbols->rust_program) {
        return CUSTODY_LANG_RUST;
    }
    for (size_t i = 0; i < symbols->count; i++) {
        const struct cst_facts_symbol *symbol = &symbols->items[i];
        rust = rust || symbol->name == CST_FACTS_NAME_RUST;
        plain += symbol->name == CST_FACTS_NAME_PLAIN ? symbol->hi - symbol->lo : 0;
        cxx += symbol->name == CST_FACTS_NAME_CXX ? symbol->hi - symbol->lo : 0;
    }
    if (rust) { /* link-time optimisation may have inlined that function */
        return CUSTODY_LANG_NONE;
    }
    return cxx > plain ? CUSTODY_LANG_CXX : of_plain;
}

/* What names mean in a module. */
struct meaning {
    enum custody_lang of_main, of_plain;
};

static enum custody_lang lang_of(enum cst_facts_name name, const struct meaning *meaning)
{
    switch (name) {
    case CST_FACTS_NAME_PLAIN:
        return meaning->of_plain;
    case CST_FACTS_NAME_MAIN:
        return meaning->of_main;
    case CST_FACTS_NAME_CXX:
        return CUSTODY_LANG_CXX;
    case CST_FACTS_NAME_RUST:
        return CUSTODY_LANG_RUST;
    }
    return CUSTODY_LANG_NONE;
}

/* One function from its `count` names, of which any but an unmangled one tells its language; it is Rust's allocator
 * when all of them say so. */
static struct cst_facts_span merge_names(const struct cst_facts_symbol *names, size_t count,
                                         const struct meaning *meaning)
{
    enum custody_lang lang = lang_of(names[0].name, meaning);
    bool mangled = names[0].name != CST_FACTS_NAME_PLAIN, differ = false, allocator = true, folded = false;
    for (size_t i = 0; i < count; i++) {
        allocator = allocator && names[i].rust_allocator;
        folded = folded || names[i].hash != names[0].hash;
        if (names[i].name != CST_FACTS_NAME_PLAIN) {
            enum custody_lang other = lang_of(names[i].name, meaning);
            differ = differ || (mangled && other != lang);
            lang = other;
            mangled = true;
        }
    }
    unsigned flags = allocator ? CUSTODY_FACTS_RUST_ALLOCATOR : folded ? CUSTODY_FACTS_MERGED : 0;
    return (struct cst_facts_span){.lo = names[0].lo,
                                   .hi = names[0].hi,
                                   .lang = (uint8_t)(differ ? CUSTODY_LANG_NONE : lang),
                                   .flags = (uint8_t)flags};
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
    enum custody_lang of_plain = symbols->c_sources ? CUSTODY_LANG_C : CUSTODY_LANG_NONE;
    const struct meaning meaning = {.of_main = main_lang(symbols, of_plain), .of_plain = of_plain};
    uint64_t reached = 0;
    for (size_t first = 0, next = 0; first < symbols->count; first = next) {
        const struct cst_facts_symbol *names = &symbols->items[first];
        while (next < symbols->count && symbols->items[next].lo == names->lo && symbols->items[next].hi == names->hi) {
            next++;
        }
        struct cst_facts_span function = merge_names(names, next - first, &meaning);
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
