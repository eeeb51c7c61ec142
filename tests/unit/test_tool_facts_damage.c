/* Programs with damage in every structure of ELF and of debug information: facts of them are made, or the reason why
 * not is told, and nothing crashes, hangs or fills the memory. All in this process: a checker sees what happens. The
 * damage comes from a fixed seed; `make fuzz` looks further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_cache.h"
#include "facts_file.h"
#include "facts_trim.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds for a file that takes a thousandth of one: the alarm ends the program. */
#define PATIENCE 30

/* KiB of memory, all in all. */
#define MEMORY ((long)1 << 20)

#define SOURCES "tests/tool/programs/"
#define IN_C "gcc -g " SOURCES "parts.c"
#define IN_RUST "rustc -g -O -C panic=abort --edition 2021 --crate-type cdylib -C link-arg=-nostdlib " SOURCES "bare.rs"

static char directory[] = "/tmp/test_tool_facts_damage.XXXXXX";

/* The program that is damaged, and its damaged copy. */
static struct {
    uint8_t *whole, *copy;
    size_t size;
} file;

static uint64_t dice = 0x2545f4914f6cdd1d;

/* A number below `limit` (xorshift64). */
static uint64_t roll(uint64_t limit)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % limit;
}

static void load(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    file.size = (size_t)status.st_size;
    file.whole = realloc(file.whole, file.size);
    file.copy = realloc(file.copy, file.size);
    assert_true(file.whole && file.copy);
    assert_int_equal(read(fd, file.whole, file.size), status.st_size);
    memcpy(file.copy, file.whole, file.size);
    close(fd);
}

/* Compiles a small program with `command`, and takes it. */
static void compile(const char *command)
{
    char line[400], path[100];
    snprintf(path, sizeof path, "%s/program", directory);
    snprintf(line, sizeof line, "%s -o %s", command, path);
    assert_int_equal(system(line), 0);
    load(path);
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    char trouble[200];
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    assert_true(usage.ru_maxrss < MEMORY);
    int cache = cst_facts_cache_open(directory, trouble, sizeof trouble);
    (void)cst_facts_trim(cache, 0, NULL);
    close(cache);
    return rmdir(directory);
}

/* What was made must be a facts file. */
static void check_made(const struct cst_facts_made *made)
{
    char path[200];
    struct cst_facts_file facts;
    snprintf(path, sizeof path, "%s/%s%s", directory, made->key, CUSTODY_FACTS_SUFFIX);
    assert_true(cst_facts_file_map(AT_FDCWD, path, &facts));
    cst_facts_file_release(&facts);
    unlink(path);
}

/* Makes facts of the first `size` bytes of the copy, which is made whole again. */
static bool prepare(size_t size)
{
    char path[40];
    int fd = memfd_create("program", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_int_equal(write(fd, file.copy, size), (ssize_t)size);
    const struct cst_facts_order order = {.path = path, .directory = directory};
    struct cst_facts_made made;
    alarm(PATIENCE);
    if (cst_facts_cache_make(&order, &made)) {
        check_made(&made);
    } else {
        assert_true(made.trouble[0] != '\0');
    }
    alarm(0);
    close(fd);
    memcpy(file.copy, file.whole, file.size);
    return made.done;
}

static const Elf64_Shdr *section(size_t index)
{
    const Elf64_Ehdr *header = (const void *)file.whole;
    return (const Elf64_Shdr *)(const void *)(file.whole + header->e_shoff) + index;
}

/* Damages one place in `size` bytes at `offset` of the copy: a bit, a byte, or a number that means something
 * elsewhere. */
static void hit(size_t offset, size_t size)
{
    static const uint64_t numbers[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
    size_t at = offset + roll(size), left = offset + size - at;
    size_t width = (size_t)1 << roll(4);
    uint64_t number = roll(2) ? numbers[roll(sizeof numbers / sizeof *numbers)] : roll(file.size);
    if (roll(3) == 0) {
        file.copy[at] ^= (uint8_t)(1U << roll(8));
    } else {
        memcpy(file.copy + at, &number, width < left ? width : left);
    }
}

/* Hits a range `times` times, once or some times each. */
static void hit_and_prepare(size_t offset, size_t size, int times)
{
    for (int i = 0; i < times && size > 0; i++) {
        for (uint64_t hits = 1 + roll(3); hits > 0; hits--) {
            hit(offset, size);
        }
        (void)prepare(file.size);
    }
}

static void the_whole_file_can_be_prepared(void **state)
{
    (void)state;
    compile(IN_C);
    assert_true(prepare(file.size));
}

static void files_that_end_anywhere_are_told_or_prepared(void **state)
{
    (void)state;
    compile(IN_C);
    const Elf64_Ehdr *header = (const void *)file.whole;
    for (size_t i = 0; i < header->e_shnum; i++) {
        (void)prepare(section(i)->sh_offset < file.size ? section(i)->sh_offset : 0);
        (void)prepare(header->e_shoff + i * sizeof(Elf64_Shdr) + roll(sizeof(Elf64_Shdr)));
    }
    for (size_t i = 0; i <= header->e_phnum; i++) {
        (void)prepare(header->e_phoff + i * sizeof(Elf64_Phdr) + i % 2);
    }
    for (size_t size = 0; size < sizeof *header; size += 7) {
        assert_false(prepare(size));
    }
}

static void damaged_headers_are_told_or_prepared(void **state)
{
    (void)state;
    compile(IN_C);
    const Elf64_Ehdr *header = (const void *)file.whole;
    hit_and_prepare(sizeof header->e_ident, sizeof *header - sizeof header->e_ident, 400);
    hit_and_prepare(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), 400);
    hit_and_prepare(header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr), 800);
}

/* Damages what sections hold, but for those that are mapped. */
static void hit_sections(int times)
{
    const Elf64_Ehdr *header = (const void *)file.whole;
    for (size_t i = 1; i < header->e_shnum; i++) {
        if (!(section(i)->sh_flags & SHF_ALLOC) || section(i)->sh_type == SHT_NOTE) {
            hit_and_prepare(section(i)->sh_offset, section(i)->sh_size, times);
        }
    }
}

static const Elf64_Shdr *find_section(const char *name)
{
    const Elf64_Ehdr *header = (const void *)file.whole;
    const char *names = (const char *)file.whole + section(header->e_shstrndx)->sh_offset;
    for (size_t i = 1; i < header->e_shnum; i++) {
        if (strcmp(names + section(i)->sh_name, name) == 0) {
            return section(i);
        }
    }
    fail_msg("no section %s", name);
    return NULL;
}

/* Puts numbers of 8 bytes into the entries of units, at every place, or at 400 places of a long section. */
static void overwrite_entries(void)
{
    static const uint64_t numbers[] = {0, 0x80, INT32_MAX, INT64_MAX};
    const Elf64_Shdr *entries = find_section(".debug_info");
    for (size_t at = 0; at + sizeof *numbers <= entries->sh_size; at += entries->sh_size / 400 + 1) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            memcpy(file.copy + entries->sh_offset + at, &numbers[i], sizeof *numbers);
            (void)prepare(file.size);
        }
    }
}

static void damaged_debug_information_is_passed_over(void **state)
{
    (void)state;
    static const char *const commands[] = {IN_C " -O2", IN_C " -gdwarf-4", IN_C " -gz",
                                           "clang -g -O1 " SOURCES "parts.c", IN_RUST};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        compile(commands[i]);
        overwrite_entries();
        hit_sections(70);
    }
}

static void bytes_of_no_meaning_are_told(void **state)
{
    (void)state;
    compile(IN_C);
    for (int i = 0; i < 100; i++) {
        const Elf64_Ehdr *header = (const void *)file.whole;
        size_t kept = i % 2 ? sizeof *header : EI_NIDENT;
        for (size_t at = kept; at < file.size; at++) {
            file.copy[at] = (uint8_t)roll(256);
        }
        (void)prepare(file.size);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_whole_file_can_be_prepared),       TEST(files_that_end_anywhere_are_told_or_prepared),
        TEST(damaged_headers_are_told_or_prepared), TEST(damaged_debug_information_is_passed_over),
        TEST(bytes_of_no_meaning_are_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(file.whole);
    free(file.copy);
    return failed;
}
