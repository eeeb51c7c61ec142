/* The ELF reader: what it reads of real files, and that no file, however malformed, leads it astray. Files under test end
 * at a page that cannot be read, so that one byte too far is a crash. */
#include "base/elf.h"
#include "base/elf_functions.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

#define PAGE ((size_t)4096)
#define FLIPS 20000
#define CUT_STEP 7

/* A copy of a file whose end is the end of readable memory. */
struct guarded {
    unsigned char *bytes;
    size_t size;
    unsigned char *mapping;
    size_t mapping_size;
};

static struct guarded guard(const void *bytes, size_t size)
{
    struct guarded copy = {.size = size, .mapping_size = (size + 2 * PAGE - 1) / PAGE * PAGE};
    copy.mapping = mmap(NULL, copy.mapping_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(copy.mapping != MAP_FAILED);
    assert_int_equal(mprotect(copy.mapping + copy.mapping_size - PAGE, PAGE, PROT_NONE), 0);
    copy.bytes = copy.mapping + copy.mapping_size - PAGE - size;
    memcpy(copy.bytes, bytes, size);
    return copy;
}

static void unguard(struct guarded *copy)
{
    munmap(copy->mapping, copy->mapping_size);
}

static struct guarded load(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat status;
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(bytes != MAP_FAILED);
    struct guarded copy = guard(bytes, (size_t)status.st_size);
    munmap(bytes, (size_t)status.st_size);
    close(fd);
    return copy;
}

static size_t touch(struct cst_elf_bytes bytes)
{
    size_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        sum += bytes.bytes[i];
    }
    return sum;
}

static size_t touch_symbols(const struct cst_elf *elf)
{
    size_t sum = 0;
    struct cst_elf_symbol symbol;
    for (enum cst_elf_table table = CST_ELF_SYMTAB; table <= CST_ELF_DYNSYM; table++) {
        struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
        while (cst_elf_next(&symbols, &symbol)) {
            sum += strlen(symbol.name);
        }
    }
    for (uint64_t address = 0; address < 0x5000; address += 0x333) {
        sum += cst_elf_symbol_at(elf, address, &symbol) ? strlen(symbol.name) : 0;
    }
    return sum;
}

static size_t touch_segments(const struct cst_elf *elf)
{
    size_t sum = 0;
    uint8_t id[32];
    for (size_t i = 0; i < cst_elf_segment_count(elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(elf, i);
        const unsigned char *bytes = cst_elf_at(elf, segment.p_vaddr, segment.p_filesz, 0);
        struct cst_elf_bytes notes = {bytes, bytes != NULL ? segment.p_filesz : 0};
        sum += touch(notes) + cst_elf_build_id(notes, segment.p_align, id, sizeof id);
    }
    return sum;
}

/* Reads everything that can be asked for. */
static size_t touch_all(const void *bytes, size_t size)
{
    struct cst_elf elf;
    if (!cst_elf_parse(bytes, size, &elf)) {
        return 0;
    }
    static const char *const sections[] = {".comment", ".text", ".dynsym", ".strtab", ".none"};
    size_t sum = touch_symbols(&elf) + touch_segments(&elf);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        sum += touch(cst_elf_section(&elf, sections[i])) + cst_elf_section_has(&elf, sections[i], "GCC");
    }
    for (size_t i = 0; i < 4; i++) {
        const char *needed = cst_elf_dynamic_string(&elf, DT_NEEDED, i);
        sum += needed != NULL ? strlen(needed) : 0;
    }
    return sum + (cst_elf_dynamic_string(&elf, DT_SONAME, 0) != NULL);
}

static int build_fixture(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x1234abcd -Wl,-soname,libplain.so.7 -Wl,--no-as-needed "
                "-o @/plain.so %/plain.c -lm");
    return 0;
}

static bool has_symbol(const struct cst_elf *elf, enum cst_elf_table table, const char *name)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        if (strcmp(symbol.name, name) == 0 && symbol.defined) {
            return true;
        }
    }
    return false;
}

static void a_library_is_read_as_it_was_built(void **state)
{
    (void)state;
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("plain.so"), &elf));
    assert_string_equal(cst_elf_dynamic_string(&elf, DT_SONAME, 0), "libplain.so.7");
    assert_string_equal(cst_elf_dynamic_string(&elf, DT_NEEDED, 0), "libm.so.6");
    assert_string_equal(cst_elf_dynamic_string(&elf, DT_NEEDED, 1), "libc.so.6");
    assert_null(cst_elf_dynamic_string(&elf, DT_NEEDED, 2));
    assert_true(cst_elf_section_has(&elf, ".comment", "GCC: "));
    assert_false(cst_elf_section_has(&elf, ".comment", "rustc version"));
    assert_true(has_symbol(&elf, CST_ELF_SYMTAB, "hidden_name"));
    assert_false(has_symbol(&elf, CST_ELF_DYNSYM, "hidden_name"));
    assert_true(has_symbol(&elf, CST_ELF_DYNSYM, "plain_name"));
    assert_int_equal(cst_elf_section(&elf, ".bss").size, 0);
    cst_elf_close(&elf);
    assert_null(elf.file.bytes);
}

static void the_build_id_is_found_among_the_notes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x12, 0x34, 0xab, 0xcd};
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("plain.so"), &elf));
    uint8_t id[32];
    size_t size = 0;
    for (size_t i = 0; i < cst_elf_segment_count(&elf) && size == 0; i++) {
        Elf64_Phdr segment = cst_elf_segment(&elf, i);
        if (segment.p_type == PT_NOTE) {
            struct cst_elf_bytes notes = {cst_elf_at(&elf, segment.p_vaddr, segment.p_filesz, PF_R), segment.p_filesz};
            size = cst_elf_build_id(notes, segment.p_align, id, sizeof id);
            assert_int_equal(cst_elf_build_id(notes, segment.p_align, id, 2), size != 0 ? 2 : 0);
        }
    }
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(id, expected, sizeof expected);
    cst_elf_close(&elf);
}

static void the_function_at_an_address_is_the_one_that_covers_it(void **state)
{
    (void)state;
    void *library = dlopen(fixture_path("plain.so"), RTLD_NOW);
    assert_non_null(library);
    const void *(*hidden)(void) = NULL;
    *(void **)&hidden = dlsym(library, "plain_hidden_address");
    struct link_map *map;
    assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);

    struct cst_elf elf;
    struct cst_elf_symbol symbol;
    assert_true(cst_elf_open(fixture_path("plain.so"), &elf));
    uint64_t address = (uintptr_t)hidden() - map->l_addr;
    assert_true(cst_elf_symbol_at(&elf, address, &symbol));
    assert_string_equal(symbol.name, "hidden_name");
    assert_true(symbol.value == address && symbol.size > 1);
    assert_true(cst_elf_symbol_at(&elf, address + symbol.size - 1, &symbol));
    assert_string_equal(symbol.name, "hidden_name");
    assert_false(cst_elf_symbol_at(&elf, UINT64_MAX, &symbol));
    cst_elf_close(&elf);
    dlclose(library);
}

static void a_symbol_without_size_reaches_to_the_end_of_its_section_only(void **state)
{
    (void)state;
    fixture_run("printf '.text\\n.globl sizeless\\nsizeless:\\nnop\\nnop\\n.section .other,\"ax\"\\nnop\\n.section "
                ".note.GNU-stack\\n' >@/s.s && "
                "cc -shared -nostdlib -o @/s.so @/s.s");
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("s.so"), &elf));
    struct cst_elf_symbols symbols = cst_elf_symbols(&elf, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol = {.name = ""};
    while (strcmp(symbol.name, "sizeless") != 0) {
        assert_true(cst_elf_next(&symbols, &symbol));
    }
    uint64_t start = symbol.value;
    assert_true(cst_elf_symbol_at(&elf, start + 1, &symbol));
    assert_string_equal(symbol.name, "sizeless");
    assert_false(cst_elf_symbol_at(&elf, start + 2, &symbol));
    cst_elf_close(&elf);
}

static void bytes_are_found_by_address_within_one_segment_with_the_flags(void **state)
{
    (void)state;
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("plain.so"), &elf));
    struct cst_elf_bytes text = cst_elf_section(&elf, ".text");
    for (size_t i = 0; i < cst_elf_segment_count(&elf); i++) {
        Elf64_Phdr segment = cst_elf_segment(&elf, i);
        if (segment.p_type != PT_LOAD) {
            continue;
        }
        bool code = (segment.p_flags & PF_X) != 0;
        const unsigned char *first = elf.file.bytes + segment.p_offset;
        assert_ptr_equal(cst_elf_at(&elf, segment.p_vaddr, segment.p_filesz, PF_R), first);
        assert_null(cst_elf_at(&elf, segment.p_vaddr, segment.p_filesz + 1, PF_R));
        assert_ptr_equal(cst_elf_at(&elf, segment.p_vaddr, 1, PF_X), code ? first : NULL);
        assert_true(!code || (text.bytes > first && text.bytes < first + segment.p_filesz));
    }
    cst_elf_close(&elf);
}

static void what_is_no_elf_file_is_refused(void **state)
{
    (void)state;
    struct cst_elf elf;
    assert_false(cst_elf_open("/nonexistent", &elf));
    assert_false(cst_elf_open("/tmp", &elf));
    assert_false(cst_elf_open("/dev/zero", &elf));
    assert_false(cst_elf_open("tests/unit/test_elf.c", &elf));
    assert_false(cst_elf_parse("\x7f"
                               "ELF",
                               4, &elf));
    struct guarded file = load(fixture_path("plain.so"));
    static const size_t identity[] = {0, EI_CLASS, EI_DATA, offsetof(Elf64_Ehdr, e_machine)};
    for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
        file.bytes[identity[i]] ^= 0x40;
        assert_false(cst_elf_parse(file.bytes, file.size, &elf));
        file.bytes[identity[i]] ^= 0x40;
    }
    assert_true(cst_elf_parse(file.bytes, file.size, &elf));
    unguard(&file);
}

static void a_file_cut_anywhere_is_read_within_its_bounds(void **state)
{
    (void)state;
    struct guarded file = load(fixture_path("plain.so"));
    assert_true(touch_all(file.bytes, file.size) > 0);
    for (size_t size = 0; size < file.size; size += CUT_STEP) {
        struct guarded cut = guard(file.bytes, size);
        touch_all(cut.bytes, cut.size);
        unguard(&cut);
    }
    unguard(&file);
}

/* A generator whose numbers are the same in every run (xorshift64). */
static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Where damage tells: the file header, the program headers, the section headers, the symbol and string tables. */
static size_t draw_place(const struct cst_elf *elf, uint64_t *seed)
{
    const struct cst_elf_bytes parts[] = {
        {elf->file.bytes, sizeof(Elf64_Ehdr)},        elf->phdrs,         elf->shdrs, elf->dynamic,
        cst_elf_symbols(elf, CST_ELF_SYMTAB).entries, elf->dynamic_names, elf->file,
    };
    struct cst_elf_bytes part = parts[draw(seed) % (sizeof parts / sizeof parts[0])];
    return (size_t)(part.bytes - elf->file.bytes) + draw(seed) % part.size;
}

static void a_file_damaged_at_random_is_read_within_its_bounds(void **state)
{
    (void)state;
    struct guarded file = load(fixture_path("plain.so"));
    struct guarded work = guard(file.bytes, file.size);
    struct cst_elf elf;
    assert_true(cst_elf_parse(file.bytes, file.size, &elf));
    uint64_t seed = UINT64_C(0x5eed5eed5eed5eed);
    size_t unchanged = touch_all(file.bytes, file.size);
    size_t changed = 0;
    for (unsigned i = 0; i < FLIPS; i++) {
        for (uint64_t flips = 1 + draw(&seed) % 8; flips > 0; flips--) {
            static const unsigned char extremes[] = {0x00, 0xff, 0x7f, 0x80};
            unsigned char byte = draw(&seed) % 2 ? extremes[draw(&seed) % 4] : (unsigned char)draw(&seed);
            work.bytes[draw_place(&elf, &seed)] = byte;
        }
        changed += touch_all(work.bytes, work.size) != unchanged;
        memcpy(work.bytes, file.bytes, file.size);
    }
    assert_true(changed > FLIPS / 4);
    unguard(&work);
    unguard(&file);
}

/* Sets the same field of every section header. */
static void set_sections(struct guarded *file, size_t field, size_t width, uint64_t value)
{
    Elf64_Ehdr header;
    memcpy(&header, file->bytes, sizeof header);
    for (size_t i = 0; i < header.e_shnum; i++) {
        memcpy(file->bytes + header.e_shoff + i * sizeof(Elf64_Shdr) + field, &value, width);
    }
}

static void sections_with_absurd_fields_are_read_within_their_bounds(void **state)
{
    (void)state;
    static const struct {
        size_t offset, width;
    } fields[] = {
        {offsetof(Elf64_Shdr, sh_name), 4},    {offsetof(Elf64_Shdr, sh_type), 4}, {offsetof(Elf64_Shdr, sh_offset), 8},
        {offsetof(Elf64_Shdr, sh_size), 8},    {offsetof(Elf64_Shdr, sh_link), 4}, {offsetof(Elf64_Shdr, sh_addr), 8},
        {offsetof(Elf64_Shdr, sh_entsize), 8},
    };
    static const uint64_t values[] = {0,         1, 2, 11, 24, 4096, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX - 63,
                                      UINT64_MAX};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            struct guarded file = load(fixture_path("plain.so"));
            set_sections(&file, fields[f].offset, fields[f].width, values[v]);
            touch_all(file.bytes, file.size);
            unguard(&file);
        }
    }
}

static void headers_with_absurd_offsets_and_counts_are_empty(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {1, UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct guarded file = load(fixture_path("plain.so"));
        Elf64_Ehdr header;
        struct cst_elf elf;
        memcpy(&header, file.bytes, sizeof header);
        header.e_phoff = offsets[i];
        header.e_phnum = UINT16_MAX;
        header.e_shoff = offsets[i];
        header.e_shnum = UINT16_MAX;
        memcpy(file.bytes, &header, sizeof header);
        assert_true(cst_elf_parse(file.bytes, file.size, &elf));
        assert_int_equal(cst_elf_segment_count(&elf), 0);
        assert_int_equal(cst_elf_section(&elf, ".text").size, 0);
        touch_all(file.bytes, file.size);
        unguard(&file);
    }
}

static void counts_too_large_for_the_header_are_found_in_section_zero(void **state)
{
    (void)state;
    struct guarded file = load(fixture_path("plain.so"));
    Elf64_Ehdr header;
    memcpy(&header, file.bytes, sizeof header);
    Elf64_Shdr zero;
    memcpy(&zero, file.bytes + header.e_shoff, sizeof zero);
    zero.sh_size = header.e_shnum;
    zero.sh_link = header.e_shstrndx;
    header.e_shnum = 0;
    header.e_shstrndx = SHN_XINDEX;
    memcpy(file.bytes, &header, sizeof header);
    memcpy(file.bytes + header.e_shoff, &zero, sizeof zero);
    struct cst_elf elf;
    assert_true(cst_elf_parse(file.bytes, file.size, &elf));
    assert_true(cst_elf_section(&elf, ".text").size > 0);
    unguard(&file);
}

static void notes_with_absurd_sizes_end_the_search(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 4, 5, UINT32_MAX - 3, UINT32_MAX};
    uint8_t id[8];
    for (size_t n = 0; n < 5; n++) {
        for (size_t d = 0; d < 5; d++) {
            Elf64_Nhdr note = {sizes[n], sizes[d], NT_GNU_BUILD_ID};
            unsigned char bytes[sizeof note + 8] = {0};
            memcpy(bytes, &note, sizeof note);
            memcpy(bytes + sizeof note, "GNU", 4);
            struct guarded copy = guard(bytes, sizeof bytes);
            struct cst_elf_bytes notes = {copy.bytes, copy.size};
            size_t expected = sizes[n] == 4 && sizes[d] == 4 ? 4 : 0;
            assert_int_equal(cst_elf_build_id(notes, 4, id, sizeof id), expected);
            unguard(&copy);
        }
    }
}

static void a_note_is_found_by_its_name_and_type_behind_others(void **state)
{
    (void)state;
    static const struct {
        Elf64_Nhdr head;
        char name[8];
        uint32_t data;
    } list[] = {
        {{4, 4, 7}, "GNU", 1},
        {{8, 4, 1}, "Custody", 2},
        {{8, 4, 2}, "Custody", 3},
    };
    /* The first has a shorter name: what follows it begins earlier. */
    unsigned char bytes[sizeof list - 4];
    memcpy(bytes, &list[0], sizeof list[0].head + 4);
    memcpy(bytes + sizeof list[0].head + 4, &list[0].data, 4);
    memcpy(bytes + sizeof list[0] - 4, &list[1], 2 * sizeof list[1]);
    const struct cst_elf_bytes notes = {bytes, sizeof bytes};
    uint32_t data = 0;
    struct cst_elf_bytes found = cst_elf_note(notes, 4, "Custody", 2);
    assert_int_equal(found.size, sizeof data);
    memcpy(&data, found.bytes, sizeof data);
    assert_int_equal(data, 3);
    assert_int_equal(cst_elf_note(notes, 4, "Custod", 2).size, 0);
    assert_int_equal(cst_elf_note(notes, 4, "Custody", 3).size, 0);
    assert_int_equal(cst_elf_note(notes, 4, "GNU", 7).size, sizeof data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_found_by_its_name_and_type_behind_others),
        cmocka_unit_test(a_library_is_read_as_it_was_built),
        cmocka_unit_test(the_build_id_is_found_among_the_notes),
        cmocka_unit_test(the_function_at_an_address_is_the_one_that_covers_it),
        cmocka_unit_test(a_symbol_without_size_reaches_to_the_end_of_its_section_only),
        cmocka_unit_test(bytes_are_found_by_address_within_one_segment_with_the_flags),
        cmocka_unit_test(what_is_no_elf_file_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_read_within_its_bounds),
        cmocka_unit_test(a_file_damaged_at_random_is_read_within_its_bounds),
        cmocka_unit_test(sections_with_absurd_fields_are_read_within_their_bounds),
        cmocka_unit_test(headers_with_absurd_offsets_and_counts_are_empty),
        cmocka_unit_test(counts_too_large_for_the_header_are_found_in_section_zero),
        cmocka_unit_test(notes_with_absurd_sizes_end_the_search),
    };
    return cmocka_run_group_tests(tests, build_fixture, fixture_end);
}
