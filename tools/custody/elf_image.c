/* ELF files before they run; see elf_image.h. */
#include "elf_image.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#define NATIVE_CLASS ELFCLASS64
#define NATIVE_DATA ELFDATA2LSB
#define NATIVE_MACHINE EM_X86_64
#define NATIVE_NAME "64-bit x86"

/* How a sanitizer shows: its shared runtime by name, a linked-in one by the function that every object calls. */
static const struct {
    const char *name;
    const char *libraries[3]; /* beginnings of DT_NEEDED */
    const char *symbol;
} sanitizers[] = {
    {"AddressSanitizer", {"libasan.so", "libclang_rt.asan"}, "__asan_init"},
    {"ThreadSanitizer", {"libtsan.so", "libclang_rt.tsan"}, "__tsan_init"},
    {"MemorySanitizer", {"libmsan.so", "libclang_rt.msan"}, "__msan_init"},
    {"LeakSanitizer", {"liblsan.so", "libclang_rt.lsan"}, "__lsan_init"},
    {"HWAddressSanitizer", {"libhwasan.so", "libclang_rt.hwasan"}, "__hwasan_init"},
    {"DataFlowSanitizer", {"libclang_rt.dfsan"}, "__dfsan_init"},
};
#define SANITIZER_COUNT (sizeof sanitizers / sizeof *sanitizers)

const char *cst_elf_image_native_name(void)
{
    return NATIVE_NAME;
}

static const char *machine_name(const GElf_Ehdr *header)
{
    bool wide = header->e_ident[EI_CLASS] == ELFCLASS64;
    switch (header->e_machine) {
    case EM_X86_64:
        return wide ? NATIVE_NAME : "x32";
    case EM_386:
        return "32-bit x86";
    case EM_AARCH64:
        return "64-bit Arm";
    case EM_ARM:
        return "32-bit Arm";
    case EM_RISCV:
        return wide ? "64-bit RISC-V" : "32-bit RISC-V";
    case EM_PPC64:
        return "64-bit Power";
    case EM_S390:
        return "s390";
    default:
        return "another machine";
    }
}

static bool has_interpreter(Elf *elf)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

static const char *sanitizer_of_library(const char *library)
{
    for (size_t i = 0; i < SANITIZER_COUNT; i++) {
        for (const char *const *prefix = sanitizers[i].libraries; *prefix; prefix++) {
            if (strncmp(library, *prefix, strlen(*prefix)) == 0) {
                return sanitizers[i].name;
            }
        }
    }
    return NULL;
}

static const char *sanitizer_of_symbol(const char *symbol)
{
    for (size_t i = 0; i < SANITIZER_COUNT; i++) {
        if (strcmp(symbol, sanitizers[i].symbol) == 0) {
            return sanitizers[i].name;
        }
    }
    return NULL;
}

/* Looks through one section: libraries needed, or symbols. */
static const char *sanitizer_of_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    const char *found = NULL;
    for (size_t i = 0; i < count && i < 0x7fffffff && !found; i++) {
        GElf_Dyn entry;
        GElf_Sym symbol;
        const char *name = NULL;
        if (header->sh_type == SHT_DYNAMIC) {
            if (gelf_getdyn(data, (int)i, &entry) && entry.d_tag == DT_NEEDED) {
                name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
            }
            found = name ? sanitizer_of_library(name) : NULL;
        } else if (gelf_getsym(data, (int)i, &symbol)) {
            name = elf_strptr(elf, header->sh_link, symbol.st_name);
            found = name ? sanitizer_of_symbol(name) : NULL;
        }
    }
    return found;
}

static const char *find_sanitizer(Elf *elf)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header)) {
            continue;
        }
        if (header.sh_type == SHT_DYNAMIC || header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) {
            const char *found = sanitizer_of_section(elf, section, &header);
            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

static bool read_image(Elf *elf, struct cst_elf_image *image)
{
    GElf_Ehdr header;
    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header)) {
        image->trouble = elf_errmsg(-1);
        return false;
    }
    image->native = header.e_ident[EI_CLASS] == NATIVE_CLASS && header.e_ident[EI_DATA] == NATIVE_DATA &&
                    header.e_machine == NATIVE_MACHINE;
    image->machine = machine_name(&header);
    image->dynamic = has_interpreter(elf);
    image->sanitizer = find_sanitizer(elf);
    return true;
}

bool cst_elf_image_read(const char *path, struct cst_elf_image *out_image)
{
    *out_image = (struct cst_elf_image){.trouble = "cannot be opened"};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    (void)elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    bool ok = read_image(elf, out_image);
    elf_end(elf);
    close(fd);
    return ok;
}
