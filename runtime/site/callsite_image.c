/* Modules in memory; see the header. */
#include "site/callsite_image.h"

#include <string.h>

/* The dynamic section's tables of relocations with addends. */
struct relocations {
    uintptr_t table;
    size_t size;       /* bytes */
    size_t skip_count; /* entries at the front that are relative */
};

bool cst_image_open(const struct cst_module *module, struct cst_image *out_image)
{
    out_image->module = module;
    out_image->headers = cst_elf_of_segments(module->headers, module->headers_size);
    return module->headers_size != 0;
}

bool cst_image_at(uintptr_t address, struct cst_image *out_image)
{
    const struct cst_module *module = cst_module_find(address);
    return module && cst_image_open(module, out_image);
}

static bool within(const struct cst_module *module, struct cst_range range)
{
    return range.lo >= module->lo && range.hi <= module->hi && range.lo < range.hi;
}

static struct cst_range run_time(const struct cst_image *image, const Elf64_Phdr *segment)
{
    uintptr_t lo = image->module->base + segment->p_vaddr;
    return (struct cst_range){lo, lo + segment->p_memsz};
}

bool cst_image_segment(const struct cst_image *image, uintptr_t address, uint32_t flags, struct cst_range *out_range)
{
    size_t count = cst_elf_segment_count(&image->headers);
    for (size_t i = 0; i < count; i++) {
        Elf64_Phdr segment = cst_elf_segment(&image->headers, i);
        struct cst_range range = run_time(image, &segment);
        uint32_t wanted = flags | PF_R;
        if (segment.p_type == PT_LOAD && (segment.p_flags & wanted) == wanted && within(image->module, range) &&
            address >= range.lo && address < range.hi) {
            *out_range = range;
            return true;
        }
    }
    return false;
}

/* True when all of `range` lies in one loaded readable segment. */
static bool readable(const struct cst_image *image, struct cst_range range)
{
    struct cst_range segment;
    return range.lo < range.hi && cst_image_segment(image, range.lo, 0, &segment) && range.hi <= segment.hi;
}

/* Where the first program header of `type` says that it lies, true or not. */
static bool find_part(const struct cst_image *image, uint32_t type, struct cst_range *out_range)
{
    size_t count = cst_elf_segment_count(&image->headers);
    for (size_t i = 0; i < count; i++) {
        Elf64_Phdr segment = cst_elf_segment(&image->headers, i);
        if (segment.p_type == type) {
            *out_range = run_time(image, &segment);
            return true;
        }
    }
    return false;
}

bool cst_image_part(const struct cst_image *image, uint32_t type, struct cst_range *out_range)
{
    return find_part(image, type, out_range) && readable(image, *out_range);
}

bool cst_image_word(const struct cst_image *image, uintptr_t slot, uintptr_t *out_word)
{
    if (!readable(image, (struct cst_range){slot, slot + sizeof *out_word})) {
        return false;
    }
    memcpy(out_word, (const void *)slot, sizeof *out_word);
    return true;
}

/* The dynamic linker writes run-time addresses over those in the file, except where the section is read-only. */
static uintptr_t dynamic_pointer(const struct cst_image *image, uint64_t value)
{
    return value < image->module->lo ? image->module->base + value : value;
}

/* Both tables of relocations: for data and the global offset table, and for the procedure linkage table. */
static void find_relocations(const struct cst_image *image, struct relocations out_tables[2])
{
    struct cst_range dynamic;
    out_tables[0] = out_tables[1] = (struct relocations){0};
    if (!cst_image_part(image, PT_DYNAMIC, &dynamic)) {
        return;
    }
    for (uintptr_t at = dynamic.lo; at + sizeof(Elf64_Dyn) <= dynamic.hi; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        memcpy(&entry, (const void *)at, sizeof entry);
        switch (entry.d_tag) {
        case DT_NULL:
            return;
        case DT_RELA:
            out_tables[0].table = dynamic_pointer(image, entry.d_un.d_ptr);
            break;
        case DT_RELASZ:
            out_tables[0].size = entry.d_un.d_val;
            break;
        case DT_RELACOUNT:
            out_tables[0].skip_count = entry.d_un.d_val;
            break;
        case DT_JMPREL:
            out_tables[1].table = dynamic_pointer(image, entry.d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            out_tables[1].size = entry.d_un.d_val;
            break;
        default:
            break;
        }
    }
}

static Elf64_Rela relocation_at(const struct relocations *relocations, size_t index)
{
    Elf64_Rela entry;
    memcpy(&entry, (const void *)(relocations->table + index * sizeof entry), sizeof entry);
    return entry;
}

static enum cst_slot kind_of(Elf64_Rela entry)
{
    uint64_t type = ELF64_R_TYPE(entry.r_info);
    return type == R_X86_64_JUMP_SLOT ? CST_SLOT_JUMP : type == R_X86_64_GLOB_DAT ? CST_SLOT_GLOBAL : CST_SLOT_NONE;
}

static enum cst_slot search(const struct cst_image *image, const struct relocations *relocations, uint64_t offset)
{
    size_t first = relocations->skip_count, count = relocations->size / sizeof(Elf64_Rela);
    uintptr_t end = relocations->table + count * sizeof(Elf64_Rela);
    if (!relocations->table || first >= count || !readable(image, (struct cst_range){relocations->table, end})) {
        return CST_SLOT_NONE;
    }
    /* Slots of a procedure linkage table mostly lie side by side, in the order of their relocations. */
    uint64_t guess = first + (offset - relocation_at(relocations, first).r_offset) / sizeof(uintptr_t);
    if (guess < count && relocation_at(relocations, guess).r_offset == offset) {
        return kind_of(relocation_at(relocations, guess));
    }
    for (size_t i = first; i < count; i++) {
        if (relocation_at(relocations, i).r_offset == offset) {
            return kind_of(relocation_at(relocations, i));
        }
    }
    return CST_SLOT_NONE;
}

/* Some linkers let that part reach to the end of its last page, beyond its segment. */
static bool is_constant(const struct cst_image *image, uintptr_t slot)
{
    struct cst_range constants;
    return find_part(image, PT_GNU_RELRO, &constants) && slot >= constants.lo && slot < constants.hi &&
           constants.hi - slot >= sizeof slot;
}

enum cst_slot cst_image_slot(const struct cst_image *image, uintptr_t slot)
{
    struct relocations tables[2];
    find_relocations(image, tables);
    uint64_t offset = slot - image->module->base;
    enum cst_slot kind = search(image, &tables[1], offset);
    kind = kind ? kind : search(image, &tables[0], offset);
    return kind || !is_constant(image, slot) ? kind : CST_SLOT_CONSTANT;
}
