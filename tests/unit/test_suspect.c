/* Suspects: what each kind of pointer turns out to be, and what the finding then says. The world is small (world.h) and the
 * heap real. */
#include "core/suspect.h"

#include "child.h"
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct cst_suspect examine_named(enum custody_door door, uint16_t side, const void *pointer,
                                        struct cst_given given)
{
    const struct cst_call call = {.door = door, .side = side, .return_address = AT_RELEASE};
    const struct cst_origin origin = cst_origin_of(&call);
    return cst_suspect_examine(&call, &origin, (uintptr_t)pointer, &given);
}

static struct cst_suspect examine(enum custody_door door, uint16_t side, const void *pointer)
{
    return examine_named(door, side, pointer, NAMING_NOTHING);
}

/* The one finding that was told. */
static const struct cst_finding *the_finding(enum custody_finding_kind kind)
{
    assert_int_equal(told_count, 1);
    assert_string_equal(custody_finding_name(told[0].finding.kind), custody_finding_name(kind));
    return &told[0].finding;
}

static void a_block_of_the_caller_is_a_block_and_nothing_is_told(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 24, 16);
    struct cst_suspect suspect = examine(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(suspect.target, CST_TARGET_BLOCK);
    assert_int_equal(suspect.hit.start, (uintptr_t)block);
    assert_int_equal(told_count, 0);
}

static void a_finding_says_who_made_the_block_and_who_released_it_and_where(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 24, 8);
    struct cst_suspect suspect = examine(CUSTODY_DOOR_FREE, library_side, block);
    assert_int_equal(suspect.target, CST_TARGET_BLOCK);
    const struct cst_finding *finding = the_finding(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(finding->severity, CUSTODY_SEVERITY_ERROR);
    assert_int_equal(finding->confidence, CUSTODY_CONFIDENCE_EXACT);
    assert_int_equal(finding->address, (uintptr_t)block);
    assert_true(finding->has_block && finding->has_by);
    assert_int_equal(finding->block_address, (uintptr_t)block);
    assert_int_equal(finding->block_size, 24);
    assert_int_equal(finding->block_align, 8);
    assert_string_equal(finding->owner.side, "program");
    assert_int_equal(finding->owner.lang, CUSTODY_LANG_RUST);
    assert_int_equal(finding->owner.contract, CUSTODY_CONTRACT_RUST);
    assert_string_equal(finding->by.side, "library");
    assert_int_equal(finding->by.lang, CUSTODY_LANG_C);
    assert_int_equal(finding->by.contract, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(finding->call, CUSTODY_DOOR_FREE);
    assert_int_equal(finding->place, CST_PLACE_NONE);
    assert_int_equal(told[0].alloc, AT_MAKE);
    assert_int_equal(told[0].release, AT_RELEASE);
    assert_int_equal(told[0].first_release, 0);
}

static void a_wrong_layout_is_told_with_what_was_named(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 32, 8);
    (void)examine_named(CUSTODY_DOOR_RUST_DEALLOC, rust_side, block, naming(8, 8));
    const struct cst_finding *finding = the_finding(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_true(finding->has_given_size);
    assert_int_equal(finding->given_size, 8);
    assert_int_equal(finding->block_size, 32);
    assert_false(finding->has_given_align);
}

static void a_wrong_alignment_is_told_without_the_size_that_fits(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 32, 64);
    (void)examine_named(CUSTODY_DOOR_RUST_DEALLOC, rust_side, block, naming(32, 4));
    const struct cst_finding *finding = the_finding(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_false(finding->has_given_size);
    assert_true(finding->has_given_align);
    assert_int_equal(finding->given_align, 4);
    assert_int_equal(finding->block_align, 64);
}

static void a_released_block_is_told_with_both_releases(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 4000, 16);
    cst_engine_release(CUSTODY_DOOR_FREE, program_side, AT_AGAIN, 0, block, NAMING_NOTHING);
    assert_int_equal(examine(CUSTODY_DOOR_FREE, library_side, block).target, CST_TARGET_RELEASED);
    const struct cst_finding *finding = the_finding(CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(finding->block_size, 4000);
    assert_int_equal(told[0].alloc, AT_MAKE);
    assert_int_equal(told[0].first_release, AT_AGAIN);
    assert_int_equal(told[0].release, AT_RELEASE);
}

static void a_pointer_into_a_block_is_told_with_its_block(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 1000, 16);
    struct cst_suspect suspect = examine(CUSTODY_DOOR_FREE, program_side, block + 17);
    assert_int_equal(suspect.target, CST_TARGET_INTERIOR);
    assert_int_equal(suspect.hit.start, (uintptr_t)block);
    const struct cst_finding *finding = the_finding(CUSTODY_FINDING_INTERIOR_FREE);
    assert_int_equal(finding->address, (uintptr_t)block + 17);
    assert_int_equal(finding->block_address, (uintptr_t)block);
    assert_int_equal(finding->block_size, 1000);
}

static void expect_no_block(const void *pointer, enum cst_target target, enum custody_finding_kind kind,
                            enum cst_place place)
{
    world_forget();
    struct cst_suspect suspect = examine(CUSTODY_DOOR_FREE, program_side, pointer);
    assert_int_equal(suspect.target, target);
    assert_null(suspect.hit.tag);
    const struct cst_finding *finding = the_finding(kind);
    assert_false(finding->has_block);
    assert_int_equal(finding->place, place);
    assert_int_equal(told[0].alloc, 0);
    assert_int_equal(told[0].release, AT_RELEASE);
}

static void what_is_no_block_is_told_by_its_place(void **state)
{
    (void)state;
    static int constant;
    int local = 0;
    void *mapping = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect_no_block(&local, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_STACK);
    expect_no_block(&constant, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_STATIC);
    assert_string_equal(told[0].place_name, "test_suspect");
    expect_no_block(mapping, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_MAPPING);
    munmap(mapping, 4096);
    expect_no_block(mapping, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_WILD);
    expect_no_block((const void *)8, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_WILD);
}

static void unused_parts_of_the_heap_hold_no_block_and_are_not_touched(void **state)
{
    (void)state;
    const char *unused = (const char *)cst_shadow.base + cst_heap_shared_size - 64;
    expect_no_block(unused, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_HEAP);
    expect_no_block(unused + 64, CST_TARGET_NOTHING, CUSTODY_FINDING_INVALID_FREE, CST_PLACE_HEAP);
    unsigned char resident[2];
    void *pages = (void *)((uintptr_t)unused & ~(uintptr_t)4095);
    assert_int_equal(mincore(pages, 8192, resident), 0);
    assert_false(resident[0] & 1);
    assert_false(resident[1] & 1);
}

static void a_block_of_another_allocator_is_foreign(void **state)
{
    (void)state;
    char *theirs = calloc(1, 100);
    expect_no_block(theirs, CST_TARGET_FOREIGN, CUSTODY_FINDING_FOREIGN_FREE, CST_PLACE_FOREIGN);
    free(theirs);
}

static void equal_findings_are_told_once(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        (void)examine(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, (size_t)i, 16));
    }
    assert_int_equal(told_count, 1);
}

static void findings_differ_by_door_side_contract_and_either_stack(void **state)
{
    (void)state;
    (void)examine(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    (void)examine(CUSTODY_DOOR_CFREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    (void)examine(CUSTODY_DOOR_FREE, program_side, make(CUSTODY_DOOR_MALLOC, library_side, 1, 16));
    (void)examine(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_NEW, program_side, 1, 16));
    assert_int_equal(told_count, 4);
    void *elsewhere = cst_engine_alloc(CUSTODY_DOOR_MALLOC, program_side, AT_AGAIN, 0, 1, 16, false);
    (void)examine(CUSTODY_DOOR_FREE, library_side, elsewhere);
    assert_int_equal(told_count, 5);
    const struct cst_call call = {.door = CUSTODY_DOOR_FREE, .side = library_side, .return_address = AT_AGAIN};
    const struct cst_origin origin = cst_origin_of(&call);
    (void)cst_suspect_examine(&call, &origin, (uintptr_t)elsewhere, &NAMING_NOTHING);
    assert_int_equal(told_count, 6);
}

static void crossings_are_counted_told_or_not(void **state)
{
    (void)state;
    static struct cst_crossing crossings[CST_CROSSING_MAX];
    static const struct cst_module libc = {
        .id = 4002, .name = "libc.so.6", .role = CST_ROLE_LIBC, .lang = CUSTODY_LANG_C};
    uint16_t libc_side = cst_side_of_module(&libc, CUSTODY_CONTRACT_MALLOC);
    for (int i = 0; i < 3; i++) {
        (void)examine(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    }
    assert_int_equal(cst_crossing_list(crossings), 1);
    assert_int_equal(crossings[0].count, 3);
    assert_false(crossings[0].allowed);
    world_forget();
    (void)examine(CUSTODY_DOOR_FREE, libc_side, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    (void)examine(CUSTODY_DOOR_FREE, CST_SIDE_UNKNOWN, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    assert_int_equal(cst_crossing_list(crossings), 1);
    assert_int_equal(crossings[0].to, libc_side);
    assert_true(crossings[0].allowed);
    assert_int_equal(told_count, 0);
}

static void strict_is_looked_at(void **state)
{
    (void)state;
    cst_engine_settings.strict = true;
    (void)examine(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 1, 16));
    cst_engine_settings.strict = false;
    assert_int_equal(the_finding(CUSTODY_FINDING_CROSS_SIDE_FREE)->severity, CUSTODY_SEVERITY_ERROR);
}

static void warn_then_err(void)
{
    cst_engine_settings.abort_on_error = true;
    void *block = make(CUSTODY_DOOR_MALLOC, program_side, 1, 16);
    (void)examine(CUSTODY_DOOR_FREE, library_side, block);
    require(told_count == 1);
    (void)examine(CUSTODY_DOOR_DELETE, program_side, block);
}

static void the_first_error_aborts_when_asked_to_and_a_warning_does_not(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(warn_then_err), 128 + SIGABRT);
}

static bool is_replaced;

bool __wrap_cst_allocator_is_replaced(enum custody_contract contract);
bool __wrap_cst_allocator_is_replaced(enum custody_contract contract)
{
    (void)contract;
    return is_replaced;
}

/* A library's allocator may be the program's now, and its own again later. */
static void what_rests_on_a_replaced_allocator_is_not_settled(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 24, 16);
    cst_engine_hand_on(cst_tag_of((uintptr_t)block), cst_owner_make(CUSTODY_CONTRACT_LIBXML, library_side));
    is_replaced = true;
    assert_false(examine(CUSTODY_DOOR_FREE, program_side, block).is_settled);
    assert_int_equal(told_count, 0);
    is_replaced = false;
    assert_false(examine(CUSTODY_DOOR_FREE, program_side, block).is_settled);
    (void)the_finding(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_true(examine(CUSTODY_DOOR_FREE, program_side, make(CUSTODY_DOOR_MALLOC, program_side, 24, 16)).is_settled);
}

static int forget(void **state)
{
    (void)state;
    world_forget();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_block_of_the_caller_is_a_block_and_nothing_is_told),
        TEST(a_finding_says_who_made_the_block_and_who_released_it_and_where),
        TEST(a_wrong_layout_is_told_with_what_was_named),
        TEST(a_wrong_alignment_is_told_without_the_size_that_fits),
        TEST(a_released_block_is_told_with_both_releases),
        TEST(a_pointer_into_a_block_is_told_with_its_block),
        TEST(what_is_no_block_is_told_by_its_place),
        TEST(unused_parts_of_the_heap_hold_no_block_and_are_not_touched),
        TEST(a_block_of_another_allocator_is_foreign),
        TEST(equal_findings_are_told_once),
        TEST(findings_differ_by_door_side_contract_and_either_stack),
        TEST(crossings_are_counted_told_or_not),
        TEST(strict_is_looked_at),
        TEST(what_rests_on_a_replaced_allocator_is_not_settled),
        TEST(the_first_error_aborts_when_asked_to_and_a_warning_does_not),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
