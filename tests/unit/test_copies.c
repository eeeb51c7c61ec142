/* Copies of the runtime: what the one in this program says of itself, and that it serves, being alone. How several get on is
 * seen in tests/linked. */
#include "entry/copies.h"

#include "custody/custody.h"

#include "base/elf.h"

#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern struct cst_copy cst_copy_here;
extern const struct cst_copy_note cst_copy_note;
extern const size_t cst_copy_note_size;

static void a_copy_that_is_alone_serves(void **state)
{
    (void)state;
    assert_true(cst_copies_serve_here());
    assert_ptr_equal(cst_copies_settle(), cst_copy_here.functions);
    assert_ptr_equal(cst_functions_serving, cst_copy_here.functions);
    assert_int_equal(cst_copy_here.serves, 1);
    assert_int_equal(*cst_copy_here.door, 0);
}

static void the_note_leads_to_the_copy(void **state)
{
    (void)state;
    assert_int_equal((uintptr_t)&cst_copy_note + (uintptr_t)cst_copy_note.offset, (uintptr_t)&cst_copy_here);
}

static void the_note_has_the_version_and_every_function_in_order(void **state)
{
    (void)state;
    static const char *const texts[] = {
        CUSTODY_VERSION,
#define CUSTODY_FUNCTION(name) #name,
#include "custody/functions.def"
    };
    const char *at = cst_copy_note.texts;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(at, texts[i]);
        at += strlen(at) + 1;
    }
    assert_ptr_equal(at, (const char *)&cst_copy_note + cst_copy_note_size);
}

static int find_note(struct dl_phdr_info *module, size_t size, void *found)
{
    (void)size;
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        const struct cst_elf_bytes notes = {(const unsigned char *)module->dlpi_addr + segment->p_vaddr,
                                            segment->p_memsz};
        if (segment->p_type != PT_NOTE)
            continue;
        struct cst_elf_bytes note = cst_elf_note(notes, segment->p_align, "Custody", 1);
        if (note.size != 0)
            *(struct cst_elf_bytes *)found = note;
    }
    return 0;
}

static void the_note_is_in_a_loaded_segment(void **state)
{
    (void)state;
    struct cst_elf_bytes note = {NULL, 0};
    dl_iterate_phdr(find_note, &note);
    assert_ptr_equal(note.bytes, &cst_copy_note);
    assert_int_equal(note.size, cst_copy_note_size);
}

static void a_function_goes_to_its_body_in_the_copy_that_serves(void **state)
{
    (void)state;
    assert_string_equal(custody_version(), CUSTODY_VERSION);
    cst_function *other[CST_FUNCTION_COUNT];
    memcpy(other, cst_copy_here.functions, sizeof other);
    other[CST_FUNCTION_custody_version] = cst_copy_here.functions[CST_FUNCTION_custody_status_name];
    cst_function *const *before = cst_functions_serving;
    cst_functions_serving = other;
    const char *(*version)(custody_status) = (const char *(*)(custody_status))(uintptr_t)custody_version;
    const char *said = version(CUSTODY_STATUS_EXHAUSTED);
    cst_functions_serving = before;
    assert_string_equal(said, "exhausted");
}

static void the_first_call_keeps_its_arguments(void **state)
{
    (void)state;
    custody_side side = 0;
    cst_functions_serving = NULL;
    assert_int_equal(custody_side_register("first", CUSTODY_LANG_CXX, &side), CUSTODY_STATUS_OK);
    assert_string_equal(custody_side_name(side), "first");
    assert_ptr_equal(cst_functions_serving, cst_copy_here.functions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_that_is_alone_serves),
        cmocka_unit_test(the_note_leads_to_the_copy),
        cmocka_unit_test(the_note_has_the_version_and_every_function_in_order),
        cmocka_unit_test(the_note_is_in_a_loaded_segment),
        cmocka_unit_test(a_function_goes_to_its_body_in_the_copy_that_serves),
        cmocka_unit_test(the_first_call_keeps_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
