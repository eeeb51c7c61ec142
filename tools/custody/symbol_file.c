/* One ELF file through libdwfl; see symbol_file.h. The index of compilation units is our own, from their address ranges,
 * because clang writes no .debug_aranges, on which libdwfl's own lookup rests. */
#include "symbol_file.h"

#include "demangle.h"
#include "symbol_units.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cst_symbol_source {
    enum cst_symbol_file file;
    Dwfl *dwfl;
    Dwfl_Module *module;
    struct cst_symbol_units units;
    bool units_made;
    Dwarf_Addr bias; /* address here minus address in the debug information; not 0 in prelinked files */
};

static char *debuginfo_path; /* NULL: libdwfl's default, ":.debug:/usr/lib/debug" */

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

/* Descriptor of a regular file, or -1: a path in a log may name anything by now. */
static int open_regular(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool same_build_id(Dwfl_Module *module, const char *expected)
{
    const unsigned char *bits;
    GElf_Addr where;
    int size = dwfl_module_build_id(module, &bits, &where);
    size_t length = size > 0 ? (size_t)size : 0;
    if (strlen(expected) != 2 * length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        static const char digits[] = "0123456789abcdef";
        if (expected[2 * i] != digits[bits[i] >> 4] || expected[2 * i + 1] != digits[bits[i] & 15]) {
            return false;
        }
    }
    return true;
}

static void open_file(struct cst_symbol_source *source, const char *path, int fd)
{
    source->dwfl = dwfl_begin(&callbacks);
    if (!source->dwfl) {
        close(fd);
        return;
    }
    /* Base 0 on top of p_vaddr: the module's addresses are the file's own. The descriptor is libdwfl's on success. */
    source->module = dwfl_report_elf(source->dwfl, "module", path, fd, 0, true);
    if (!source->module) {
        close(fd);
    }
    dwfl_report_end(source->dwfl, NULL, NULL);
}

struct cst_symbol_source *cst_symbol_source_open(struct cst_arena *arena, const char *path, const char *build_id)
{
    struct cst_symbol_source *source = cst_arena_alloc(arena, sizeof *source);
    source->file = CST_SYMBOL_FILE_GONE;
    int fd = open_regular(path);
    if (fd >= 0) {
        open_file(source, path, fd);
    }
    if (source->module) {
        bool same = !*build_id || same_build_id(source->module, build_id);
        source->file = same ? CST_SYMBOL_FILE_OK : CST_SYMBOL_FILE_CHANGED;
    }
    return source;
}

enum cst_symbol_file cst_symbol_source_file(const struct cst_symbol_source *source)
{
    return source->file;
}

/* The function in the symbol tables that covers `address`. */
static struct cst_calls lookup_table(struct cst_symbol_source *source, struct cst_arena *arena, uint64_t address)
{
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(source->module, address, &offset, &symbol, NULL, NULL, NULL);
    struct cst_calls calls = {0};
    /* A symbol without a size, or one that ends before the address, is merely the nearest: no answer. */
    if (name && (symbol.st_size == 0 ? offset == 0 : offset < symbol.st_size)) {
        calls.items = cst_arena_alloc(arena, sizeof *calls.items);
        calls.items[0].function = cst_demangle(arena, name);
        calls.count = 1;
    }
    return calls;
}

struct cst_calls cst_symbol_source_lookup(struct cst_symbol_source *source, struct cst_arena *arena, uint64_t address)
{
    if (!source->units_made) {
        source->units = cst_symbol_units_make(arena, dwfl_module_getdwarf(source->module, &source->bias));
        source->units_made = true;
    }
    struct cst_calls table = lookup_table(source, arena, address);
    struct cst_calls calls = cst_symbol_units_lookup(&source->units, arena, address - source->bias);
    if (calls.count == 0) {
        return table;
    }
    struct cst_call *outermost = &calls.items[calls.count - 1];
    if (!outermost->function && table.count) {
        outermost->function = table.items[0].function;
    }
    return calls;
}

void cst_symbol_source_close(struct cst_symbol_source *source)
{
    if (source->dwfl) {
        dwfl_end(source->dwfl);
        source->dwfl = NULL;
    }
}
