/* The file behind a module: see module_file.h. */
#include "site/module_file.h"

#include "plat/sys.h"
#include "site/module_headers.h"

#include <string.h>

/* FNV-1a, 64 bits (IETF draft-eastlake-fnv); never 0, which means unknown. */
static uint64_t hash(struct cst_elf_bytes bytes)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.size; i++) {
        value = (value ^ bytes.bytes[i]) * UINT64_C(0x100000001b3);
    }
    return value != 0 ? value : 1;
}

/* Whether [address, address+size), in the file's own numbering, is readable memory of the module. */
static bool is_loaded(const struct cst_module *module, const struct cst_elf *image, uint64_t address, uint64_t size)
{
    if (address + module->base < module->lo || address + module->base > module->hi ||
        size > module->hi - (address + module->base)) {
        return false;
    }
    for (size_t i = 0; i < cst_elf_segment_count(image); i++) {
        Elf64_Phdr segment = cst_elf_segment(image, i);
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_R) != 0 && address >= segment.p_vaddr &&
            address - segment.p_vaddr <= segment.p_memsz && size <= segment.p_memsz - (address - segment.p_vaddr)) {
            return true;
        }
    }
    return false;
}

/* Notes are small; of larger ones the front part is looked through. */
#define NOTES_MAX 1024

/* Copies the notes in a segment of the module to `out_notes`. */
static struct cst_elf_bytes loaded_notes(const struct cst_module *module, const struct cst_elf *image,
                                         const Elf64_Phdr *segment, unsigned char out_notes[NOTES_MAX])
{
    size_t size = segment->p_memsz < NOTES_MAX ? segment->p_memsz : NOTES_MAX;
    if (!is_loaded(module, image, segment->p_vaddr, segment->p_memsz) ||
        !cst_module_read_memory(module->base + segment->p_vaddr, size, out_notes)) {
        return (struct cst_elf_bytes){NULL, 0};
    }
    return (struct cst_elf_bytes){out_notes, size};
}

void cst_module_identify(struct cst_module *module)
{
    _Alignas(Elf64_Nhdr) unsigned char notes[NOTES_MAX];
    struct cst_elf image = cst_elf_of_segments(module->headers, module->headers_size);
    if (image.phdrs.size == 0) {
        return;
    }
    module->fingerprint = hash(image.phdrs);
    for (size_t i = 0; i < cst_elf_segment_count(&image) && module->build_id_size == 0; i++) {
        Elf64_Phdr segment = cst_elf_segment(&image, i);
        if (segment.p_type == PT_NOTE) {
            module->build_id_size =
                (uint8_t)cst_elf_build_id(loaded_notes(module, &image, &segment, notes), segment.p_align,
                                          module->build_id, sizeof module->build_id);
        }
    }
}

static bool has_build_id(const struct cst_elf *elf, const struct cst_module *module)
{
    uint8_t id[CST_BUILD_ID_MAX] = {0};
    size_t size = 0;
    for (size_t i = 0; i < cst_elf_segment_count(elf) && size == 0; i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        if (segment.p_type == PT_NOTE) {
            const unsigned char *notes = cst_elf_at(elf, segment.p_vaddr, segment.p_filesz, 0);
            size = cst_elf_build_id((struct cst_elf_bytes){notes, notes != NULL ? segment.p_filesz : 0},
                                    segment.p_align, id, sizeof id);
        }
    }
    return size == module->build_id_size && memcmp(id, module->build_id, size) == 0;
}

bool cst_module_open_file(const struct cst_module *module, struct cst_elf *out_elf)
{
    if (module->fingerprint == 0 || module->path[0] != '/' || !cst_elf_open(module->path, out_elf)) {
        return false;
    }
    if (hash(out_elf->phdrs) == module->fingerprint && has_build_id(out_elf, module)) {
        return true;
    }
    cst_elf_close(out_elf);
    return false;
}
