/* Allocators of libraries; see the header. */
#include "site/allocator.h"

#include "site/callsite.h"
#include "site/callsite_follow.h"
#include "site/module_file.h"
#include "site/stack_frame.h"

#include <string.h>

enum calls { CALLS_ALL, CALLS_OF_FUNCTIONS, CALLS_FOR_CALLERS, CALLS_ALIGNED, CALLS_INDIRECT };

static const struct row {
    const char *library, *symbol, *functions;
    size_t header;
    enum custody_contract contract;
    enum calls calls;
} rows[] = {
#define CUSTODY_ALLOCATOR(contract, library, symbol, header, calls, functions) \
    {library, symbol, functions, header, CUSTODY_CONTRACT_##contract, CALLS_##calls},
#include "custody/allocators.def"
};

#define ROW_COUNT (sizeof rows / sizeof *rows)
_Static_assert(ROW_COUNT < 255, "a module's allocator is a row and one, in 8 bits");

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* True when `list` has the word `name[length]`. */
static bool lists(const char *list, const char *name, size_t length)
{
    for (const char *at = list; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += word + strspn(at + word, " ");
    }
    return false;
}

/* The exported symbol called `name`, of any type. */
static bool find_export(const struct cst_elf *elf, const char *name, struct cst_elf_symbol *out_symbol)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_DYNSYM);
    while (cst_elf_next(&symbols, out_symbol)) {
        if (out_symbol->defined && strcmp(out_symbol->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The exported variable at `value`, an address of the file. */
static bool find_variable(const struct cst_elf *elf, uint64_t value, struct cst_elf_symbol *out_symbol)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_DYNSYM);
    while (cst_elf_next(&symbols, out_symbol)) {
        if (out_symbol->defined && out_symbol->type == STT_OBJECT && out_symbol->value == value) {
            return true;
        }
    }
    return false;
}

uint8_t cst_allocator_recognise(const char *name, const char *soname, const struct cst_elf *elf)
{
    struct cst_elf_symbol symbol;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if ((starts_with(name, rows[i].library) || starts_with(soname, rows[i].library)) &&
            find_export(elf, rows[i].symbol, &symbol)) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

/* The rows of a module's library are neighbours. */
static bool is_row_of(const struct cst_module *module, size_t row)
{
    return module->allocator != 0 && row < ROW_COUNT &&
           strcmp(rows[row].library, rows[module->allocator - 1].library) == 0;
}

static bool is_aligned(enum custody_door door)
{
    return door == CUSTODY_DOOR_POSIX_MEMALIGN || door == CUSTODY_DOOR_ALIGNED_ALLOC || door == CUSTODY_DOOR_MEMALIGN ||
           door == CUSTODY_DOOR_VALLOC || door == CUSTODY_DOOR_PVALLOC;
}

/* A part that the compiler split off a function has the function's name, a dot, and more. */
static bool is_of_functions(const struct row *row, const struct cst_module *module, uintptr_t address)
{
    const char *name;
    uintptr_t start;
    return cst_module_symbol(module, address, &name, &start) && lists(row->functions, name, strcspn(name, ".@"));
}

static bool is_meant(const struct row *row, const struct cst_module *module, uintptr_t address, enum custody_door door)
{
    switch (row->calls) {
    case CALLS_ALL:
        return true;
    case CALLS_OF_FUNCTIONS:
    case CALLS_FOR_CALLERS:
        return is_of_functions(row, module, address);
    case CALLS_ALIGNED:
        return is_aligned(door);
    case CALLS_INDIRECT:
        break;
    }
    return false;
}

bool cst_allocator_of_code(const struct cst_module *module, uintptr_t address, enum custody_door door,
                           enum custody_contract *out_contract)
{
    for (size_t i = module->allocator ? module->allocator - 1U : ROW_COUNT; is_row_of(module, i); i++) {
        if (is_meant(&rows[i], module, address, door)) {
            *out_contract = rows[i].contract;
            return true;
        }
    }
    return false;
}

static const struct row *indirect_row(const struct cst_module *module)
{
    const struct row *row = module && module->allocator ? &rows[module->allocator - 1] : NULL;
    return row && row->calls == CALLS_INDIRECT && !module->unloaded ? row : NULL;
}

/* The name of the variable at `address`, which `module` exports, in the opened file. */
static bool name_of_variable(const struct cst_module *module, const struct cst_elf *elf, uintptr_t address,
                             const char **out_name)
{
    struct cst_elf_symbol symbol;
    bool found = find_variable(elf, address - module->base, &symbol);
    *out_name = found ? symbol.name : NULL;
    return found;
}

static bool exports_variable(const struct cst_module *module, const char *name)
{
    struct cst_elf elf;
    struct cst_elf_symbol symbol;
    bool opened = cst_module_open_file(module, &elf);
    bool found = opened && find_export(&elf, name, &symbol) && symbol.type == STT_OBJECT;
    if (opened) {
        cst_elf_close(&elf);
    }
    return found;
}

/* The library of an indirect allocator that exports a variable called `name`. */
static const struct cst_module *library_with(const char *name)
{
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        const struct cst_module *module = cst_module_get(id);
        if (indirect_row(module) && exports_variable(module, name)) {
            return module;
        }
    }
    return NULL;
}

/* The library whose variable the program has a copy of at `variable`. */
static const struct cst_module *library_of_copy(const struct cst_module *program, uintptr_t variable)
{
    struct cst_elf elf;
    const char *name;
    const struct cst_module *library = NULL;
    if (cst_module_open_file(program, &elf)) {
        library = name_of_variable(program, &elf, variable, &name) ? library_with(name) : NULL;
        cst_elf_close(&elf);
    }
    return library;
}

static bool any_indirect(void)
{
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        if (indirect_row(cst_module_get(id))) {
            return true;
        }
    }
    return false;
}

bool cst_allocator_of_variable(uintptr_t variable, const struct cst_module **out_library,
                               enum custody_contract *out_contract)
{
    const struct cst_module *module = cst_module_find(variable);
    if (module && module->role == CST_ROLE_PROGRAM) {
        module = any_indirect() ? library_of_copy(module, variable) : NULL;
    }
    const struct row *row = indirect_row(module);
    if (row) {
        *out_library = module;
        *out_contract = row->contract;
    }
    return row != NULL;
}

static const struct row *row_of(enum custody_contract contract)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].contract == contract) {
            return &rows[i];
        }
    }
    return NULL;
}

bool cst_allocator_is_open(enum custody_contract contract)
{
    const struct row *row = row_of(contract);
    return row && row->calls == CALLS_FOR_CALLERS;
}

/* The contract of whatever else the library of `row` allocates. */
static enum custody_contract contract_of_rest(const struct row *row)
{
    for (const struct row *next = row + 1; next < rows + ROW_COUNT && strcmp(next->library, row->library) == 0;
         next++) {
        if (next->calls == CALLS_ALL) {
            return next->contract;
        }
    }
    return row->contract;
}

enum custody_contract cst_allocator_maker(enum custody_contract contract, const uintptr_t frames[], size_t count)
{
    const struct row *row = row_of(contract);
    const struct cst_module *library = count ? cst_stack_frame_place(frames[0]).module : NULL;
    if (!row || row->calls != CALLS_FOR_CALLERS || !library) {
        return contract;
    }
    for (size_t i = 0; i < count; i++) {
        const struct cst_module *module = cst_stack_frame_place(frames[i]).module;
        if (module != library) {
            return contract;
        }
        if (!is_of_functions(row, module, cst_stack_frame_address(frames[i]) - 1)) {
            return contract_of_rest(row);
        }
    }
    return contract;
}

size_t cst_allocator_header(enum custody_contract contract)
{
    const struct row *row = row_of(contract);
    return row ? row->header : 0;
}

bool cst_allocator_cuts(enum custody_contract contract)
{
    const struct row *row = custody_contract_library(contract) ? row_of(contract) : NULL;
    return row && row->calls == CALLS_ALIGNED;
}

static bool is_behind_header(const struct row *row, uintptr_t start, size_t size, uintptr_t address)
{
    uint64_t noted;
    if (row->header < sizeof noted || address - start != row->header || size < row->header) {
        return false;
    }
    memcpy(&noted, (const void *)start, sizeof noted);
    return noted == size - row->header;
}

enum cst_allocator_piece cst_allocator_piece(enum custody_contract contract, uintptr_t start, size_t size,
                                             uintptr_t address)
{
    const struct row *row = row_of(contract);
    if (cst_allocator_cuts(contract)) {
        return CST_PIECE_PART;
    }
    return row && is_behind_header(row, start, size, address) ? CST_PIECE_WHOLE : CST_PIECE_NONE;
}

/* The program and a library of an indirect allocator, opened. */
struct pair {
    const struct cst_module *library, *program;
    struct cst_elf library_file, program_file;
    struct cst_image image; /* of the library */
};

/* Where the library's variable at `address` really is: the program may have a copy, which all then use. */
static uintptr_t place_of(const struct pair *pair, uintptr_t address)
{
    struct cst_elf_symbol own, copy;
    bool copied = find_variable(&pair->library_file, address - pair->library->base, &own) &&
                  find_export(&pair->program_file, own.name, &copy) && copy.type == STT_OBJECT;
    return copied ? pair->program->base + copy.value : address;
}

static bool word_at(uintptr_t address, uintptr_t *out_word)
{
    struct cst_image image;
    return cst_image_at(address, &image) && cst_image_word(&image, address, out_word);
}

/* True when the variable at `address` of the library still holds `door`, if that is one, or a function of the library itself. */
static bool holds_first_value(const struct pair *pair, uintptr_t address, enum custody_door door)
{
    uintptr_t value;
    if (!word_at(place_of(pair, address), &value)) {
        return false;
    }
    if (value >= pair->library->lo && value < pair->library->hi) {
        return true;
    }
    if (door == CUSTODY_DOOR_COUNT) {
        return false;
    }
    const struct cst_goal goal = {.name = door, .door = cst_callsite_door(door)};
    return cst_follow(value, &goal).kind == CST_LAND_DOOR;
}

static enum custody_door door_called(const char *name)
{
    for (enum custody_door door = 0; door < CUSTODY_DOOR_COUNT; door++) {
        if (strcmp(custody_door_symbol(door), name) == 0) {
            return door;
        }
    }
    return CUSTODY_DOOR_COUNT;
}

/* The door that a relocation fills a variable of the library with; CUSTODY_DOOR_COUNT for any other. */
static enum custody_door door_of_relocation(const struct pair *pair, const Elf64_Rela *relocation)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(&pair->library_file, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol;
    symbols.next = ELF64_R_SYM(relocation->r_info) * sizeof(Elf64_Sym);
    if (ELF64_R_TYPE(relocation->r_info) != R_X86_64_64 || symbols.next >= symbols.entries.size ||
        !cst_elf_next(&symbols, &symbol) || symbol.defined) {
        return CUSTODY_DOOR_COUNT;
    }
    return door_called(symbol.name);
}

/* Visits the variables that the dynamic linker gave doors. False when one holds another function by now, or there is none. */
static bool relocated_variables_are_first(const struct pair *pair)
{
    struct cst_elf_bytes table = cst_elf_section(&pair->library_file, ".rela.dyn");
    size_t seen = 0;
    for (size_t at = 0; at + sizeof(Elf64_Rela) <= table.size; at += sizeof(Elf64_Rela)) {
        Elf64_Rela relocation;
        memcpy(&relocation, table.bytes + at, sizeof relocation);
        enum custody_door door = door_of_relocation(pair, &relocation);
        uintptr_t address = pair->library->base + relocation.r_offset;
        if (door == CUSTODY_DOOR_COUNT || cst_image_slot(&pair->image, address) != CST_SLOT_NONE) {
            continue;
        }
        if (!holds_first_value(pair, address, door)) {
            return false;
        }
        seen++;
    }
    return seen != 0;
}

static bool named_variables_are_first(const struct pair *pair, const char *names)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(&pair->library_file, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        if (symbol.defined && symbol.type == STT_OBJECT && lists(names, symbol.name, strlen(symbol.name)) &&
            !holds_first_value(pair, pair->library->base + symbol.value, CUSTODY_DOOR_COUNT)) {
            return false;
        }
    }
    return true;
}

static bool calls_libc(const struct cst_module *library, const struct row *row)
{
    struct pair pair = {.library = library, .program = cst_module_get(0)};
    if (!pair.program || !cst_image_open(library, &pair.image) || !cst_module_open_file(library, &pair.library_file)) {
        return false;
    }
    bool opened = cst_module_open_file(pair.program, &pair.program_file);
    bool first = opened && relocated_variables_are_first(&pair) && named_variables_are_first(&pair, row->functions);
    if (opened) {
        cst_elf_close(&pair.program_file);
    }
    cst_elf_close(&pair.library_file);
    return first;
}

bool cst_allocator_is_replaced(enum custody_contract contract)
{
    const struct row *row = row_of(contract);
    if (!row || row->calls != CALLS_INDIRECT) {
        return false;
    }
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        const struct cst_module *module = cst_module_get(id);
        if (indirect_row(module) == row && !calls_libc(module, row)) {
            return true;
        }
    }
    return false;
}
