/* The policy as the runtime obeys it: files that hold and that do not, names of sides, isolated sides, releases that are
 * allowed and forbidden, by functions too, and the counts of use. */
#include "core/policy.h"

#include "site/stack.h"
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/custody-test-policy-XXXXXX";
static unsigned complaints;

static void count_complaint(const struct cst_policy_error *error, void *data)
{
    (void)error;
    (void)data;
    complaints++;
}

static int load_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    complaints = 0;
    int result = cst_policy_load(path, count_complaint, NULL);
    cst_policy_forget();
    return result;
}

static int load(const char *text)
{
    return load_bytes(text, strlen(text));
}

static uint64_t uses(uint32_t line)
{
    for (size_t i = 0; i < cst_policy_size(); i++)
        if (cst_policy_use(i).line == line)
            return cst_policy_use(i).count;
    fail_msg("no rule in line %u", line);
    return 0;
}

static struct cst_rule_party party(uint16_t side, enum custody_contract contract)
{
    return (struct cst_rule_party){.side = side, .module = cst_side_get(side)->module, .contract = contract};
}

static struct cst_policy_release from_library(void)
{
    return (struct cst_policy_release){.owner = party(library_side, CUSTODY_CONTRACT_MALLOC),
                                       .by = party(program_side, CUSTODY_CONTRACT_MALLOC),
                                       .call = CUSTODY_DOOR_FREE};
}

/* The line of the rule that decides; 0 for none. */
static uint32_t line_of(const struct cst_policy_release *release)
{
    const struct cst_policy_rule *rule = cst_policy_judge(release);
    assert_ptr_equal(cst_policy_judge(release), rule);
    return rule ? rule->line : 0;
}

static int begin(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    close(fd);
    return fd >= 0 && world_start() ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_file_holds_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_int_equal(load("allow from=a\n"), 0);
    assert_true(cst_policy_holds());
    assert_true(cst_policy_judges);
    assert_int_equal(cst_policy_size(), 1);
    assert_int_equal(load("allow from=a\nalow\nforbid\n"), CST_POLICY_HAS_ERRORS);
    assert_int_equal(complaints, 2);
    assert_int_equal(cst_policy_errors(), 2);
    assert_false(cst_policy_holds());
    assert_false(cst_policy_judges);
    assert_int_equal(cst_policy_size(), 0);
    const struct cst_policy_release release = from_library();
    assert_null(cst_policy_judge(&release));
    assert_int_equal(load(""), 0);
    assert_true(cst_policy_holds());
    assert_false(cst_policy_judges);
}

static void what_is_no_file_of_rules_is_told_apart(void **state)
{
    (void)state;
    char fifo[sizeof path + 8];
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(cst_policy_load(fifo, count_complaint, NULL), -EINVAL);
    unlink(fifo);
    assert_int_equal(cst_policy_load("/tmp", count_complaint, NULL), -EINVAL);
    assert_int_equal(cst_policy_load("/no/such/file", count_complaint, NULL), -ENOENT);
    assert_false(cst_policy_holds());
    size_t size = CST_POLICY_FILE_MAX + 1;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, '\n', size);
    assert_int_equal(load_bytes(large, size), -EFBIG);
    assert_int_equal(load_bytes(large, size - 1), 0);
    free(large);
}

static void modules_get_names_and_names_get_modules(void **state)
{
    (void)state;
    static const struct cst_module
        one = {.id = 3001, .name = "libone.so", .path = "/opt/libone.so", .lang = CUSTODY_LANG_C},
        two = {.id = 3002, .name = "libtwo.so", .path = "/opt/libtwo.so", .lang = CUSTODY_LANG_C};
    assert_int_equal(load("side both module=libone.so lang=c\nside both module=libtwo.so\nside never module=/x\n"), 0);
    uint16_t side = cst_side_of_module(&one, CUSTODY_CONTRACT_MALLOC);
    assert_string_equal(cst_side_get(side)->name, "both");
    assert_int_equal(cst_side_of_module(&two, CUSTODY_CONTRACT_MALLOC), side);
    assert_int_equal(cst_side_of_module(&two, CUSTODY_CONTRACT_MALLOC), side);
    assert_string_equal(cst_side_get(cst_side_of_module(&one, CUSTODY_CONTRACT_NEW))->name, "libone.so");
    assert_int_equal(cst_side_register("both", CUSTODY_LANG_C), side);
    assert_int_equal(uses(1), 1);
    assert_int_equal(uses(2), 1);
    assert_int_equal(uses(3), 0);
    assert_ptr_equal(cst_side_module(side, NULL), &one);
    assert_ptr_equal(cst_side_module(side, &two), &two);
    assert_ptr_equal(cst_side_module(side, &library), &one);
    assert_null(cst_side_module(CST_SIDE_UNKNOWN, &two));
}

static void a_side_is_isolated_by_name(void **state)
{
    (void)state;
    static const struct cst_module apart = {.id = 3003, .name = "libapart.so", .path = "/libapart.so"};
    assert_int_equal(load("allow from=a\n"), 0);
    assert_false(cst_policy_has_isolated());
    assert_int_equal(load("isolate libapart.so\nisolate other\n"), 0);
    assert_true(cst_policy_has_isolated());
    uint16_t side = cst_side_of_module(&apart, CUSTODY_CONTRACT_MALLOC);
    assert_int_not_equal(cst_side_get(side)->arena, 0);
    assert_int_equal(uses(1), 1);
    assert_int_equal(uses(2), 0);
}

static void the_facts_of_a_release_are_its_sides_contracts_and_door(void **state)
{
    (void)state;
    assert_int_equal(load("forbid from=library to=program call=realloc\nallow from=library to=program to-lang=rust\n"
                          "allow from=program to=library\nforbid from=library contract=malloc\n"),
                     0);
    struct cst_policy_release release = from_library();
    assert_int_equal(line_of(&release), 4);
    release.call = CUSTODY_DOOR_REALLOC;
    assert_int_equal(line_of(&release), 1);
    release = from_library();
    release.by = party(rust_side, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(line_of(&release), 2);
    release.by = party(rust_side, CUSTODY_CONTRACT_RUST);
    assert_int_equal(line_of(&release), 0);
    release = from_library();
    release.owner = party(program_side, CUSTODY_CONTRACT_MALLOC);
    release.by = party(library_side, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(line_of(&release), 3);
    release.by = party(CST_SIDE_UNKNOWN, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(line_of(&release), 0);
    assert_int_equal(uses(4), 0);
}

/* Code that a stack can have been in. */
__attribute__((noinline, used)) void adopt_the_block(void);
void adopt_the_block(void)
{
    __asm__ volatile("nop");
}

static uint32_t stack_in(void (*function)(void))
{
    const uintptr_t frames[] = {(uintptr_t)end, (uintptr_t)function + 1};
    return cst_stack_store(frames, 2);
}

static void functions_are_looked_for_on_the_stacks(void **state)
{
    (void)state;
    assert_int_equal(load("allow from=library to-function=adopt_*\nforbid from-function=adopt_the_bloc?\n"), 0);
    struct cst_policy_release release = from_library();
    release.return_address = (uintptr_t)begin + 1;
    assert_int_equal(line_of(&release), 0);
    release.release_stack = stack_in(adopt_the_block);
    assert_int_equal(line_of(&release), 1);
    release.release_stack = 0;
    release.return_address = (uintptr_t)adopt_the_block + 1;
    assert_int_equal(line_of(&release), 1);
    release.return_address = (uintptr_t)begin + 1;
    release.alloc_stack = stack_in(adopt_the_block);
    assert_int_equal(line_of(&release), 2);
    release.return_address = 16; /* no module's */
    release.alloc_stack = 0;
    assert_int_equal(line_of(&release), 0);
}

static void the_thread_is_inside_while_symbols_are_read_and_then_as_before(void **state)
{
    (void)state;
    assert_int_equal(load("allow to-function=*\n"), 0);
    struct cst_policy_release release = from_library();
    release.return_address = (uintptr_t)begin + 1;
    cst_thread.mode = CST_THREAD_READY;
    assert_int_equal(line_of(&release), 1);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
}

static void uses_are_counted_until_a_fork(void **state)
{
    (void)state;
    assert_int_equal(load("# rules\nallow from=library\n"), 0);
    const struct cst_policy_release release = from_library();
    const struct cst_policy_rule *rule = cst_policy_judge(&release);
    assert_non_null(rule);
    cst_policy_count(rule);
    cst_policy_count(rule);
    assert_int_equal(uses(2), 2);
    assert_string_equal(cst_policy_use(0).word, "allow");
    cst_policy_after_fork();
    assert_int_equal(uses(2), 0);
    assert_ptr_equal(cst_policy_judge(&release), rule);
}

/* The engine's walks: what is found, by severity; the line of the rule that the finding names. */
static void expect_told(unsigned count, enum custody_severity severity, uint32_t line)
{
    assert_int_equal(told_count, count);
    if (count > 0) {
        assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_CROSS_SIDE_FREE);
        assert_int_equal(told[0].finding.severity, severity);
        assert_int_equal(told[0].finding.policy_line, line);
    }
    world_forget();
}

static void releases_are_findings_as_the_policy_says(void **state)
{
    (void)state;
    assert_int_equal(load("forbid from=library to=program\nallow from=program to=library\n"), 0);
    release(CUSTODY_DOOR_FREE, program_side, make(CUSTODY_DOOR_MALLOC, library_side, 48, 16));
    expect_told(1, CUSTODY_SEVERITY_ERROR, 1);
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 48, 16));
    expect_told(0, CUSTODY_SEVERITY_NOTE, 0);
    release(CUSTODY_DOOR_FREE, program_side, make(CUSTODY_DOOR_MALLOC, program_side, 48, 16));
    expect_told(0, CUSTODY_SEVERITY_NOTE, 0);
    assert_int_equal(uses(1), 1);
    assert_int_equal(uses(2), 1);
    struct cst_crossing crossings[CST_CROSSING_MAX];
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 48, 16));
    assert_int_equal(cst_crossing_list(crossings), 1);
    assert_true(crossings[0].allowed);
    world_forget();
}

static void a_resize_is_a_release(void **state)
{
    (void)state;
    assert_int_equal(load("forbid call=realloc\n"), 0);
    void *block = make(CUSTODY_DOOR_MALLOC, library_side, 48, 16);
    block = resize(CUSTODY_DOOR_REALLOC, program_side, block, 480, 16, NAMING_NOTHING);
    expect_told(1, CUSTODY_SEVERITY_ERROR, 1);
    release(CUSTODY_DOOR_FREE, program_side, block);
    expect_told(0, CUSTODY_SEVERITY_NOTE, 0);
}

static void parts_of_one_module_are_reached_by_their_language(void **state)
{
    (void)state;
    assert_int_equal(load("forbid from=program\n"), 0);
    release(CUSTODY_DOOR_FREE, rust_side, make(CUSTODY_DOOR_MALLOC, program_side, 48, 16));
    expect_told(0, CUSTODY_SEVERITY_NOTE, 0);
    assert_int_equal(load("forbid from=program from-lang=c to-lang=rust\n"), 0);
    release(CUSTODY_DOOR_FREE, rust_side, make(CUSTODY_DOOR_MALLOC, program_side, 48, 16));
    expect_told(1, CUSTODY_SEVERITY_ERROR, 1);
}

static void a_double_free_stays_one(void **state)
{
    (void)state;
    assert_int_equal(load("allow from=* to=*\n"), 0);
    void *block = make(CUSTODY_DOOR_MALLOC, library_side, 48, 16);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 0);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_DOUBLE_FREE);
    assert_null(told[0].finding.policy_file);
    assert_int_equal(uses(1), 1);
    world_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_as_a_whole_or_not_at_all),
        cmocka_unit_test(what_is_no_file_of_rules_is_told_apart),
        cmocka_unit_test(modules_get_names_and_names_get_modules),
        cmocka_unit_test(a_side_is_isolated_by_name),
        cmocka_unit_test(the_facts_of_a_release_are_its_sides_contracts_and_door),
        cmocka_unit_test(functions_are_looked_for_on_the_stacks),
        cmocka_unit_test(the_thread_is_inside_while_symbols_are_read_and_then_as_before),
        cmocka_unit_test(uses_are_counted_until_a_fork),
        cmocka_unit_test(releases_are_findings_as_the_policy_says),
        cmocka_unit_test(a_resize_is_a_release),
        cmocka_unit_test(parts_of_one_module_are_reached_by_their_language),
        cmocka_unit_test(a_double_free_stays_one),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
