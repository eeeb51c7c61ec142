/* Imports of ELF files: what the linker wrote for calls and for addresses of functions, and that a cut or altered file
 * leads nowhere. */
#include "base/elf_imports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

static int begin(void **state)
{
    (void)fixture_begin(state);
    fixture_run(
        "printf 'int getpid(void), getppid(void); void *take(void); int call(void);\\n"
        "void *take(void) { return (void *)getppid; }\\nint call(void) { return getpid() + 1; }\\n' >@/user.c && "
        "cc -O1 -shared -fPIC -o @/user.so @/user.c");
    return 0;
}

static unsigned count(const struct cst_elf *elf, const char *name)
{
    unsigned found = 0;
    struct cst_elf_imports imports = cst_elf_imports(elf);
    struct cst_elf_import import;
    while (cst_elf_import_next(&imports, &import)) {
        if (strcmp(import.name, name) == 0) {
            assert_non_null(cst_elf_at(elf, import.word, 8, PF_W));
            found++;
        }
    }
    return found;
}

static void functions_that_are_called_and_those_whose_address_is_taken_are_imports(void **state)
{
    (void)state;
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("user.so"), &elf));
    assert_int_equal(count(&elf, "getpid"), 1);
    assert_int_equal(count(&elf, "getppid"), 1);
    assert_int_equal(count(&elf, "take"), 0);
    cst_elf_close(&elf);
}

static void a_file_without_relocations_has_none(void **state)
{
    (void)state;
    struct cst_elf elf = {0};
    assert_int_equal(count(&elf, "getpid"), 0);
}

/* Tables beyond the end, names beyond theirs: absent, and nothing is read there. */
static void an_altered_file_is_read_within_bounds(void **state)
{
    (void)state;
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("user.so"), &elf));
    unsigned char *copy = test_malloc(elf.file.size);
    for (unsigned seed = 1; seed < 4000; seed++) {
        memcpy(copy, elf.file.bytes, elf.file.size);
        for (size_t at = seed % 509; at < elf.file.size; at += 509 + seed % 97) {
            copy[at] ^= (unsigned char)(seed * 37 + at);
        }
        struct cst_elf altered;
        struct cst_elf_import import;
        if (cst_elf_parse(copy, elf.file.size, &altered)) {
            struct cst_elf_imports imports = cst_elf_imports(&altered);
            while (cst_elf_import_next(&imports, &import)) {
                assert_true((const unsigned char *)import.name + strlen(import.name) < copy + elf.file.size);
            }
        }
    }
    test_free(copy);
    cst_elf_close(&elf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_that_are_called_and_those_whose_address_is_taken_are_imports),
        cmocka_unit_test(a_file_without_relocations_has_none),
        cmocka_unit_test(an_altered_file_is_read_within_bounds),
    };
    return cmocka_run_group_tests(tests, begin, fixture_end);
}
