/* Any bytes as a library that is loaded: its headers, exception tables, call frame instructions, relocations and code, as the
 * runtime reads them in memory to tell who called. The input is laid out as a dynamic linker would, as far as it makes
 * sense; nothing lies around it. The registry of modules is replaced by this one module (the linker's --wrap). */
#include "../fuzz.h"

#include "base/elf.h"
#include "site/callsite_read.h"
#include "site/cfi.h"
#include "site/detour_room.h"
#include "site/fde.h"
#include "site/frame_rule.h"
#include "site/module_file.h"
#include "site/module_headers.h"
#include "site/rust_pattern.h"

/* Room that the input may ask for in memory; a multiple of a page. */
#define MEMORY_MAX ((size_t)64 << 10)

/* Addresses that are looked at: few, since each may cost as much as the whole module has. */
#define LOOKS 24

static struct cst_module module;

const struct cst_module *__wrap_cst_module_find(uintptr_t address);
const struct cst_module *__wrap_cst_module_find(uintptr_t address)
{
    return module.hi && address >= module.lo && address < module.hi ? &module : NULL;
}

/* Memory of the module, with guard pages around it: [memory, memory + MEMORY_MAX). */
static uint8_t *memory;

static void reserve(void)
{
    uint8_t *area = mmap(NULL, MEMORY_MAX + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(area != MAP_FAILED && mprotect(area + 4096, MEMORY_MAX, PROT_READ | PROT_WRITE) == 0);
    memory = area + 4096;
}

/* Lays the segments out at the end of the memory, so that what is read behind the last page faults. */
static bool load(const struct cst_elf *elf)
{
    size_t size = 0;
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        if (segment.p_type == PT_LOAD && segment.p_vaddr < MEMORY_MAX &&
            segment.p_memsz <= MEMORY_MAX - segment.p_vaddr)
            size = segment.p_vaddr + segment.p_memsz > size ? segment.p_vaddr + segment.p_memsz : size;
    }
    size = (size + 4095) & ~(size_t)4095;
    if (size == 0)
        return false;
    memset(memory, 0, MEMORY_MAX);
    uint8_t *base = memory + MEMORY_MAX - size;
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        const unsigned char *bytes =
            segment.p_type == PT_LOAD ? cst_elf_at(elf, segment.p_vaddr, segment.p_filesz, 0) : NULL;
        if (bytes && segment.p_vaddr < size && segment.p_filesz <= size - segment.p_vaddr)
            memcpy(base + segment.p_vaddr, bytes, segment.p_filesz);
    }
    module = (struct cst_module){.base = (uintptr_t)base,
                                 .lo = (uintptr_t)base,
                                 .hi = (uintptr_t)base + size,
                                 .path = "",
                                 .name = "",
                                 .role = CST_ROLE_LIBRARY,
                                 .lang = CUSTODY_LANG_C};
    return true;
}

static bool is_within(struct cst_range part)
{
    return part.lo <= part.hi && part.lo >= module.lo && part.hi <= module.hi;
}

static void look_for_function(const struct cst_image *image, uintptr_t address)
{
    struct cst_fde fde;
    struct cst_cfi_row row;
    if (!cst_fde_read(image, address, &fde))
        return;
    require(is_within(fde.function) && is_within(fde.common) && is_within(fde.instructions));
    require(address >= fde.function.lo && address < fde.function.hi);
    if (cst_cfi_row_at(&fde, address, &row))
        require(row.cfa_expression.lo == 0 || is_within(row.cfa_expression));
}

static void look_for_call(const struct cst_image *image, uintptr_t address)
{
    uintptr_t word;
    /* The last page is taken for the door, so that some code leads there. */
    const struct cst_goal goal = {.name = CUSTODY_DOOR_FREE, .door = module.lo + 0x200};
    struct cst_callsite_reading reading = cst_callsite_read(address, &goal);
    require(reading.caller.module == NULL || reading.caller.module == &module);
    use(cst_callsite_plausible(address) + cst_frame_rule_make(address));
    use(cst_image_slot(image, address & ~(uintptr_t)7));
    use(cst_image_word(image, address, &word));
}

static void look_for_room(uintptr_t address)
{
    struct cst_room room;
    if (!cst_room_open(&module, address, 64, &room))
        return;
    require(is_within(room.function));
    use(cst_room_is_free(&room, 5));
}

static void look_around(const struct cst_image *image)
{
    struct cst_fde_list list;
    size_t count = cst_fde_list_open(image, &list) ? list.count : 0;
    for (size_t i = 0; i < LOOKS; i++) {
        uintptr_t address = module.lo + i * (module.hi - module.lo) / LOOKS;
        look_for_function(image, address);
        look_for_call(image, address + 5);
        if (i < count) {
            uintptr_t start = cst_fde_list_start(&list, i);
            look_for_function(image, start);
            look_for_call(image, start + 9);
            look_for_call(image, start + 13);
            look_for_room(start);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cst_elf elf;
    struct cst_image image;
    static struct cst_module_headers headers;
    struct cst_rust_survey survey;
    if (!memory)
        reserve();
    if (!cst_elf_parse(bytes, size, &elf) || !load(&elf))
        return 0;
    cst_module_headers_read(&module, &headers);
    module.headers = headers.bytes;
    module.headers_size = headers.size;
    cst_module_identify(&module);
    require(module.build_id_size <= sizeof module.build_id);
    if (!cst_image_open(&module, &image))
        return 0;
    look_around(&image);
    use(cst_rust_pattern_find(&module, &elf, &survey));
    require(survey.count <= CST_RUST_ENTRIES_MAX);
    return 0;
}
