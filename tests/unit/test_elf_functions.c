/* Functions by address: the index of a file's functions gives the answers that a walk over all symbols gives, whatever the
 * symbols are. */
#include "base/elf_functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

#define ROUNDS 300
#define ASKED_PER_ROUND 200

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int build_fixture(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cc -O1 -shared -fPIC -o @/plain.so %/plain.c");
    return 0;
}

/* Returns whether there is a function. */
static bool same_answer(const struct cst_elf *elf, const struct cst_elf_functions *functions, uint64_t address)
{
    struct cst_elf_symbol walked = {0}, indexed = {0};
    bool found = cst_elf_symbol_at(elf, address, &walked);
    assert_int_equal(cst_elf_functions_at(functions, address, &indexed), found);
    assert_ptr_equal(indexed.name, walked.name);
    assert_true(indexed.value == walked.value && indexed.size == walked.size);
    assert_true(indexed.section == walked.section && indexed.type == walked.type && indexed.binding == walked.binding);
    return found;
}

static void every_address_of_a_library_gets_the_same_answer_by_index(void **state)
{
    (void)state;
    struct cst_elf elf;
    struct cst_elf_functions functions;
    assert_true(cst_elf_open(fixture_path("plain.so"), &elf));
    assert_true(cst_elf_functions_make(&elf, &functions));
    assert_true(functions.count > 5);
    unsigned found = 0;
    for (uint64_t address = 0; address < 0x5000; address++) {
        found += same_answer(&elf, &functions, address);
    }
    assert_true(found > 20);
    cst_elf_functions_free(&functions);
    assert_null(functions.list);
    cst_elf_close(&elf);
}

/* A symbol whose place, size, kind and name collide with those of others: few values of each, and absurd ones among them. */
static Elf64_Sym draw_symbol(uint64_t *seed)
{
    static const unsigned char types[] = {STT_FUNC, STT_FUNC, STT_FUNC, STT_NOTYPE, STT_GNU_IFUNC, STT_OBJECT};
    static const uint64_t far[] = {UINT64_MAX, UINT64_MAX - 5, UINT64_C(1) << 63, UINT64_C(1) << 40, 0};
    uint64_t value = draw(seed) % 16 ? 0x1000 + draw(seed) % 0x200 : far[draw(seed) % 5];
    uint64_t size = draw(seed) % 16 ? draw(seed) % 4 * (draw(seed) % 0x30) : far[draw(seed) % 5];
    return (Elf64_Sym){
        .st_name = (uint32_t)(draw(seed) % 64),
        .st_info = (unsigned char)ELF64_ST_INFO(draw(seed) % 3, types[draw(seed) % sizeof types]),
        .st_shndx = (uint16_t)(draw(seed) % 16 ? draw(seed) % 20 : 0xfff1),
        .st_value = value,
        .st_size = size,
    };
}

static void overwrite(struct cst_elf_symbols symbols, uint64_t *seed)
{
    for (size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.entries.size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol = draw_symbol(seed);
        memcpy((void *)(uintptr_t)(symbols.entries.bytes + at), &symbol, sizeof symbol);
    }
}

static void symbols_of_any_kind_give_the_same_answers_by_index(void **state)
{
    (void)state;
    struct cst_elf file, elf;
    assert_true(cst_elf_open(fixture_path("plain.so"), &file));
    unsigned char *copy = malloc(file.file.size);
    memcpy(copy, file.file.bytes, file.file.size);
    assert_true(cst_elf_parse(copy, file.file.size, &elf));
    uint64_t seed = UINT64_C(0x5eed5eed5eed5eed);
    unsigned found = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        overwrite(cst_elf_symbols(&elf, CST_ELF_SYMTAB), &seed);
        overwrite(cst_elf_symbols(&elf, CST_ELF_DYNSYM), &seed);
        struct cst_elf_functions functions;
        assert_true(cst_elf_functions_make(&elf, &functions));
        for (unsigned i = 0; i < ASKED_PER_ROUND; i++) {
            found += same_answer(&elf, &functions, draw(&seed) % 8 ? 0x1000 + draw(&seed) % 0x240 : draw(&seed));
        }
        (void)same_answer(&elf, &functions, UINT64_MAX);
        cst_elf_functions_free(&functions);
    }
    assert_true(found > ROUNDS * ASKED_PER_ROUND / 4);
    free(copy);
    cst_elf_close(&file);
}

static void a_file_without_symbols_has_no_index(void **state)
{
    (void)state;
    struct cst_elf_functions functions;
    struct cst_elf nothing = {0};
    assert_false(cst_elf_functions_make(&nothing, &functions));
    cst_elf_functions_free(&functions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_of_a_library_gets_the_same_answer_by_index),
        cmocka_unit_test(symbols_of_any_kind_give_the_same_answers_by_index),
        cmocka_unit_test(a_file_without_symbols_has_no_index),
    };
    return cmocka_run_group_tests(tests, build_fixture, fixture_end);
}
