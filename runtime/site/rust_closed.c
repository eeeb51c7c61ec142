/* Closed allocators: see rust_closed.h. Addresses are those of the file. */
#include "site/rust_closed.h"

#include "base/elf_functions.h"
#include "base/elf_imports.h"
#include "site/callsite_image.h"
#include "site/decode_x86_64.h"

#include <string.h>

#define TARGETS_MAX 16

/* Functions that implement GlobalAlloc and are called by an entry, and words that it calls them through. */
struct targets {
    uint64_t address[TARGETS_MAX];
    size_t count;
};

/* The trait's name is in the mangled names of the functions that implement it, in either mangling. */
static bool is_implementation(const char *name)
{
    return strstr(name, "GlobalAlloc") != NULL;
}

static bool is_allocating(const struct cst_elf *elf, uint64_t word)
{
    static const char *const names[] = {"malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc"};
    struct cst_elf_imports imports = cst_elf_imports(elf);
    struct cst_elf_import import;
    while (cst_elf_import_next(&imports, &import)) {
        for (size_t i = 0; import.word == word && i < sizeof names / sizeof *names; i++) {
            if (strcmp(import.name, names[i]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool add_target(struct targets *targets, uint64_t address)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->address[i] == address) {
            return true;
        }
    }
    if (targets->count == TARGETS_MAX) {
        return false;
    }
    targets->address[targets->count++] = address;
    return true;
}

/* An entry calls, or jumps to, `address`. False when it may be inlined, and then calls what it calls. */
static bool note_target(const struct cst_elf *elf, struct targets *targets, uint64_t address, bool *out_implementation)
{
    struct cst_elf_symbol symbol;
    if (!cst_elf_symbol_at(elf, address, &symbol) || symbol.value != address) {
        return false; /* such as a stub for a function of libc */
    }
    if (!is_implementation(symbol.name)) {
        return true;
    }
    *out_implementation = true;
    return add_target(targets, address);
}

/* An entry calls, or jumps, through a word: of the dynamic linker's, or of the linker's for a function of the module. */
static bool note_word(const struct cst_module *module, const struct cst_elf *elf, struct targets *targets,
                      uint64_t word, bool *out_implementation)
{
    struct cst_image image;
    uintptr_t target;
    bool implementation = false;
    if (is_allocating(elf, word) || !cst_image_open(module, &image) ||
        !cst_image_word(&image, module->base + word, &target)) {
        return false;
    }
    if (target < module->lo || target >= module->hi) {
        return true;
    }
    bool known = note_target(elf, targets, target - module->base, &implementation);
    *out_implementation |= implementation;
    return known && (!implementation || add_target(targets, word));
}

/* Reads the body of an entry. */
static bool read_entry(const struct cst_module *module, const struct cst_elf *elf, const struct cst_rust_found *found,
                       struct targets *targets)
{
    struct cst_insn insn;
    bool implementation = false;
    const unsigned char *code = found->size != 0 ? cst_elf_at(elf, found->address, found->size, PF_R | PF_X) : NULL;
    if (code == NULL) {
        return false;
    }
    for (uint64_t at = 0; at < found->size; at += insn.length) {
        if (!cst_insn_decode(code + at, found->size - at, found->address + at, &insn)) {
            return false;
        }
        bool direct = insn.kind == CST_INSN_CALL || insn.kind == CST_INSN_JUMP || insn.kind == CST_INSN_BRANCH;
        bool through_word = insn.kind == CST_INSN_CALL_RIP || insn.kind == CST_INSN_JUMP_RIP;
        bool leaves = insn.target < found->address || insn.target >= found->address + found->size;
        if ((through_word && !note_word(module, elf, targets, insn.target, &implementation)) ||
            (direct && leaves && !note_target(elf, targets, insn.target, &implementation))) {
            return false;
        }
    }
    return implementation;
}

static bool is_target(const struct targets *targets, uint64_t address)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->address[i] == address) {
            return true;
        }
    }
    return false;
}

static bool is_entry(const struct cst_rust_survey *survey, uint64_t address)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (address >= survey->found[i].address && address < survey->found[i].address + survey->found[i].size) {
            return true;
        }
    }
    return false;
}

/* The code around `address` names a target: an entry or another implementation may. */
static bool may_call(const struct cst_elf *elf, const struct cst_rust_survey *survey, uint64_t address)
{
    struct cst_elf_symbol symbol;
    return is_entry(survey, address) || (cst_elf_symbol_at(elf, address, &symbol) && is_implementation(symbol.name));
}

/* Looks at every place of a segment that could hold the distance to a target, whatever it really is. No distance is that of
 * padding in front of it. */
static bool is_free_of_callers(const struct cst_elf *elf, const Elf64_Phdr *segment,
                               const struct cst_rust_survey *survey, const struct targets *targets)
{
    int32_t distance;
    const unsigned char *code = cst_elf_at(elf, segment->p_vaddr, segment->p_filesz, PF_R | PF_X);
    for (uint64_t at = 0; code != NULL && at + sizeof distance <= segment->p_filesz; at++) {
        memcpy(&distance, code + at, sizeof distance);
        uint64_t place = segment->p_vaddr + at;
        uint64_t target = place + sizeof distance + (uint64_t)(int64_t)distance;
        if (CST_UNLIKELY(is_target(targets, target)) && distance != 0 && !may_call(elf, survey, place)) {
            return false;
        }
    }
    return true;
}

bool cst_rust_closed(const struct cst_module *module, const struct cst_elf *elf, const struct cst_rust_survey *survey)
{
    struct targets targets = {.count = 0};
    for (size_t i = 0; i < survey->count; i++) {
        if (!read_entry(module, elf, &survey->found[i], &targets)) {
            return false;
        }
    }
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
            !is_free_of_callers(elf, &segment, survey, &targets)) {
            return false;
        }
    }
    return true;
}
