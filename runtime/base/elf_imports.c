/* Imports of an ELF file: see elf_imports.h. */
#include "base/elf_imports.h"

#include <string.h>

/* The table at the address that one dynamic entry gives, of the size that another gives. */
static struct cst_elf_bytes table_of(const struct cst_elf *elf, int64_t address_tag, int64_t size_tag)
{
    uint64_t address, size;
    if (!cst_elf_dynamic_value(elf, address_tag, 0, &address) || !cst_elf_dynamic_value(elf, size_tag, 0, &size)) {
        return (struct cst_elf_bytes){NULL, 0};
    }
    size -= size % sizeof(Elf64_Rela);
    const unsigned char *bytes = size != 0 ? cst_elf_at(elf, address, size, 0) : NULL;
    return (struct cst_elf_bytes){bytes, bytes != NULL ? size : 0};
}

struct cst_elf_imports cst_elf_imports(const struct cst_elf *elf)
{
    struct cst_elf_imports imports = {.elf = elf};
    if (cst_elf_dynamic_value(elf, DT_SYMTAB, 0, &imports.symbols)) {
        imports.tables[0] = table_of(elf, DT_JMPREL, DT_PLTRELSZ);
        imports.tables[1] = table_of(elf, DT_RELA, DT_RELASZ);
    }
    return imports;
}

static const char *name_of(const struct cst_elf_imports *imports, uint64_t index)
{
    Elf64_Sym symbol;
    const unsigned char *bytes = cst_elf_at(imports->elf, imports->symbols + index * sizeof symbol, sizeof symbol, 0);
    if (bytes == NULL) {
        return NULL;
    }
    memcpy(&symbol, bytes, sizeof symbol);
    return cst_elf_string(imports->elf->dynamic_names, symbol.st_name);
}

static bool read_import(const struct cst_elf_imports *imports, const Elf64_Rela *entry,
                        struct cst_elf_import *out_import)
{
    uint64_t type = ELF64_R_TYPE(entry->r_info);
    if (type != R_X86_64_GLOB_DAT && type != R_X86_64_JUMP_SLOT) {
        return false;
    }
    *out_import = (struct cst_elf_import){name_of(imports, ELF64_R_SYM(entry->r_info)), entry->r_offset};
    return out_import->name != NULL && out_import->name[0] != '\0';
}

bool cst_elf_import_next(struct cst_elf_imports *imports, struct cst_elf_import *out_import)
{
    Elf64_Rela entry;
    for (; imports->table < 2; imports->table++, imports->next = 0) {
        const struct cst_elf_bytes *table = &imports->tables[imports->table];
        while (imports->next < table->size) {
            memcpy(&entry, table->bytes + imports->next, sizeof entry);
            imports->next += sizeof entry;
            if (read_import(imports, &entry, out_import)) {
                return true;
            }
        }
    }
    return false;
}
