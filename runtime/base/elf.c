/* Reader of ELF files: see elf.h. Structures are copied out with memcpy, since a hostile file aligns nothing; every range
 * goes through slice(), the one place that compares offsets with sizes. */
#include "base/elf.h"

#include "plat/sys.h"

#include <string.h>

/* Bytes [offset, offset+size) of `whole`; empty when they are not all inside it. */
static struct cst_elf_bytes slice(struct cst_elf_bytes whole, uint64_t offset, uint64_t size)
{
    if (size == 0 || offset > whole.size || size > whole.size - offset) {
        return (struct cst_elf_bytes){NULL, 0};
    }
    return (struct cst_elf_bytes){whole.bytes + offset, (size_t)size};
}

const char *cst_elf_string(struct cst_elf_bytes table, uint64_t offset)
{
    if (offset >= table.size || memchr(table.bytes + offset, '\0', table.size - (size_t)offset) == NULL) {
        return NULL;
    }
    return (const char *)table.bytes + offset;
}

static size_t shdr_count(const struct cst_elf *elf)
{
    return elf->shdrs.size / sizeof(Elf64_Shdr);
}

static Elf64_Shdr shdr_at(const struct cst_elf *elf, size_t index)
{
    Elf64_Shdr section;
    memcpy(&section, elf->shdrs.bytes + index * sizeof section, sizeof section);
    return section;
}

static struct cst_elf_bytes section_bytes(const struct cst_elf *elf, const Elf64_Shdr *section)
{
    if (section->sh_type == SHT_NOBITS || section->sh_type == SHT_NULL || (section->sh_flags & SHF_COMPRESSED) != 0) {
        return (struct cst_elf_bytes){NULL, 0};
    }
    return slice(elf->file, section->sh_offset, section->sh_size);
}

size_t cst_elf_segment_count(const struct cst_elf *elf)
{
    return elf->phdrs.size / sizeof(Elf64_Phdr);
}

Elf64_Phdr cst_elf_segment(const struct cst_elf *elf, size_t index)
{
    Elf64_Phdr segment;
    memcpy(&segment, elf->phdrs.bytes + index * sizeof segment, sizeof segment);
    return segment;
}

/* Counts that do not fit into the file header stand in section header 0 (gABI, "Extended section numbering"). */
static void read_sections(struct cst_elf *elf, const Elf64_Ehdr *header)
{
    struct cst_elf_bytes first = slice(elf->file, header->e_shoff, sizeof(Elf64_Shdr));
    if (header->e_shoff == 0 || header->e_shentsize != sizeof(Elf64_Shdr) || first.size == 0) {
        return;
    }
    elf->shdrs = first;
    Elf64_Shdr zero = shdr_at(elf, 0);
    uint64_t count = header->e_shnum != 0 ? header->e_shnum : zero.sh_size;
    uint64_t names = header->e_shstrndx == SHN_XINDEX ? zero.sh_link : header->e_shstrndx;
    if (count > elf->file.size / sizeof(Elf64_Shdr)) {
        count = 0;
    }
    elf->shdrs = slice(elf->file, header->e_shoff, count * sizeof(Elf64_Shdr));
    if (names < shdr_count(elf)) {
        Elf64_Shdr section = shdr_at(elf, (size_t)names);
        elf->section_names = section_bytes(elf, &section);
    }
}

/* Where the file's bytes for `address` begin, and how many follow in the same segment. */
static struct cst_elf_bytes loaded_from(const struct cst_elf *elf, uint64_t address, uint32_t flags)
{
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        if (segment.p_type != PT_LOAD || (segment.p_flags & flags) != flags || address < segment.p_vaddr) {
            continue;
        }
        struct cst_elf_bytes loaded = slice(elf->file, segment.p_offset, segment.p_filesz);
        if (address - segment.p_vaddr < loaded.size) {
            uint64_t skip = address - segment.p_vaddr;
            return slice(loaded, skip, loaded.size - skip);
        }
    }
    return (struct cst_elf_bytes){NULL, 0};
}

bool cst_elf_dynamic_value(const struct cst_elf *elf, int64_t tag, size_t index, uint64_t *out_value)
{
    Elf64_Dyn entry;
    for (size_t at = 0; at + sizeof entry <= elf->dynamic.size; at += sizeof entry) {
        memcpy(&entry, elf->dynamic.bytes + at, sizeof entry);
        if (entry.d_tag == DT_NULL) {
            return false;
        }
        if (entry.d_tag == tag && index-- == 0) {
            *out_value = entry.d_un.d_val;
            return true;
        }
    }
    return false;
}

static void read_dynamic(struct cst_elf *elf)
{
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        if (segment.p_type == PT_DYNAMIC) {
            elf->dynamic = slice(elf->file, segment.p_offset, segment.p_filesz);
        }
    }
    uint64_t address;
    uint64_t size;
    if (cst_elf_dynamic_value(elf, DT_STRTAB, 0, &address) && cst_elf_dynamic_value(elf, DT_STRSZ, 0, &size)) {
        elf->dynamic_names = slice(loaded_from(elf, address, 0), 0, size);
    }
}

static bool understood(const Elf64_Ehdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_ident[EI_DATA] == ELFDATA2LSB && header->e_machine == EM_X86_64;
}

bool cst_elf_parse(const void *bytes, size_t size, struct cst_elf *out_elf)
{
    *out_elf = (struct cst_elf){0};
    Elf64_Ehdr header;
    if (size < sizeof header) {
        return false;
    }
    memcpy(&header, bytes, sizeof header);
    if (!understood(&header)) {
        return false;
    }
    out_elf->file = (struct cst_elf_bytes){bytes, size};
    if (header.e_phentsize == sizeof(Elf64_Phdr)) {
        out_elf->phdrs = slice(out_elf->file, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr));
    }
    read_sections(out_elf, &header);
    read_dynamic(out_elf);
    return true;
}

struct cst_elf cst_elf_of_segments(const void *phdrs, size_t size)
{
    return (struct cst_elf){.phdrs = {phdrs, size - size % sizeof(Elf64_Phdr)}};
}

bool cst_elf_open(const char *path, struct cst_elf *out_elf)
{
    size_t size = 0;
    const void *bytes = cst_sys_map_file(path, &size);
    if (bytes == NULL) {
        *out_elf = (struct cst_elf){0};
        return false;
    }
    if (!cst_elf_parse(bytes, size, out_elf)) {
        cst_sys_unmap((void *)(uintptr_t)bytes, size);
        return false;
    }
    return true;
}

void cst_elf_close(struct cst_elf *elf)
{
    if (elf->file.bytes != NULL) {
        cst_sys_unmap((void *)(uintptr_t)elf->file.bytes, elf->file.size);
    }
    *elf = (struct cst_elf){0};
}

struct cst_elf_bytes cst_elf_section(const struct cst_elf *elf, const char *name)
{
    for (size_t i = 0; i < shdr_count(elf); i++) {
        Elf64_Shdr section = shdr_at(elf, i);
        const char *its_name = cst_elf_string(elf->section_names, section.sh_name);
        if (its_name != NULL && strcmp(its_name, name) == 0) {
            return section_bytes(elf, &section);
        }
    }
    return (struct cst_elf_bytes){NULL, 0};
}

bool cst_elf_section_has(const struct cst_elf *elf, const char *name, const char *text)
{
    struct cst_elf_bytes section = cst_elf_section(elf, name);
    return section.size != 0 && memmem(section.bytes, section.size, text, strlen(text)) != NULL;
}

const unsigned char *cst_elf_at(const struct cst_elf *elf, uint64_t address, size_t size, uint32_t flags)
{
    return slice(loaded_from(elf, address, flags), 0, size).bytes;
}

struct cst_elf_symbols cst_elf_symbols(const struct cst_elf *elf, enum cst_elf_table table)
{
    struct cst_elf_symbols symbols = {0};
    uint32_t wanted = table == CST_ELF_SYMTAB ? SHT_SYMTAB : SHT_DYNSYM;
    for (size_t i = 0; i < shdr_count(elf); i++) {
        Elf64_Shdr section = shdr_at(elf, i);
        if (section.sh_type == wanted && section.sh_entsize == sizeof(Elf64_Sym) && section.sh_link < shdr_count(elf)) {
            Elf64_Shdr names = shdr_at(elf, section.sh_link);
            symbols.entries = section_bytes(elf, &section);
            symbols.names = section_bytes(elf, &names);
            break;
        }
    }
    /* A table that ends in a terminator makes every name in it end inside; cst_elf_string would look for each end again. */
    while (symbols.names.size != 0 && symbols.names.bytes[symbols.names.size - 1] != '\0') {
        symbols.names.size--;
    }
    if (symbols.names.size == 0) {
        symbols.entries = symbols.names = (struct cst_elf_bytes){0};
    }
    return symbols;
}

/* How many symbols ahead of a walk names are fetched: they lie anywhere in megabytes of names, each a wait for memory. */
#define NAMES_AHEAD 16U

static void fetch_name_ahead(const struct cst_elf_symbols *symbols)
{
    size_t ahead = symbols->next + NAMES_AHEAD * sizeof(Elf64_Sym);
    uint32_t name;
    if (ahead < symbols->entries.size && symbols->entries.size - ahead >= sizeof name) {
        memcpy(&name, symbols->entries.bytes + ahead + offsetof(Elf64_Sym, st_name), sizeof name);
        __builtin_prefetch(symbols->names.bytes + (name < symbols->names.size ? name : 0));
    }
}

bool cst_elf_next(struct cst_elf_symbols *symbols, struct cst_elf_symbol *out_symbol)
{
    Elf64_Sym entry;
    while (symbols->entries.size - symbols->next >= sizeof entry) {
        memcpy(&entry, symbols->entries.bytes + symbols->next, sizeof entry);
        fetch_name_ahead(symbols);
        symbols->next += sizeof entry;
        if (entry.st_name >= symbols->names.size) {
            continue;
        }
        *out_symbol = (struct cst_elf_symbol){
            .name = (const char *)symbols->names.bytes + entry.st_name,
            .value = entry.st_value,
            .size = entry.st_size,
            .section = entry.st_shndx,
            .type = ELF64_ST_TYPE(entry.st_info),
            .binding = ELF64_ST_BIND(entry.st_info),
            .defined = entry.st_shndx != SHN_UNDEF && entry.st_shndx != SHN_ABS && entry.st_shndx != SHN_COMMON,
        };
        return true;
    }
    return false;
}

bool cst_elf_section_holds(const struct cst_elf *elf, size_t index, uint64_t address)
{
    if (index >= shdr_count(elf)) {
        return false;
    }
    Elf64_Shdr section = shdr_at(elf, index);
    return address >= section.sh_addr && address - section.sh_addr < section.sh_size;
}

const char *cst_elf_dynamic_string(const struct cst_elf *elf, int64_t tag, size_t index)
{
    uint64_t offset;
    return cst_elf_dynamic_value(elf, tag, index, &offset) ? cst_elf_string(elf->dynamic_names, offset) : NULL;
}

struct cst_elf_bytes cst_elf_note(struct cst_elf_bytes notes, size_t align, const char *name, uint32_t type)
{
    uint64_t mask = align == 8 ? 7 : 3;
    uint64_t at = 0;
    Elf64_Nhdr note;
    while (slice(notes, at, sizeof note).size != 0) {
        memcpy(&note, notes.bytes + at, sizeof note);
        struct cst_elf_bytes owner = slice(notes, at + sizeof note, note.n_namesz);
        uint64_t data_at = (at + sizeof note + note.n_namesz + mask) & ~mask;
        struct cst_elf_bytes data = slice(notes, data_at, note.n_descsz);
        bool is_its = owner.size == strlen(name) + 1 && memcmp(owner.bytes, name, owner.size) == 0;
        if (is_its && note.n_type == type && data.size != 0) {
            return data;
        }
        at = (data_at + note.n_descsz + mask) & ~mask;
    }
    return (struct cst_elf_bytes){NULL, 0};
}

size_t cst_elf_build_id(struct cst_elf_bytes notes, size_t align, uint8_t *out_id, size_t limit)
{
    struct cst_elf_bytes id = cst_elf_note(notes, align, "GNU", NT_GNU_BUILD_ID);
    size_t size = id.size < limit ? id.size : limit;
    if (size > 0) {
        memcpy(out_id, id.bytes, size);
    }
    return size;
}
