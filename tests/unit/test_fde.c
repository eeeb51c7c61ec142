/* Functions in .eh_frame: those of real functions, and what becomes of tables that were tampered with: nothing outside the
 * module is read, and no range outside its code comes out. */
#include "site/cfi.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static CST_NOINLINE int some_function(int argument)
{
    volatile int sum = 0;
    for (int i = 0; i < argument; i++) {
        sum += i;
    }
    return sum;
}

static void a_function_is_found_from_any_address_inside(void **state)
{
    (void)state;
    struct cst_image image;
    struct cst_range first, other;
    uintptr_t start = (uintptr_t)&some_function;
    assert_true(cst_image_at(start, &image));
    assert_true(cst_fde_find(&image, start, &first));
    assert_int_equal(first.lo, start);
    assert_true(first.hi > start + 8);
    for (uintptr_t at = first.lo; at < first.hi; at++) {
        assert_true(cst_fde_find(&image, at, &other));
        assert_true(other.lo == first.lo && other.hi == first.hi);
    }
    assert_true(!cst_fde_find(&image, first.hi, &other) || other.lo >= first.hi);
    assert_true(!cst_fde_find(&image, first.lo - 1, &other) || other.hi <= first.lo);
    assert_int_equal(some_function(3), 3);
}

static void functions_of_every_library_are_found(void **state)
{
    (void)state;
    static const char *const names[] = {"free", "qsort", "pthread_create", "printf", "_cmocka_run_group_tests"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cst_image image;
        struct cst_range function;
        uintptr_t start = (uintptr_t)dlsym(RTLD_DEFAULT, names[i]);
        assert_true(start && cst_image_at(start, &image));
        assert_true(cst_fde_find(&image, start, &function));
        assert_true(start >= function.lo && start < function.hi);
    }
}

static void every_function_of_a_library_has_instructions_that_can_be_read(void **state)
{
    (void)state;
    struct cst_image image;
    struct cst_range code;
    struct cst_fde fde;
    struct cst_cfi_row row;
    size_t functions = 0;
    const uintptr_t inside = (uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    assert_true(cst_image_at(inside, &image) && cst_image_segment(&image, inside, PF_X, &code));
    for (uintptr_t at = code.lo; at < code.hi; at++) {
        if (cst_fde_read(&image, at, &fde)) {
            assert_true(cst_cfi_row_at(&fde, at, &row) && cst_cfi_row_at(&fde, fde.function.hi - 1, &row));
            at = fde.function.hi - 1;
            functions++;
        }
    }
    assert_true(functions > 1000);
}

static void the_libcs_signal_return_is_a_signal_frame(void **state)
{
    (void)state;
    struct cst_image image;
    struct cst_fde fde;
    struct cst_range code;
    static const uint8_t bytes[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    const uintptr_t inside = (uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    assert_true(cst_image_at(inside, &image) && cst_image_segment(&image, inside, PF_X, &code));
    const uint8_t *restorer = memmem((const void *)code.lo, code.hi - code.lo, bytes, sizeof bytes);
    assert_non_null(restorer);
    assert_true(cst_fde_read(&image, (uintptr_t)restorer - 1, &fde));
    assert_true(fde.signal_frame);
    assert_true(cst_fde_read(&image, inside, &fde));
    assert_false(fde.signal_frame);
}

static void data_and_wild_addresses_have_no_function(void **state)
{
    (void)state;
    static int data;
    struct cst_image image;
    struct cst_range function;
    assert_true(cst_image_at((uintptr_t)&some_function, &image));
    assert_false(cst_fde_find(&image, (uintptr_t)&data, &function));
    assert_false(cst_fde_find(&image, 0, &function));
    assert_false(cst_fde_find(&image, UINTPTR_MAX, &function));
}

/* Unmapped bytes on either side of a copy. */
#define GUARD_SIZE ((size_t)1 << 24)

/* A library as it lies in memory, copied to where it can be changed, with nothing mapped around it. */
struct copy {
    struct cst_module module;
    uint8_t *bytes;
    size_t size;
};

static struct copy copy_library(uintptr_t *out_base, const char *symbol)
{
    struct cst_image image;
    assert_true(cst_image_at((uintptr_t)dlsym(RTLD_DEFAULT, symbol), &image));
    size_t size = image.module->hi - image.module->lo;
    uint8_t *area = mmap(NULL, size + 2 * GUARD_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(area != MAP_FAILED);
    struct copy copy = {.bytes = area + GUARD_SIZE, .size = size, .module = *image.module};
    assert_int_equal(mprotect(copy.bytes, size, PROT_READ | PROT_WRITE), 0);
    for (uintptr_t at = image.module->lo; at < image.module->hi; at += 4096) {
        struct cst_range segment;
        if (cst_image_segment(&image, at, 0, &segment) || cst_image_segment(&image, at + 4095, 0, &segment)) {
            memcpy(copy.bytes + (at - image.module->lo), (const void *)at, 4096);
        }
    }
    *out_base = copy.module.base;
    copy.module.base = copy.module.base - copy.module.lo + (uintptr_t)copy.bytes;
    copy.module.lo = (uintptr_t)copy.bytes;
    copy.module.hi = copy.module.lo + size;
    copy.module.headers = copy.bytes + sizeof(Elf64_Ehdr);
    return copy;
}

/* The dynamic linker made pointers of some entries of the dynamic section; they must point into the copy. */
static void move_dynamic_pointers(const struct copy *copy, uintptr_t old_base, struct cst_range dynamic)
{
    for (Elf64_Dyn *entry = (void *)dynamic.lo; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_RELA || entry->d_tag == DT_JMPREL) {
            entry->d_un.d_ptr += copy->module.base - old_base;
        }
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 20;
}

static bool is_within(struct cst_range part, const struct copy *copy)
{
    return part.lo <= part.hi && part.lo >= copy->module.lo && part.hi <= copy->module.hi;
}

static void read_instructions(const struct copy *copy, const struct cst_image *image, uintptr_t address)
{
    struct cst_fde fde;
    struct cst_cfi_row row;
    if (cst_fde_read(image, address, &fde)) {
        assert_true(is_within(fde.common, copy) && is_within(fde.instructions, copy));
        if (cst_cfi_row_at(&fde, address, &row)) {
            assert_true(row.cfa_expression.lo == 0 || is_within(row.cfa_expression, copy));
        }
    }
}

static void look_around(const struct copy *copy, uint64_t *seed)
{
    struct cst_image image;
    struct cst_range function, code;
    uintptr_t word;
    if (!cst_image_open(&copy->module, &image)) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        uintptr_t address = copy->module.lo + next_random(seed) % copy->size;
        if (cst_fde_find(&image, address, &function)) {
            assert_true(address >= function.lo && address < function.hi);
            assert_true(cst_image_segment(&image, address, PF_X, &code));
            assert_true(function.lo >= copy->module.lo && function.hi <= copy->module.hi);
        }
        read_instructions(copy, &image, address);
        (void)!cst_image_slot(&image, address & ~(uintptr_t)7);
        (void)!cst_image_word(&image, address, &word);
    }
}

static void tampered_tables_never_lead_outside_the_module(void **state)
{
    (void)state;
    uintptr_t old_base;
    struct copy copy = copy_library(&old_base, "_cmocka_run_group_tests");
    struct cst_image image;
    struct cst_range frames, dynamic;
    uint64_t seed = 7;
    assert_true(cst_image_open(&copy.module, &image));
    assert_true(cst_image_part(&image, PT_GNU_EH_FRAME, &frames));
    assert_true(cst_image_part(&image, PT_DYNAMIC, &dynamic));
    move_dynamic_pointers(&copy, old_base, dynamic);
    const struct cst_range parts[] = {{copy.module.lo, copy.module.lo + 64 + 56 * 10},
                                      {frames.lo, frames.hi},
                                      {frames.hi, frames.hi + 4096}, /* .eh_frame follows its header */
                                      {dynamic.lo, dynamic.hi}};
    for (int round = 0; round < 40000; round++) {
        const struct cst_range *part = &parts[round % 4];
        uint8_t *bytes[3], old[3];
        for (int i = 0; i < 3; i++) {
            bytes[i] = (uint8_t *)part->lo + next_random(&seed) % (part->hi - part->lo);
            old[i] = *bytes[i];
            *bytes[i] = (uint8_t)next_random(&seed);
        }
        look_around(&copy, &seed);
        for (int i = 2; i >= 0; i--) {
            *bytes[i] = old[i];
        }
    }
    munmap(copy.bytes - GUARD_SIZE, copy.size + 2 * GUARD_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_found_from_any_address_inside),
        cmocka_unit_test(functions_of_every_library_are_found),
        cmocka_unit_test(every_function_of_a_library_has_instructions_that_can_be_read),
        cmocka_unit_test(the_libcs_signal_return_is_a_signal_frame),
        cmocka_unit_test(data_and_wild_addresses_have_no_function),
        cmocka_unit_test(tampered_tables_never_lead_outside_the_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
