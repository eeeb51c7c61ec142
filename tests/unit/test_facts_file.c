/* Files of facts as hostile input: one field wrong at a time, cut short, too long, or not the user's. A module that does not
 * exist is what they are about. */
#include "site/facts_file.h"

#include "plat/own.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

#define ROWS 5
#define MODULE_SIZE 123456

static const struct cst_module module = {.id = 1,
                                         .path = "/nowhere/module",
                                         .name = "module",
                                         .build_id = {0xab, 0xcd, 0x01},
                                         .build_id_size = 3,
                                         .fingerprint = 0x1122334455667788,
                                         .role = CST_ROLE_LIBRARY};

/* A file in memory; `rows` may be anything. */
struct file {
    struct custody_facts_header header;
    custody_facts_row rows[ROWS];
};

static void seal(struct file *file)
{
    struct custody_facts_header header = file->header;
    header.row_count = header.row_count < ROWS ? header.row_count : ROWS;
    file->header.checksum = custody_facts_checksum(&header, file->rows);
}

static struct file good_file(void)
{
    struct file file = {
        .header = {.magic = CUSTODY_FACTS_MAGIC,
                   .version = CUSTODY_FACTS_VERSION,
                   .row_count = ROWS,
                   .fingerprint = module.fingerprint,
                   .module_size = MODULE_SIZE,
                   .build_id = {0xab, 0xcd, 0x01},
                   .build_id_size = 3},
        .rows = {custody_facts_row_make(0x1000, CUSTODY_FACTS_DESCRIBED, CUSTODY_LANG_C),
                 custody_facts_row_make(0x1010, CUSTODY_FACTS_DESCRIBED | CUSTODY_FACTS_RUST_ALLOCATOR,
                                        CUSTODY_LANG_RUST),
                 custody_facts_row_make(0x1020, 0, CUSTODY_LANG_CXX),
                 custody_facts_row_make(0x2000, 0, CUSTODY_LANG_RUST), custody_facts_row_make(0x3000, 0, 0)},
    };
    seal(&file);
    return file;
}

static enum cst_facts_state judge(const struct file *file)
{
    struct cst_facts facts;
    return cst_facts_judge(file, sizeof *file, &module, MODULE_SIZE, &facts);
}

static void a_good_file_gives_its_rows(void **state)
{
    (void)state;
    struct file file = good_file();
    struct cst_facts facts;
    assert_int_equal(cst_facts_judge(&file, sizeof file, &module, MODULE_SIZE, &facts), CST_FACTS_GOOD);
    assert_int_equal(facts.count, ROWS);
    assert_ptr_equal(facts.rows, file.rows);
    assert_true(cst_facts_at(&facts, 0xfff) == 0);
    assert_true(cst_facts_at(&facts, 0x1000) == file.rows[0]);
    assert_true(cst_facts_at(&facts, 0x100f) == file.rows[0]);
    assert_true(cst_facts_at(&facts, 0x1010) == file.rows[1]);
    assert_true(cst_facts_at(&facts, 0x1fff) == file.rows[2]);
    assert_true(cst_facts_at(&facts, 0x2fff) == file.rows[3]);
    assert_true(cst_facts_at(&facts, 0x3000) == 0);
    assert_true(cst_facts_at(&facts, UINT64_MAX) == 0);
}

static void every_changed_bit_is_seen(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(struct file); bit++) {
        struct file file = good_file();
        ((unsigned char *)&file)[bit / 8] ^= (unsigned char)(1U << bit % 8);
        if (judge(&file) == CST_FACTS_GOOD) {
            fail_msg("bit %zu", bit);
        }
    }
}

static void a_field_that_is_wrong_in_a_sealed_file_is_seen(void **state)
{
    (void)state;
    struct file file = good_file();
    file.header.magic[7] = 'X';
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
    file = good_file();
    file.header.version++;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_OTHER);
    file = good_file();
    file.header.row_count--;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
    file = good_file();
    file.header.row_count = UINT32_MAX;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
    file = good_file();
    file.header.source = CUSTODY_FACTS_DEBUG_INFO + 1;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
    file = good_file();
    file.header.build_id_size = CUSTODY_FACTS_BUILD_ID_MAX + 1;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
    file = good_file();
    file.rows[ROWS - 1] = custody_facts_row_make(0x3000, 0, CUSTODY_LANG_C);
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_DAMAGED);
}

static void facts_about_another_file_are_not_these(void **state)
{
    (void)state;
    struct cst_facts facts;
    struct file file = good_file();
    file.header.fingerprint++;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_OTHER);
    file = good_file();
    file.header.module_size++; /* the file was stripped since */
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_GOOD);
    struct cst_module bare = module;
    bare.build_id_size = 0;
    file.header.build_id_size = 0;
    seal(&file);
    assert_int_equal(cst_facts_judge(&file, sizeof file, &bare, MODULE_SIZE, &facts), CST_FACTS_OTHER);
    assert_int_equal(cst_facts_judge(&file, sizeof file, &bare, MODULE_SIZE + 1, &facts), CST_FACTS_GOOD);
    file = good_file();
    file.header.build_id[2]++;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_OTHER);
    file = good_file();
    file.header.build_id_size = 2;
    seal(&file);
    assert_int_equal(judge(&file), CST_FACTS_OTHER);
    file = good_file();
    assert_int_equal(cst_facts_judge(&file, sizeof file, &bare, MODULE_SIZE, &facts), CST_FACTS_OTHER);
}

static void a_file_of_any_other_length_is_damaged(void **state)
{
    (void)state;
    struct cst_facts facts;
    struct {
        struct file file;
        char more[64];
    } whole = {.file = good_file()};
    for (size_t size = 0; size <= sizeof whole; size++) {
        enum cst_facts_state wanted = size == sizeof whole.file ? CST_FACTS_GOOD : CST_FACTS_DAMAGED;
        assert_int_equal(cst_facts_judge(&whole, size, &module, MODULE_SIZE, &facts), wanted);
    }
}

static void nothing_is_read_behind_the_end(void **state)
{
    (void)state;
    struct cst_facts facts;
    struct file file = good_file();
    size_t page = 4096;
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    for (size_t size = 0; size < sizeof file; size++) {
        memcpy(pages + page - size, &file, size);
        assert_int_equal(cst_facts_judge(pages + page - size, size, &module, MODULE_SIZE, &facts), CST_FACTS_DAMAGED);
    }
    munmap(pages, 2 * page);
}

/* Rows that no writer would have sealed: whatever they are, an answer is a row that covers the address, or nothing. */
static void rows_in_any_order_answer_nothing_wrong(void **state)
{
    (void)state;
    struct file file = good_file();
    srand(1);
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < ROWS; i++) {
            uint64_t address = (uint64_t)(rand() % 16); /* NOLINT(cert-msc30-c,cert-msc50-cpp) */
            file.rows[i] = custody_facts_row_make(address, (unsigned)rand() % 4, (unsigned)rand() % 6); /* NOLINT */
        }
        for (size_t count = 0; count <= ROWS; count++) {
            struct cst_facts facts = {.rows = file.rows, .count = count};
            uint64_t address = (uint64_t)(round % 18);
            custody_facts_row row = cst_facts_at(&facts, address);
            assert_true(row == 0 || (custody_facts_row_address(row) <= address &&
                                     custody_facts_row_lang(row) < CUSTODY_LANG_COUNT));
        }
    }
}

static void keys_are_build_ids_or_fingerprint_and_size(void **state)
{
    (void)state;
    char key[CST_FACTS_KEY_SIZE];
    cst_facts_key(&module, MODULE_SIZE, key);
    assert_string_equal(key, "abcd01");
    struct cst_module other = module;
    other.build_id_size = 0;
    cst_facts_key(&other, MODULE_SIZE, key);
    assert_string_equal(key, "x1122334455667788000000000001e240");
    other.build_id_size = CST_BUILD_ID_MAX;
    cst_facts_key(&other, MODULE_SIZE, key);
    assert_int_equal(strlen(key), CST_FACTS_KEY_SIZE - 1);
}

static const char *write_file(const void *bytes, size_t size, mode_t mode)
{
    const char *path = fixture_path("one.facts");
    (void)remove(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static enum cst_facts_state read_file(const char *path, struct cst_facts *facts)
{
    return cst_facts_read(path, &module, MODULE_SIZE, facts);
}

static bool is_own(uintptr_t address)
{
    uintptr_t lo, hi;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++) {
        if (address >= lo && address < hi) {
            return true;
        }
    }
    return false;
}

static void a_file_is_mapped_as_memory_of_ours(void **state)
{
    (void)state;
    struct file file = good_file();
    struct cst_facts facts;
    const char *path = write_file(&file, sizeof file, 0600);
    errno = 4711;
    assert_int_equal(read_file(path, &facts), CST_FACTS_GOOD);
    assert_int_equal(errno, 4711);
    assert_int_equal(facts.count, ROWS);
    assert_memory_equal(facts.rows, file.rows, sizeof file.rows);
    assert_true(is_own((uintptr_t)facts.rows));
}

static void what_is_no_file_of_the_users_is_not_read(void **state)
{
    (void)state;
    struct file file = good_file();
    struct cst_facts facts;
    errno = 4711;
    assert_int_equal(read_file(fixture_path("none.facts"), &facts), CST_FACTS_ABSENT);
    assert_int_equal(errno, 4711);
    assert_int_equal(read_file(write_file(&file, sizeof file, 0620), &facts), CST_FACTS_ALIEN);
    assert_int_equal(read_file(write_file(&file, sizeof file, 0602), &facts), CST_FACTS_ALIEN);
    const char *path = write_file(&file, sizeof file, 0644);
    assert_int_equal(read_file(path, &facts), CST_FACTS_GOOD);
    const char *link = fixture_path("link.facts"), *pipe = fixture_path("pipe.facts");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(read_file(link, &facts), CST_FACTS_ALIEN);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(read_file(pipe, &facts), CST_FACTS_ALIEN); /* without waiting for a writer */
    assert_int_equal(read_file(fixture_path(""), &facts), CST_FACTS_ALIEN);
    assert_int_equal(read_file(write_file(&file, 0, 0600), &facts), CST_FACTS_DAMAGED);
    assert_int_equal(read_file(write_file(&file, sizeof file - 1, 0600), &facts), CST_FACTS_DAMAGED);
    path = write_file(&file, sizeof file, 0600);
    assert_int_equal(truncate(path, (off_t)CST_FACTS_FILE_MAX + 1), 0);
    assert_int_equal(read_file(path, &facts), CST_FACTS_DAMAGED);
}

static void a_file_of_another_user_is_not_believed_unless_it_is_roots(void **state)
{
    (void)state;
    struct file file = good_file();
    struct cst_facts facts;
    const char *path = write_file(&file, sizeof file, 0644);
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(path, 12345, 0), 0);
    assert_int_equal(read_file(path, &facts), CST_FACTS_ALIEN);
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(read_file(path, &facts), CST_FACTS_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_gives_its_rows),
        cmocka_unit_test(every_changed_bit_is_seen),
        cmocka_unit_test(a_field_that_is_wrong_in_a_sealed_file_is_seen),
        cmocka_unit_test(facts_about_another_file_are_not_these),
        cmocka_unit_test(a_file_of_any_other_length_is_damaged),
        cmocka_unit_test(nothing_is_read_behind_the_end),
        cmocka_unit_test(rows_in_any_order_answer_nothing_wrong),
        cmocka_unit_test(keys_are_build_ids_or_fingerprint_and_size),
        cmocka_unit_test(a_file_is_mapped_as_memory_of_ours),
        cmocka_unit_test(what_is_no_file_of_the_users_is_not_read),
        cmocka_unit_test(a_file_of_another_user_is_not_believed_unless_it_is_roots),
    };
    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
