/* Functions by address: see elf_functions.h. Files may have hundreds of thousands of them, and the order of the index is made
 * without comparing any two: by the digits of their addresses. */
#include "base/elf_functions.h"

#include "plat/own.h"
#include "plat/sys.h"

#include <string.h>

#define DIGIT_BITS 8U
#define DIGITS ((size_t)1 << DIGIT_BITS)

static bool may_be_function(const struct cst_elf_symbol *symbol)
{
    bool code = symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC || symbol->type == STT_NOTYPE;
    return code && symbol->defined && symbol->name[0] != '\0';
}

static bool covers(const struct cst_elf_symbol *symbol, uint64_t address)
{
    return address >= symbol->value && address - symbol->value < symbol->size;
}

/* Whether a symbol without a size may reach as far as `address`: both are in the section that the symbol names. */
static bool may_reach(const struct cst_elf *elf, const struct cst_elf_symbol *symbol, uint64_t address)
{
    return symbol->size == 0 && symbol->value <= address && cst_elf_section_holds(elf, symbol->section, address);
}

/* Global before weak before local; among equals the name without the underscore of internal aliases. */
static unsigned name_rank(const struct cst_elf_symbol *symbol)
{
    unsigned binding = symbol->binding == STB_GLOBAL ? 2 : symbol->binding == STB_WEAK ? 1 : 0;
    return 2 * binding + (symbol->name[0] != '_');
}

/* Whether `one` tells better than `other` what is at `address`; both begin at or before it. */
static bool tells_better(const struct cst_elf_symbol *one, const struct cst_elf_symbol *other, uint64_t address)
{
    if (covers(one, address) != covers(other, address)) {
        return covers(one, address);
    }
    if (one->value != other->value) {
        return one->value > other->value;
    }
    return name_rank(one) > name_rank(other);
}

/* Passes over the symbols that cannot be what is at `address`: all but a few. */
static void pass_others(struct cst_elf_symbols *symbols, uint64_t address)
{
    Elf64_Sym entry;
    while (symbols->entries.size - symbols->next >= sizeof entry) {
        memcpy(&entry, symbols->entries.bytes + symbols->next, sizeof entry);
        if (entry.st_value <= address && (entry.st_size == 0 || address - entry.st_value < entry.st_size)) {
            return;
        }
        symbols->next += sizeof entry;
    }
}

/* As cst_elf_next, of those that may be what is at `address`. */
static bool next_near(struct cst_elf_symbols *symbols, uint64_t address, struct cst_elf_symbol *out_symbol)
{
    pass_others(symbols, address);
    return cst_elf_next(symbols, out_symbol);
}

bool cst_elf_symbol_at(const struct cst_elf *elf, uint64_t address, struct cst_elf_symbol *out_symbol)
{
    bool found = false;
    for (enum cst_elf_table table = CST_ELF_SYMTAB; table <= CST_ELF_DYNSYM; table++) {
        struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
        struct cst_elf_symbol symbol;
        while (next_near(&symbols, address, &symbol)) {
            bool candidate = symbol.value <= address && may_be_function(&symbol) &&
                             (covers(&symbol, address) || may_reach(elf, &symbol, address));
            if (candidate && (!found || tells_better(&symbol, out_symbol, address))) {
                *out_symbol = symbol;
                found = true;
            }
        }
    }
    return found;
}

/* ---- making an index ---- */

/* A list without an order yet, and room for it to be put into one. */
struct draft {
    struct cst_elf_function *list, *other;
};

static size_t symbol_count(const struct cst_elf_symbols *symbols)
{
    return symbols->entries.size / sizeof(Elf64_Sym);
}

/* Memory of ours that may be refused, and nothing is amiss then. */
static struct cst_elf_function *map_list(size_t room)
{
    struct cst_elf_function *list = cst_sys_map(room * sizeof *list);
    if (list != NULL) {
        cst_own_note(list, room * sizeof *list);
    }
    return list;
}

static void unmap_list(struct cst_elf_function *list, size_t room)
{
    if (list != NULL) {
        cst_own_unmap(list, room * sizeof *list);
    }
}

static struct cst_elf_function function_of(const struct cst_elf_symbol *symbol, size_t number)
{
    struct cst_elf_function function = {
        .value = symbol->value,
        .number = (uint32_t)number,
        .sizeless = symbol->size == 0,
    };
    if (symbol->size != 0 && __builtin_add_overflow(symbol->value, symbol->size - 1, &function.last)) {
        function.last = UINT64_MAX;
    }
    return function;
}

static size_t gather(const struct cst_elf_symbols tables[2], struct cst_elf_function *out_list)
{
    size_t count = 0, first = 0;
    for (size_t table = 0; table < 2; table++) {
        struct cst_elf_symbols symbols = tables[table];
        struct cst_elf_symbol symbol;
        while (cst_elf_next(&symbols, &symbol)) {
            if (may_be_function(&symbol)) {
                out_list[count++] = function_of(&symbol, first + symbols.next / sizeof(Elf64_Sym) - 1);
            }
        }
        first += symbol_count(&tables[table]);
    }
    return count;
}

static size_t digit_of(const struct cst_elf_function *function, unsigned shift)
{
    return (size_t)(function->value >> shift) % DIGITS;
}

/* Moves the list into the room beside it, by one digit of the addresses; those that are equal in it stay as they are. */
static void move_by_digit(struct draft *draft, size_t count, unsigned shift)
{
    uint32_t places[DIGITS] = {0};
    for (size_t i = 0; i < count; i++) {
        places[digit_of(&draft->list[i], shift)]++;
    }
    uint32_t place = 0;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t its_count = places[digit];
        places[digit] = place;
        place += its_count;
    }
    for (size_t i = 0; i < count; i++) {
        draft->other[places[digit_of(&draft->list[i], shift)]++] = draft->list[i];
    }
    struct cst_elf_function *moved = draft->other;
    draft->other = draft->list;
    draft->list = moved;
}

static void put_in_order(struct draft *draft, size_t count)
{
    uint64_t varying = 0;
    for (size_t i = 0; i < count; i++) {
        varying |= draft->list[i].value ^ draft->list[0].value;
    }
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if ((varying >> shift) % DIGITS != 0) {
            move_by_digit(draft, count, shift);
        }
    }
}

/* What a function knows of those before it. */
static void look_back(struct cst_elf_function *list, size_t count)
{
    uint64_t last = 0;
    uint32_t sizeless = 0;
    for (size_t i = 0; i < count; i++) {
        last = list[i].last > last ? list[i].last : last;
        sizeless = list[i].sizeless != 0 ? (uint32_t)(i + 1) : sizeless;
        list[i].last = last;
        list[i].sizeless = sizeless;
    }
}

bool cst_elf_functions_make(const struct cst_elf *elf, struct cst_elf_functions *out_functions)
{
    *out_functions = (struct cst_elf_functions){
        .elf = elf,
        .tables = {cst_elf_symbols(elf, CST_ELF_SYMTAB), cst_elf_symbols(elf, CST_ELF_DYNSYM)},
    };
    size_t room = symbol_count(&out_functions->tables[0]) + symbol_count(&out_functions->tables[1]);
    if (room == 0 || room >= UINT32_MAX) {
        return false;
    }
    struct draft draft = {map_list(room), map_list(room)};
    if (draft.list != NULL && draft.other != NULL) {
        out_functions->count = gather(out_functions->tables, draft.list);
        put_in_order(&draft, out_functions->count);
        look_back(draft.list, out_functions->count);
        out_functions->list = draft.list;
        out_functions->room = room;
        draft.list = NULL;
    }
    unmap_list(draft.list, room);
    unmap_list(draft.other, room);
    return out_functions->list != NULL;
}

void cst_elf_functions_free(struct cst_elf_functions *functions)
{
    unmap_list(functions->list, functions->room);
    *functions = (struct cst_elf_functions){0};
}

/* ---- asking it ---- */

/* The symbol of a function. False when the file is no longer what it was. */
static bool symbol_of(const struct cst_elf_functions *functions, const struct cst_elf_function *function,
                      struct cst_elf_symbol *out_symbol)
{
    size_t first = symbol_count(&functions->tables[0]);
    bool in_first = function->number < first;
    struct cst_elf_symbols symbols = functions->tables[in_first ? 0 : 1];
    symbols.next = (function->number - (in_first ? 0 : first)) * sizeof(Elf64_Sym);
    return cst_elf_next(&symbols, out_symbol) && out_symbol->value == function->value;
}

/* How many functions begin at or before `address`. */
static size_t count_up_to(const struct cst_elf_functions *functions, uint64_t address)
{
    size_t low = 0, high = functions->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (functions->list[middle].value <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A search backwards through the first `count` functions. It is over where one was found and the next begins elsewhere. */
struct search {
    size_t count;
    bool found;
    struct cst_elf_symbol *out_symbol;
};

static const struct cst_elf_function *step_back(const struct cst_elf_functions *functions, struct search *search)
{
    const struct cst_elf_function *function = &functions->list[search->count - 1];
    bool over = search->found && function->value != search->out_symbol->value;
    search->count = over ? 0 : search->count - 1;
    return over ? NULL : function;
}

/* Takes `symbol` for the answer unless what was found, behind it in the list, tells better. */
static void weigh(const struct cst_elf_symbol *symbol, uint64_t address, struct search *search)
{
    if (!search->found || !tells_better(search->out_symbol, symbol, address)) {
        *search->out_symbol = *symbol;
        search->found = true;
    }
}

static bool find_sized(const struct cst_elf_functions *functions, size_t count, uint64_t address,
                       struct cst_elf_symbol *out_symbol)
{
    struct search search = {count, false, out_symbol};
    struct cst_elf_symbol symbol;
    while (search.count > 0 && functions->list[search.count - 1].last >= address) {
        const struct cst_elf_function *function = step_back(functions, &search);
        if (function != NULL && symbol_of(functions, function, &symbol) && covers(&symbol, address)) {
            weigh(&symbol, address, &search);
        }
    }
    return search.found;
}

static bool find_sizeless(const struct cst_elf_functions *functions, size_t count, uint64_t address,
                          struct cst_elf_symbol *out_symbol)
{
    struct search search = {count, false, out_symbol};
    struct cst_elf_symbol symbol;
    while (search.count > 0 && (search.count = functions->list[search.count - 1].sizeless) > 0) {
        const struct cst_elf_function *function = step_back(functions, &search);
        if (function != NULL && symbol_of(functions, function, &symbol) &&
            may_reach(functions->elf, &symbol, address)) {
            weigh(&symbol, address, &search);
        }
    }
    return search.found;
}

bool cst_elf_functions_at(const struct cst_elf_functions *functions, uint64_t address,
                          struct cst_elf_symbol *out_symbol)
{
    size_t count = count_up_to(functions, address);
    return find_sized(functions, count, address, out_symbol) || find_sizeless(functions, count, address, out_symbol);
}
