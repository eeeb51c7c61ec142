/* Where code is; see facts_code.h. */
#include "facts_code.h"

#include <gelf.h>

/* Addresses that a row can hold. */
#define ADDRESS_LIMIT ((uint64_t)1 << 48)

static void add(struct cst_arena *arena, struct cst_facts_spans *code, uint64_t address, uint64_t size)
{
    if (address < ADDRESS_LIMIT && size < ADDRESS_LIMIT - address) {
        cst_facts_spans_add(arena, code, (struct cst_facts_span){.lo = address, .hi = address + size});
    }
}

static void add_sections(struct cst_arena *arena, Elf *elf, struct cst_facts_spans *code)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        const uint64_t wanted = SHF_ALLOC | SHF_EXECINSTR;
        if (gelf_getshdr(section, &header) && (header.sh_flags & wanted) == wanted) {
            add(arena, code, header.sh_addr, header.sh_size);
        }
    }
}

static void add_segments(struct cst_arena *arena, Elf *elf, struct cst_facts_spans *code)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_LOAD && (segment.p_flags & PF_X)) {
            add(arena, code, segment.p_vaddr, segment.p_filesz);
        }
    }
}

struct cst_facts_spans cst_facts_code_list(struct cst_arena *arena, Elf *elf)
{
    struct cst_facts_spans code = {0};
    add_sections(arena, elf, &code);
    if (code.count == 0) {
        add_segments(arena, elf, &code);
    }
    return cst_facts_spans_innermost(arena, &code);
}

const struct cst_facts_span *cst_facts_code_find(const struct cst_facts_spans *code, uint64_t address)
{
    size_t lo = 0, hi = code->count; /* the first stretch that begins past the address is in [lo, hi] */
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (code->items[middle].lo <= address) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo > 0 && address < code->items[lo - 1].hi ? &code->items[lo - 1] : NULL;
}
