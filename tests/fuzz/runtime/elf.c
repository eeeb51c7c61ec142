/* Any bytes as an ELF file: everything that base/elf.h, base/elf_imports.h and site/rust_survey.h say of it can be read to its end. */
#include "../fuzz.h"

#include "base/elf.h"
#include "base/elf_functions.h"
#include "base/elf_imports.h"
#include "site/family.h"
#include "site/mangling.h"
#include "site/rust_survey.h"

static void touch(struct cst_elf_bytes bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++)
        sum += bytes.bytes[i];
    use(sum);
}

static void touch_symbols(const struct cst_elf *elf)
{
    struct cst_elf_symbol symbol;
    struct cst_rust_survey survey = {.count = 0};
    for (enum cst_elf_table table = CST_ELF_SYMTAB; table <= CST_ELF_DYNSYM; table++) {
        struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
        while (cst_elf_next(&symbols, &symbol)) {
            use(strlen(symbol.name));
            cst_rust_survey_symbol(&survey, &symbol);
            use(cst_mangling_lang(symbol.name) + (unsigned)cst_family_of(symbol.name));
        }
    }
    require(survey.count <= CST_RUST_ENTRIES_MAX);
}

static void touch_addresses(const struct cst_elf *elf)
{
    struct cst_elf_symbol symbol, same;
    struct cst_elf_functions functions;
    bool indexed = cst_elf_functions_make(elf, &functions);
    for (uint64_t address = 0; address < 0x5000; address += 0x111) {
        bool found = cst_elf_symbol_at(elf, address, &symbol);
        if (found)
            use(strlen(symbol.name) + symbol.size);
        if (indexed && cst_elf_functions_at(&functions, address, &same))
            require(found && same.name == symbol.name && same.value == symbol.value);
        else
            require(!indexed || !found);
        const unsigned char *bytes = cst_elf_at(elf, address, 16, 0);
        if (bytes)
            touch((struct cst_elf_bytes){bytes, 16});
    }
    cst_elf_functions_free(&functions);
}

static void touch_segments(const struct cst_elf *elf)
{
    uint8_t id[32];
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        const unsigned char *bytes = cst_elf_at(elf, segment.p_vaddr, segment.p_filesz, 0);
        struct cst_elf_bytes notes = {bytes, bytes ? segment.p_filesz : 0};
        touch(notes);
        touch(cst_elf_note(notes, segment.p_align, "GNU", 3));
        require(cst_elf_build_id(notes, segment.p_align, id, sizeof id) <= sizeof id);
    }
}

static void touch_dynamic(const struct cst_elf *elf)
{
    struct cst_elf_imports imports = cst_elf_imports(elf);
    struct cst_elf_import import;
    while (cst_elf_import_next(&imports, &import))
        use(strlen(import.name) + import.word);
    for (size_t i = 0; i < 4; i++) {
        const char *needed = cst_elf_dynamic_string(elf, DT_NEEDED, i);
        use(needed ? strlen(needed) : 0);
    }
    const char *soname = cst_elf_dynamic_string(elf, DT_SONAME, 0);
    use(soname ? strlen(soname) : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const sections[] = {".comment", ".text", ".dynsym", ".strtab", ".none"};
    struct cst_elf elf;
    if (!cst_elf_parse(bytes, size, &elf))
        return 0;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        touch(cst_elf_section(&elf, sections[i]));
        use(cst_elf_section_has(&elf, sections[i], "rustc version"));
    }
    touch_symbols(&elf);
    touch_addresses(&elf);
    touch_segments(&elf);
    touch_dynamic(&elf);
    return 0;
}
