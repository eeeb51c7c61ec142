/* Call sites: real programs and libraries, compiled here by every compiler and linker option that changes how code comes
 * to a function, tell what the runtime made of their calls: the right module or nothing, never a wrong one. Then the
 * table: it must not mix sites up, whatever is forgotten meanwhile. */
#include "site/callsite.h"
#include "site/callsite_read.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

/* A way of building the fixtures. */
struct build {
    const char *name;
    const char *compiler, *flags, *program_flags;
    bool optimised; /* with tail jumps */
};

static struct build builds[] = {
    {"gcc, lazy binding: nobody is mistaken for the caller", "gcc", "-O2 -Wl,-z,lazy", "-fPIE -pie", true},
    {"gcc, bound at start: nobody is mistaken for the caller", "gcc", "-O2 -Wl,-z,now", "-fPIE -pie", true},
    {"gcc, fixed addresses: nobody is mistaken for the caller", "gcc", "-O2", "-fno-pie -no-pie", true},
    {"gcc, no optimisation: nobody is mistaken for the caller", "gcc", "-O0", "-fPIE -pie", false},
    {"gcc, no plt: nobody is mistaken for the caller", "gcc", "-O2 -fno-plt", "-fPIE -pie", true},
    {"gcc, no plt, fixed addresses: nobody is mistaken", "gcc", "-O2 -fno-plt", "-fno-pie -no-pie", true},
    {"gcc, no plt, no optimisation: nobody is mistaken", "gcc", "-O0 -fno-plt", "-fPIE -pie", false},
    {"gcc, no plt, program without optimisation: nobody", "gcc", "-O2 -fno-plt", "-O0 -fPIE -pie", true},
    {"clang, no plt, program without optimisation: nobody", "clang", "-O2 -fno-plt", "-O0 -fPIE -pie", true},
    {"gcc, branch marks: nobody is mistaken for the caller", "gcc", "-O2 -fcf-protection", "-fPIE -pie", true},
    {"gcc, marks in stubs too: nobody is mistaken", "gcc", "-O2 -fcf-protection -Wl,-z,ibtplt", "-fPIE -pie", true},
    {"gcc, no plt, branch marks: nobody is mistaken", "gcc", "-O2 -fno-plt -fcf-protection", "-fPIE -pie", true},
    {"clang, lazy binding: nobody is mistaken for the caller", "clang", "-O2 -Wl,-z,lazy", "-fPIE -pie", true},
    {"clang, fixed addresses: nobody is mistaken", "clang", "-O2", "-fno-pie -no-pie", true},
    {"clang, no plt: nobody is mistaken for the caller", "clang", "-O2 -fno-plt", "-fPIE -pie", true},
    {"clang, no optimisation: nobody is mistaken", "clang", "-O0 -fno-plt", "-fPIE -pie", false},
    {"lld, lazy binding: nobody is mistaken for the caller", "clang", "-O2 -fuse-ld=lld -Wl,-z,lazy", "-fPIE -pie",
     true},
    {"lld, no plt: nobody is mistaken for the caller", "clang", "-O2 -fuse-ld=lld -fno-plt", "-fno-pie -no-pie", true},
};

/* When a way must be known: always, only without optimisation, or whenever it can be. Unknown is never wrong. */
enum known { ALWAYS, UNOPTIMISED, PERHAPS, NEVER };

static const struct expectation {
    const char *way, *module;
    enum known known;
} expectations[] = {
    {"inner_release", "libinner.so", ALWAYS},
    {"direct", "program", PERHAPS}, /* clang keeps the door and a variable in one register */
    {"own_release", "program", ALWAYS},
    {"own_release_of_library", "libinner.so", ALWAYS},
    {"pointer", "", NEVER},
    {"inner_release_by_function_or_door", "program", PERHAPS},
    {"inner_release_by_part", "program", PERHAPS},
    {"inner_release_unwound", "program", PERHAPS},
    {"inner_release_then_count", "libinner.so", ALWAYS},
    {"inner_release_thrice", "libinner.so", ALWAYS},
    {"inner_release_by_size", "libinner.so", ALWAYS},
    {"inner_release_or_count", "libinner.so", ALWAYS},
    {"inner_release_by_hook_unset", "libinner.so", UNOPTIMISED},
    {"inner_release_by_hook_set", "libinner.so", PERHAPS},
    {"inner_release_by_hook", "libinner.so", ALWAYS},
    {"same_site_hook", "libinner.so", UNOPTIMISED},
    {"same_site_hook_own", "program", UNOPTIMISED},
    {"two_ways_second", "libinner.so", ALWAYS},
    {"two_hooks_second", "", NEVER},
    {"two_ways_first", "libinner.so", ALWAYS},
    {"two_hooks_first", "", NEVER},
    {"by_argument", "", NEVER},
    {"inner_release_by_variable", "libinner.so", ALWAYS},
    {"inner_release_by_constant", "libinner.so", ALWAYS},
    {"inner_release_by_constant_of_own", "libinner.so", ALWAYS},
    {"inner_call_back", "", NEVER},
    {"inner_tail_call_back", "", NEVER},
    {"outer_release", "libinner.so", ALWAYS},
    {"outer_release_then_count", "libinner.so", ALWAYS},
    {"outer_release_either_inner", "libinner.so", UNOPTIMISED},
    {"outer_release_either_itself", "libouter.so", UNOPTIMISED},
    {"same_site_inner", "libinner.so", UNOPTIMISED},
    {"same_site_outer", "libouter.so", UNOPTIMISED},
};

static const struct expectation *expectation_of(const char *way)
{
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        if (strcmp(expectations[i].way, way) == 0) {
            return &expectations[i];
        }
    }
    return NULL;
}

static void judge(const struct build *build, const char *line)
{
    char way[64], how[16], module[64], rest[16] = "";
    assert_true(sscanf(line, "%63s %15s %63s %15s", way, how, module, rest) >= 3);
    assert_string_equal(rest, "");
    const struct expectation *expected = expectation_of(way);
    assert_non_null(expected);
    bool unknown = strcmp(how, "unknown") == 0;
    bool must_know = expected->known == ALWAYS || (expected->known == UNOPTIMISED && !build->optimised);
    if (unknown ? must_know : strcmp(module, expected->module) != 0) {
        fail_msg("%s (%s %s): %s", way, build->compiler, build->flags, line);
    }
}

static void compile(const struct build *build)
{
    char command[2048];
    snprintf(command, sizeof command,
             "%1$s %2$s -shared -fPIC -o @/libinner.so %%/callsite_inner.c -L@ -ldoor && "
             "%1$s %2$s -shared -fPIC -o @/libouter.so %%/callsite_outer.c -L@ -linner -ldoor && "
             "%1$s %2$s %3$s -D_GNU_SOURCE -I%%/../../../include -I%%/../../../runtime -o @/program "
             "%%/callsite_program.c @/judge.o -L@ -louter -linner -ldoor -Wl,-rpath,@",
             build->compiler, build->flags, build->program_flags);
    fixture_run(command);
}

static void nobody_is_mistaken_for_the_caller(void **state)
{
    const struct build *build = *state;
    char line[256];
    size_t lines = 0;
    compile(build);
    fixture_run("@/program > @/output");
    FILE *output = fopen(fixture_path("output"), "r");
    assert_non_null(output);
    while (fgets(line, sizeof line, output)) {
        judge(build, line);
        lines++;
    }
    fclose(output);
    assert_int_equal(lines, sizeof expectations / sizeof *expectations);
}

/* A function such as the API has, in the place of the runtime: notes where it returns to. */
static uintptr_t recorded;

__attribute__((visibility("default"))) int custody_recorder(void *pointer);
int custody_recorder(void *pointer)
{
    recorded = (uintptr_t)__builtin_return_address(0);
    return pointer != NULL;
}

static const char *maker_of(void *library, const char *function)
{
    int (*call)(void *);
    *(void **)&call = dlsym(library, function);
    assert_non_null(call);
    call(NULL);
    const struct cst_module *module = cst_module_find(cst_callsite_maker(recorded));
    return module ? module->name : "";
}

static void a_call_of_the_api_is_made_by_who_went_on_to_it_by_a_jump(void **state)
{
    (void)state;
    static const char *const flags[] = {"-O2", "-O2 -fno-plt", "-O2 -fcf-protection -Wl,-z,now", "-O0"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 "gcc %1$s -shared -fPIC -DMAKER -o @/libmaker%2$zu.so %%/maker.c && "
                 "gcc %1$s -shared -fPIC -o @/libcaller%2$zu.so %%/maker.c @/libmaker%2$zu.so",
                 flags[i], i);
        fixture_run(command);
        char maker[32], caller[32];
        snprintf(maker, sizeof maker, "libmaker%zu.so", i);
        snprintf(caller, sizeof caller, "libcaller%zu.so", i);
        void *library = dlopen(fixture_path(caller), RTLD_NOW);
        assert_non_null(library);
        assert_string_equal(maker_of(library, "caller_gives"), maker);
        assert_string_equal(maker_of(library, "caller_calls"), caller);
    }
    assert_int_equal(cst_callsite_maker(17), 16);
}

/* The parts of the runtime that read call sites, compiled plainly: the fixtures may be linked without a sanitizer. */
static int make_common_parts(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cd %/../../.. && gcc -std=c11 -O2 -fPIC -D_GNU_SOURCE -Iinclude -Iruntime -r -nostdlib -o @/judge.o "
                "runtime/site/*.c runtime/base/*.c runtime/plat/*.c && "
                "gcc -O2 -shared -fPIC -o @/libdoor.so %/callsite_door.c");
    return 0;
}

/* Resolver whose answers can be told from the question. */
static uint16_t owner_of_contract(const struct cst_caller *caller)
{
    return (uint16_t)(caller->contract + 100);
}

static uint32_t site_of_address(uintptr_t return_address)
{
    return (uint32_t)(return_address >> 4) & 0xffffff;
}

static const struct cst_callsite_resolver resolver = {owner_of_contract, site_of_address};
static uintptr_t doors[CUSTODY_DOOR_COUNT];

static int set_up_table(void **state)
{
    (void)state;
    cst_callsite_setup(doors, &resolver);
    return 0;
}

static void code_outside_every_module_is_unknown(void **state)
{
    (void)state;
    uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    page[100] = 0xe8; /* a call, made at run time */
    doors[CUSTODY_DOOR_MALLOC] = (uintptr_t)page + 105;
    struct cst_callsite callsite = cst_callsite_get((uintptr_t)page + 105, CUSTODY_DOOR_MALLOC);
    doors[CUSTODY_DOOR_MALLOC] = 0;
    assert_int_equal(callsite.how, CST_HOW_UNKNOWN);
    assert_int_equal(callsite.module, CST_MODULE_NONE);
    assert_int_equal(callsite.owner, CUSTODY_CONTRACT_MALLOC + 100);
    munmap(page, 4096);
}

static void wild_return_addresses_are_unknown(void **state)
{
    (void)state;
    static const uintptr_t wild[] = {0, 1, 2, 4095, (uintptr_t)1 << 47, UINTPTR_MAX, UINTPTR_MAX - 15};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        for (int door = 0; door < 3; door++) {
            assert_int_equal(cst_callsite_get(wild[i], (enum custody_door)door).how, CST_HOW_UNKNOWN);
        }
    }
}

static void a_site_counts_for_each_door_by_itself(void **state)
{
    (void)state;
    assert_int_equal(cst_callsite_get(0x10000, CUSTODY_DOOR_DELETE).owner, CUSTODY_CONTRACT_NEW + 100);
    assert_int_equal(cst_callsite_get(0x10000, CUSTODY_DOOR_MALLOC).owner, CUSTODY_CONTRACT_MALLOC + 100);
    assert_int_equal(cst_callsite_get(0x10000, CUSTODY_DOOR_DELETE).owner, CUSTODY_CONTRACT_NEW + 100);
}

static size_t resolutions;

static uint32_t counted_site(uintptr_t return_address)
{
    __atomic_add_fetch(&resolutions, 1, __ATOMIC_RELAXED);
    return site_of_address(return_address);
}

static void a_site_is_worked_out_once_until_it_is_forgotten(void **state)
{
    (void)state;
    static const struct cst_callsite_resolver counting = {owner_of_contract, counted_site};
    cst_callsite_setup(doors, &counting);
    resolutions = 0;
    for (int i = 0; i < 3; i++) {
        (void)cst_callsite_get(0x20000, CUSTODY_DOOR_FREE);
    }
    assert_int_equal(resolutions, 1);
    cst_callsite_forget(0x30000, 0x40000);
    (void)cst_callsite_get(0x20000, CUSTODY_DOOR_FREE);
    assert_int_equal(resolutions, 1);
    cst_callsite_forget(0x20000, 0x20001);
    (void)cst_callsite_get(0x20000, CUSTODY_DOOR_FREE);
    assert_int_equal(resolutions, 2);
    cst_callsite_setup(doors, &resolver);
}

static void put_row(uintptr_t return_address, enum cst_callsite_how how, unsigned readings_left)
{
    uint64_t key = cst_callsite_key(return_address, CUSTODY_DOOR_FREE);
    struct cst_callsite_row *row = &cst_callsite_table[cst_callsite_home(key)];
    const struct cst_callsite known = {.module = CST_MODULE_NONE, .owner = 55, .how = (uint8_t)how, .site = 66};
    atomic_store(&row->value, cst_callsite_pack(&known, readings_left));
    atomic_store(&row->key, key);
}

static uintptr_t hook = 7, other_hook = 8;

static void put_row_on_variables(uintptr_t return_address)
{
    struct cst_grounds grounds = {0};
    cst_grounds_add(&grounds, (uintptr_t)&hook, hook);
    cst_grounds_add(&grounds, (uintptr_t)&other_hook, other_hook);
    const struct cst_callsite known = {.how = CST_HOW_VARIABLE, .owner = 77, .site = 88};
    put_row(return_address, CST_HOW_UNKNOWN, 0);
    uint64_t key = cst_callsite_key(return_address, CUSTODY_DOOR_FREE);
    struct cst_callsite_row *row = &cst_callsite_table[cst_callsite_home(key)];
    atomic_store(&row->value, cst_callsite_pack_variable(&known, cst_grounds_keep(&grounds, 3)));
}

static bool is_quick(uintptr_t return_address)
{
    uint16_t owner = 0, other_owner = 0;
    uint32_t site = 0, other_site = 0;
    bool quick = cst_callsite_quick(return_address, CUSTODY_DOOR_FREE, &owner, &site);
    assert_int_equal(quick, cst_callsite_steady(return_address, CUSTODY_DOOR_FREE, &other_owner, &other_site));
    assert_int_equal(owner, quick ? 77 : 0);
    assert_int_equal(site, quick ? 88 : 0);
    return quick;
}

static void the_quick_way_sees_at_once_that_a_variable_has_changed(void **state)
{
    (void)state;
    put_row_on_variables(0x60000);
    assert_true(is_quick(0x60000));
    hook = 70;
    assert_false(is_quick(0x60000));
    hook = 7;
    assert_true(is_quick(0x60000));
    other_hook = 80;
    assert_false(is_quick(0x60000));
    assert_int_equal(cst_callsite_get(0x60000, CUSTODY_DOOR_FREE).how, CST_HOW_UNKNOWN); /* there is no such code */
    other_hook = 8;
    assert_int_equal(cst_callsite_get(0x60000, CUSTODY_DOOR_FREE).owner, CUSTODY_CONTRACT_MALLOC + 100);
}

static void an_answer_is_forgotten_with_the_module_of_its_variables(void **state)
{
    (void)state;
    put_row_on_variables(0x50000);
    assert_int_equal(cst_callsite_get(0x50000, CUSTODY_DOOR_FREE).module, 3);
    cst_callsite_forget((uintptr_t)&other_hook, (uintptr_t)(&other_hook + 1));
    assert_false(is_quick(0x50000));
}

static void only_an_answer_that_needs_no_reading_is_steady(void **state)
{
    (void)state;
    uint16_t owner = 0;
    uint32_t site = 0;
    assert_false(cst_callsite_steady(0x70000, CUSTODY_DOOR_FREE, &owner, &site));
    put_row(0x70000, CST_HOW_TAIL, 0);
    assert_true(cst_callsite_steady(0x70000, CUSTODY_DOOR_FREE, &owner, &site));
    assert_int_equal(owner, 55);
    assert_int_equal(site, 66);
    put_row(0x70000, CST_HOW_UNKNOWN, 3); /* to be read again */
    assert_false(cst_callsite_steady(0x70000, CUSTODY_DOOR_FREE, &owner, &site));
    put_row(0x70000, CST_HOW_RUST, 0); /* its layout is not known */
    assert_false(cst_callsite_steady(0x70000, CUSTODY_DOOR_FREE, &owner, &site));
    cst_callsite_forget(0x70000, 0x70001);
    assert_false(cst_callsite_steady(0x70000, CUSTODY_DOOR_FREE, &owner, &site));
}

/* Addresses whose rows are few and next to each other, so that a forgotten one's is soon another's. */
#define CROWD 24
static uintptr_t crowd[CROWD];
static _Atomic bool stop;

static void gather_crowd(void)
{
    size_t count = 0;
    for (uintptr_t address = 0x100000; count < CROWD; address += 16) {
        if (cst_callsite_home(cst_callsite_key(address, CUSTODY_DOOR_FREE)) < 8) {
            crowd[count++] = address;
        }
    }
}

static void *ask_all_the_time(void *wrong)
{
    size_t *wrongs = wrong;
    for (uintptr_t round = 0; !atomic_load(&stop); round++) {
        uintptr_t address = crowd[round % CROWD];
        struct cst_callsite callsite = cst_callsite_get(address, CUSTODY_DOOR_FREE);
        *wrongs += callsite.site != site_of_address(address);
    }
    return NULL;
}

static void a_reader_never_gets_the_answer_for_another_site(void **state)
{
    (void)state;
    pthread_t threads[2];
    size_t wrong[2] = {0, 0};
    gather_crowd();
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_all_the_time, &wrong[i]), 0);
    }
    for (int i = 0; i < 300; i++) {
        cst_callsite_forget(crowd[0], crowd[CROWD - 1] + 1);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

static void more_sites_than_the_table_holds_still_get_answers(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 400000; i++) {
        uintptr_t address = 0x1000000 + i * 16;
        assert_int_equal(cst_callsite_get(address, CUSTODY_DOOR_FREE).site, site_of_address(address));
    }
    cst_callsite_forget(0, UINTPTR_MAX >> 8);
}

/* It calls malloc and its like through words of its own, which it fills while it starts. */
static void the_dynamic_linker_is_told_from_those_it_works_for(void **state)
{
    (void)state;
    const struct cst_module *linker = cst_module_find(getauxval(AT_BASE));
    struct cst_image image;
    struct cst_range code;
    size_t calls = 0;
    assert_non_null(linker);
    assert_true(cst_image_open(linker, &image));
    struct cst_goal goal = {.door = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc")};
    for (uintptr_t at = linker->lo; at < linker->hi && calls == 0; at += 4096) {
        if (!cst_image_segment(&image, at, PF_X, &code)) {
            continue;
        }
        for (at = code.lo + 1; at < code.hi; at++) {
            struct cst_callsite_reading reading = cst_callsite_read(at, &goal);
            calls += reading.how == CST_HOW_DIRECT && reading.caller.module == linker;
        }
    }
    assert_true(calls >= 10);
}

static void only_addresses_behind_a_call_are_plausible(void **state)
{
    (void)state;
    assert_true(cst_callsite_plausible((uintptr_t)__builtin_return_address(0)));
    assert_false(cst_callsite_plausible((uintptr_t)&only_addresses_behind_a_call_are_plausible));
    assert_false(cst_callsite_plausible((uintptr_t)doors));
    assert_false(cst_callsite_plausible(0));
}

#define BUILD_COUNT (sizeof builds / sizeof *builds)

int main(void)
{
    struct CMUnitTest built[BUILD_COUNT];
    for (size_t i = 0; i < BUILD_COUNT; i++) {
        built[i] = (struct CMUnitTest){builds[i].name, nobody_is_mistaken_for_the_caller, NULL, NULL, &builds[i]};
    }
    const struct CMUnitTest makers[] = {
        cmocka_unit_test(a_call_of_the_api_is_made_by_who_went_on_to_it_by_a_jump),
    };
    const struct CMUnitTest table[] = {
        cmocka_unit_test(code_outside_every_module_is_unknown),
        cmocka_unit_test(wild_return_addresses_are_unknown),
        cmocka_unit_test(a_site_counts_for_each_door_by_itself),
        cmocka_unit_test(a_site_is_worked_out_once_until_it_is_forgotten),
        cmocka_unit_test(only_an_answer_that_needs_no_reading_is_steady),
        cmocka_unit_test(the_quick_way_sees_at_once_that_a_variable_has_changed),
        cmocka_unit_test(an_answer_is_forgotten_with_the_module_of_its_variables),
        cmocka_unit_test(a_reader_never_gets_the_answer_for_another_site),
        cmocka_unit_test(more_sites_than_the_table_holds_still_get_answers),
        cmocka_unit_test(the_dynamic_linker_is_told_from_those_it_works_for),
        cmocka_unit_test(only_addresses_behind_a_call_are_plausible),
    };
    int failed = cmocka_run_group_tests_name("table", table, set_up_table, NULL);
    failed += cmocka_run_group_tests_name("makers", makers, fixture_begin, fixture_end);
    return failed + cmocka_run_group_tests_name("builds", built, make_common_parts, fixture_end);
}
