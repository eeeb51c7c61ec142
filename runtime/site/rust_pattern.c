/* Rust's entries by pattern: see rust_pattern.h. What costs least is asked first: most modules without symbols are in C, do
 * not import all of these functions of libc, or have no trace of rustc. */
#include "site/rust_pattern.h"

#include "base/elf_imports.h"
#include "site/decode_x86_64.h"
#include "site/fde.h"
#include "site/rust_shape.h"

#include <string.h>

/* Words of the module that hold the addresses of functions which the default allocator calls. */
#define WORDS_MAX 32

/* Bytes of the longest function that may be one of the default allocator's; they have less than 200. */
#define BODY_MAX ((uintptr_t)512)

#define JUMP_SIZE 5 /* jmp rel32 */

/* Functions of libc, as sets. */
enum {
    DOES_MALLOC = 1 << 0,
    DOES_CALLOC = 1 << 1,
    DOES_REALLOC = 1 << 2,
    DOES_FREE = 1 << 3,
    DOES_ALIGN = 1 << 4,
    DOES_COPY = 1 << 5,
    DOES_CLEAR = 1 << 6,
};

static const struct {
    const char *name;
    unsigned does;
} functions[] = {
    {"malloc", DOES_MALLOC},        {"calloc", DOES_CALLOC},       {"realloc", DOES_REALLOC}, {"free", DOES_FREE},
    {"posix_memalign", DOES_ALIGN}, {"aligned_alloc", DOES_ALIGN}, {"memcpy", DOES_COPY},     {"memset", DOES_CLEAR},
};

static const struct {
    unsigned must, may;
} habits[CST_RUST_ENTRY_COUNT] = {
    [CST_RUST_ENTRY_ALLOC] = {DOES_MALLOC | DOES_ALIGN, 0},
    [CST_RUST_ENTRY_ALLOC_ZEROED] = {DOES_CALLOC | DOES_ALIGN, DOES_CLEAR},
    [CST_RUST_ENTRY_REALLOC] = {DOES_REALLOC | DOES_FREE | DOES_ALIGN, DOES_COPY},
    [CST_RUST_ENTRY_DEALLOC] = {DOES_FREE, 0},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct word {
    uintptr_t address;
    unsigned does;
};

/* A module that is searched. */
struct search {
    struct cst_image image;
    struct cst_range code; /* the segment last looked into */
    struct word words[WORDS_MAX];
    size_t count;
    unsigned imports; /* all that the words do */
    struct cst_rust_survey *survey;
};

static unsigned meaning_of(const char *name)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (strcmp(name, functions[i].name) == 0) {
            return functions[i].does;
        }
    }
    return 0;
}

/* False when the module cannot have the default allocator, or has more words than there is room for. */
static bool read_imports(const struct cst_module *module, const struct cst_elf *elf, struct search *search)
{
    struct cst_elf_imports imports = cst_elf_imports(elf);
    struct cst_elf_import import;
    while (cst_elf_import_next(&imports, &import)) {
        unsigned does = meaning_of(import.name);
        if (does == 0) {
            continue;
        }
        if (search->count == WORDS_MAX) {
            return false;
        }
        search->words[search->count++] = (struct word){module->base + import.word, does};
        search->imports |= does;
    }
    unsigned all = DOES_MALLOC | DOES_CALLOC | DOES_REALLOC | DOES_FREE | DOES_ALIGN;
    return (search->imports & all) == all;
}

static unsigned behind_word(const struct search *search, uintptr_t address)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->words[i].address == address) {
            return search->words[i].does;
        }
    }
    return 0;
}

static bool decode(struct search *search, uintptr_t address, struct cst_insn *out_insn)
{
    return ((address >= search->code.lo && address < search->code.hi) ||
            cst_image_segment(&search->image, address, PF_X, &search->code)) &&
           cst_insn_decode((const uint8_t *)address, search->code.hi - address, address, out_insn);
}

/* What is behind the stub of the procedure linkage table at `address`; 0 when it is none. */
static unsigned behind_stub(struct search *search, uintptr_t address)
{
    struct cst_insn insn;
    if (!decode(search, address, &insn) ||
        (cst_insn_is_endbr(&insn) && !decode(search, address + insn.length, &insn))) {
        return 0;
    }
    return insn.kind == CST_INSN_JUMP_RIP ? behind_word(search, insn.target) : 0;
}

/* What a function does. */
struct deeds {
    unsigned does;
    bool passes_pointer; /* its first argument goes on to the last function as it came */
};

/* Notes a call or a jump out of the function. False when it leads to anything but one of the known functions. */
static bool note_transfer(struct search *search, const struct cst_insn *insn, struct cst_range function,
                          struct deeds *deeds)
{
    bool direct = insn->kind == CST_INSN_CALL || insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_BRANCH;
    if (direct && insn->target >= function.lo && insn->target < function.hi) {
        return insn->kind != CST_INSN_CALL;
    }
    unsigned does = direct ? behind_stub(search, insn->target) : behind_word(search, insn->target);
    deeds->does |= does;
    return does != 0;
}

static bool note_instruction(struct search *search, const struct cst_insn *insn, struct cst_range function,
                             struct deeds *deeds)
{
    switch (insn->kind) {
    case CST_INSN_CALL:
    case CST_INSN_CALL_RIP:
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
    case CST_INSN_JUMP_RIP:
        return note_transfer(search, insn, function, deeds);
    case CST_INSN_RETURN:
        return true;
    case CST_INSN_OTHER:
        deeds->passes_pointer &= !cst_insn_may_write(insn, CST_SHAPE_FIRST_ARGUMENT);
        return cst_shape_keeps_memory(insn);
    default:
        return false;
    }
}

/* Which of the four the function at `address` is. False when it is none. */
static bool find_role(struct search *search, uintptr_t address, enum cst_rust_entry *out_entry)
{
    struct cst_range function;
    struct cst_insn insn;
    struct deeds deeds = {.passes_pointer = true};
    if (!cst_fde_find(&search->image, address, &function) || function.lo != address ||
        function.hi - function.lo > BODY_MAX) {
        return false;
    }
    for (uintptr_t at = function.lo; at < function.hi; at += insn.length) {
        if (!decode(search, at, &insn) || !note_instruction(search, &insn, function, &deeds)) {
            return false;
        }
    }
    for (enum cst_rust_entry entry = 0; entry < CST_RUST_ENTRY_COUNT; entry++) {
        if ((deeds.does & habits[entry].must) == habits[entry].must &&
            (deeds.does & ~(habits[entry].must | habits[entry].may)) == 0) {
            *out_entry = entry;
            return entry != CST_RUST_ENTRY_DEALLOC || deeds.passes_pointer;
        }
    }
    return false;
}

/* Where the function at `address` jumps, if that is all it does. */
static bool read_thunk(struct search *search, uintptr_t address, struct cst_range *out_function, uintptr_t *out_target)
{
    struct cst_insn insn;
    uintptr_t at = address;
    if (!decode(search, at, &insn)) {
        return false;
    }
    at += cst_shape_frame_size((const uint8_t *)at, search->code.hi - at);
    if (!decode(search, at, &insn) || insn.kind != CST_INSN_JUMP || insn.length != JUMP_SIZE ||
        !cst_fde_find(&search->image, address, out_function)) {
        return false;
    }
    *out_target = insn.target;
    return out_function->lo == address && out_function->hi == at + insn.length &&
           (insn.target < address || insn.target >= out_function->hi);
}

/* False when there are two of one kind. */
static bool note_function(struct search *search, uintptr_t address)
{
    struct cst_range function;
    uintptr_t target;
    enum cst_rust_entry entry;
    if (!read_thunk(search, address, &function, &target) || !find_role(search, target, &entry)) {
        return true;
    }
    if (cst_rust_survey_has(search->survey, entry)) {
        return false;
    }
    search->survey->found[search->survey->count++] =
        (struct cst_rust_found){entry, address - search->image.module->base, function.hi - function.lo};
    return true;
}

static bool search_functions(struct search *search)
{
    struct cst_fde_list list;
    if (!cst_fde_list_open(&search->image, &list)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (!note_function(search, cst_fde_list_start(&list, i))) {
            return false;
        }
    }
    return search->survey->count == CST_RUST_ENTRY_COUNT;
}

/* Read-only data of Rust's standard library, whose panics read this variable of the environment. */
static bool has_standard_library(const struct cst_elf *elf)
{
    static const char text[] = "RUST_BACKTRACE";
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        const unsigned char *bytes = cst_elf_at(elf, segment.p_vaddr, segment.p_filesz, PF_R);
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0 && bytes != NULL &&
            memmem(bytes, segment.p_filesz, text, sizeof text - 1) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_rust(const struct cst_elf *elf)
{
    return cst_elf_section_has(elf, ".comment", "rustc version") || has_standard_library(elf);
}

enum cst_rust_pattern cst_rust_pattern_find(const struct cst_module *module, const struct cst_elf *elf,
                                            struct cst_rust_survey *out_survey)
{
    struct search search = {.survey = out_survey};
    *out_survey = (struct cst_rust_survey){.count = 0};
    if (!cst_image_open(module, &search.image) || !read_imports(module, elf, &search) || !is_rust(elf)) {
        return CST_RUST_PATTERN_NONE;
    }
    if (!search_functions(&search)) {
        *out_survey = (struct cst_rust_survey){.count = 0};
        return CST_RUST_PATTERN_TRACES;
    }
    return CST_RUST_PATTERN_ENTRIES;
}
