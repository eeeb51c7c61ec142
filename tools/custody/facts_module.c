/* A module's facts; see facts_module.h. */
#include "facts_module.h"

#include "facts_code.h"
#include "facts_symbols.h"
#include "facts_unit.h"
#include "facts_units.h"
#include "facts_verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Why `elf` is not a module that can be loaded here; NULL when it is. */
static const char *find_trouble(Elf *elf)
{
    GElf_Ehdr header;
    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header)) {
        return "not an ELF file";
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64) {
        return "of another machine";
    }
    return header.e_type == ET_EXEC || header.e_type == ET_DYN ? NULL : "neither an executable nor a shared object";
}

static bool open_elf(struct cst_facts_module *module)
{
    struct stat status;
    if (fstat(module->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        module->trouble = "not a regular file";
        return false;
    }
    (void)elf_version(EV_CURRENT);
    module->elf = elf_begin(module->fd, ELF_C_READ_MMAP, NULL);
    module->trouble = find_trouble(module->elf);
    if (!module->trouble && !cst_facts_identity_read(module->elf, (uint64_t)status.st_size, &module->identity)) {
        module->trouble = "damaged: its program headers are not in it";
    }
    return !module->trouble;
}

bool cst_facts_module_open(const char *path, struct cst_facts_module *out_module)
{
    *out_module = (struct cst_facts_module){.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (out_module->fd < 0) {
        out_module->trouble = strerror(errno);
        return false;
    }
    if (!open_elf(out_module)) {
        cst_facts_module_close(out_module);
        return false;
    }
    return true;
}

/* Debug information that says anything; NULL when there is none. */
static Dwarf *find_dwarf(struct cst_facts_module *module)
{
    if (!module->debug_sought) {
        module->debug_sought = true;
        cst_facts_debug_open(module->path, module->fd, &module->debug);
        if (module->debug.dwarf && !cst_facts_unit_exists(module->debug.dwarf)) {
            module->debug.dwarf = NULL;
        }
    }
    return module->debug.dwarf;
}

enum custody_facts_source cst_facts_module_source(struct cst_facts_module *module)
{
    if (find_dwarf(module)) {
        return CUSTODY_FACTS_DEBUG_INFO;
    }
    return cst_facts_symbols_exist(module->elf) ? CUSTODY_FACTS_SYMBOLS : CUSTODY_FACTS_NOTHING;
}

static struct cst_facts_symbols list_symbols(struct cst_arena *arena, struct cst_facts_module *module,
                                             const struct cst_facts_spans *code)
{
    struct cst_facts_symbols symbols = {0};
    cst_facts_symbols_add(arena, &symbols, module->elf, code);
    if (find_dwarf(module) && !cst_facts_symbols_exist(module->elf)) {
        cst_facts_symbols_add_apart(arena, &symbols, module->debug.module, code);
    }
    return symbols;
}

struct cst_facts_rows cst_facts_module_read(struct cst_arena *arena, struct cst_facts_module *module)
{
    struct cst_facts_spans code = cst_facts_code_list(arena, module->elf);
    struct cst_facts_symbols symbols = list_symbols(arena, module, &code);
    struct cst_facts_units units = {0};
    Dwarf *dwarf = find_dwarf(module);
    if (dwarf) {
        units = cst_facts_units_read(arena, dwarf, module->debug.bias, &code);
    }
    struct cst_facts_spans spans = cst_facts_verdict_spans(arena, &symbols, &units, &code);
    struct cst_facts_rows rows = cst_facts_rows_make(arena, &spans);
    rows.traits = units.own_rust ? CUSTODY_FACTS_RUST_DESCRIBED : 0;
    return rows;
}

void cst_facts_module_close(struct cst_facts_module *module)
{
    cst_facts_debug_close(&module->debug);
    elf_end(module->elf);
    close(module->fd);
}
