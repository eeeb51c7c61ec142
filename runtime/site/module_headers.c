/* Program headers in memory: see module_headers.h. Headers that were moved are found by the kernel's list of mappings,
 * which says where each part of a file lies; they are read through the kernel, so that nothing faults whatever the list
 * or the file says. */
#include "site/module_headers.h"

#include "base/elf.h"
#include "base/maps.h"
#include "plat/sys.h"

#include <errno.h>
#include <string.h>

/* Looks for the mapping that holds bytes [offset, offset+size) of the module's file. */
struct mapping_search {
    const struct cst_module *module;
    uint64_t offset, size;
    uint64_t inode;    /* of the module's first mapping */
    uintptr_t address; /* answer; 0 when there is none */
};

static bool take_mapping(const struct cst_mapping *mapping, void *context)
{
    struct mapping_search *search = context;
    if (mapping->lo <= search->module->lo && search->module->lo < mapping->hi) {
        search->inode = mapping->inode;
    }
    uint64_t length = mapping->hi - mapping->lo;
    if (mapping->lo < search->module->lo || mapping->inode == 0 || mapping->inode != search->inode ||
        search->offset < mapping->offset || search->offset - mapping->offset > length ||
        search->size > length - (search->offset - mapping->offset)) {
        return mapping->lo < search->module->hi;
    }
    search->address = mapping->lo + (search->offset - mapping->offset);
    return false;
}

/* Whether one of the segments that the headers speak of takes them from `offset` in the file to `address`. */
static bool agree(const struct cst_module *module, const struct cst_module_headers *headers, uint64_t offset,
                  uintptr_t address)
{
    struct cst_elf image = cst_elf_of_segments(headers->bytes, headers->size);
    for (size_t i = 0; i < cst_elf_segment_count(&image); i++) {
        Elf64_Phdr segment = cst_elf_segment(&image, i);
        if (segment.p_type == PT_LOAD && offset >= segment.p_offset && headers->size <= segment.p_filesz &&
            offset - segment.p_offset <= segment.p_filesz - headers->size &&
            module->base + segment.p_vaddr + (offset - segment.p_offset) == address) {
            return true;
        }
    }
    return false;
}

/* Of the two ways to read through the kernel either may be closed; where both are, it is read as it is. */
bool cst_module_read_memory(uintptr_t address, size_t size, void *out_bytes)
{
    ssize_t got = cst_sys_read_memory(address, out_bytes, size);
    if (got != -ENOSYS && got != -EPERM) {
        return got == (ssize_t)size;
    }
    int memory = cst_sys_open_memory();
    if (memory < 0) {
        memcpy(out_bytes, (const void *)address, size);
        return true;
    }
    got = cst_sys_pread(memory, out_bytes, size, address);
    cst_sys_close(memory);
    return got == (ssize_t)size;
}

static CST_COLD void read_moved(const struct cst_module *module, const Elf64_Ehdr *header,
                                struct cst_module_headers *out_headers)
{
    struct mapping_search search = {
        .module = module, .offset = header->e_phoff, .size = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr)};
    if (header->e_phentsize != sizeof(Elf64_Phdr) || search.size == 0 || search.size > sizeof out_headers->bytes) {
        return;
    }
    (void)cst_maps_each(take_mapping, &search);
    if (search.address == 0 || !cst_module_read_memory(search.address, (size_t)search.size, out_headers->bytes)) {
        return;
    }
    out_headers->size = (size_t)search.size;
    if (!agree(module, out_headers, search.offset, search.address)) {
        out_headers->size = 0;
    }
}

static bool is_in_first_page(const Elf64_Ehdr *header, size_t size)
{
    return header->e_phentsize == sizeof(Elf64_Phdr) && size != 0 && size <= CST_PAGE_SIZE &&
           header->e_phoff <= CST_PAGE_SIZE - size;
}

void cst_module_headers_read(const struct cst_module *module, struct cst_module_headers *out_headers)
{
    struct cst_elf image;
    Elf64_Ehdr header;
    out_headers->size = 0;
    if (module->hi - module->lo < CST_PAGE_SIZE || !cst_module_read_memory(module->lo, sizeof header, &header) ||
        !cst_elf_parse(&header, sizeof header, &image)) {
        return;
    }
    size_t size = header.e_phnum * sizeof(Elf64_Phdr);
    if (!is_in_first_page(&header, size)) {
        read_moved(module, &header, out_headers);
    } else if (cst_module_read_memory(module->lo + header.e_phoff, size, out_headers->bytes)) {
        out_headers->size = size;
    }
}
