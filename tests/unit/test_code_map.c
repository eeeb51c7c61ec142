/* Languages of the functions of libraries that are compiled here from sources of several languages, and whose code a
 * caller's is. */
#include "site/caller.h"
#include "site/code_map.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

typedef void *teller(void);

/* The library that `command` makes at @/built.so, loaded. */
static void *load(const char *command)
{
    fixture_run(command);
    void *library = dlopen(fixture_path("built.so"), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail_msg("%s", dlerror());
    }
    return library;
}

static void unload(void *library)
{
    dlclose(library);
    (void)cst_module_sweep(NULL);
    unlink(fixture_path("built.so"));
}

static uintptr_t address_in(void *library, const char *name)
{
    uintptr_t address = (uintptr_t)dlsym(library, name);
    assert_true(address != 0);
    return address;
}

static uintptr_t cxx_address(void *library)
{
    void *symbol = dlsym(library, "tongue_cxx_address");
    teller *tell;
    memcpy(&tell, &symbol, sizeof tell);
    return (uintptr_t)tell();
}

static enum custody_lang lang_at(uintptr_t address)
{
    const struct cst_module *module = cst_module_find(address);
    assert_non_null(module);
    return cst_code_at(module, address).lang;
}

static void functions_of_one_module_have_languages_of_their_own(void **state)
{
    (void)state;
    void *library = load("cc -O1 -fPIC -c -o @/c.o %/tongues.c && c++ -O1 -fPIC -c -o @/cxx.o %/tongues.cpp && "
                         "c++ -shared -o @/built.so @/c.o @/cxx.o");
    uintptr_t c = address_in(library, "tongue_c"), cxx = cxx_address(library);
    assert_int_equal(lang_at(c), CUSTODY_LANG_C);
    assert_int_equal(lang_at(c + 1), CUSTODY_LANG_C);
    assert_int_equal(lang_at(cxx), CUSTODY_LANG_CXX);
    struct cst_caller caller = cst_caller_at(cst_module_find(cxx), cxx, CUSTODY_DOOR_FREE);
    assert_int_equal(caller.lang, CUSTODY_LANG_CXX);
    assert_int_equal(caller.contract, CUSTODY_CONTRACT_MALLOC);
    unload(library);
}

/* Nothing but the missing of a source in C tells them from C's. */
static void plain_names_in_a_library_without_c_are_not_called_c(void **state)
{
    (void)state;
    void *library = load("c++ -O1 -fPIC -shared -o @/built.so %/tongues.cpp");
    assert_int_equal(lang_at(address_in(library, "tongue_exported")), CUSTODY_LANG_NONE);
    assert_int_equal(lang_at(cxx_address(library)), CUSTODY_LANG_CXX);
    unload(library);
}

static void without_a_symbol_table_nothing_is_known(void **state)
{
    (void)state;
    void *library = load("c++ -O1 -fPIC -shared -s -o @/built.so %/tongues.cpp");
    assert_int_equal(lang_at(cxx_address(library)), CUSTODY_LANG_NONE);
    unload(library);
}

static void code_outside_of_functions_has_no_language(void **state)
{
    (void)state;
    void *library = load("c++ -O1 -fPIC -shared -o @/built.so %/tongues.cpp");
    const struct cst_module *module = cst_module_find(cxx_address(library));
    assert_int_equal(cst_code_at(module, module->lo).lang, CUSTODY_LANG_NONE);
    assert_int_equal(cst_code_at(module, module->hi - 1).lang, CUSTODY_LANG_NONE);
    assert_int_equal(cst_code_at(module, module->lo - 1).lang, CUSTODY_LANG_NONE);
    unload(library);
}

/* A table too large to be read here, made by the assembler. */
static void a_module_of_very_many_functions_is_left_to_prepared_facts(void **state)
{
    (void)state;
    void *library = load("awk 'BEGIN { print \".text\"; for (i = 0; i < 70000; i++) "
                         "printf \".globl _Zf\" i \"\\n.type _Zf\" i \",STT_FUNC\\n_Zf\" i \": ret\\n.size _Zf\" "
                         "i \",1\\n\" }' > @/many.s && cc -shared -o @/built.so @/many.s");
    assert_int_equal(lang_at(address_in(library, "_Zf69999")), CUSTODY_LANG_NONE);
    unload(library);
}

static void libc_is_not_taken_apart(void **state)
{
    (void)state;
    uintptr_t address = (uintptr_t)dlsym(RTLD_DEFAULT, "getpid");
    struct cst_caller caller = cst_caller_at(cst_module_find(address), address, CUSTODY_DOOR_MALLOC);
    assert_int_equal(caller.lang, CUSTODY_LANG_NONE);
    assert_int_equal(caller.contract, CUSTODY_CONTRACT_MALLOC);
}

static void callers_agree_by_module_and_contract(void **state)
{
    (void)state;
    static const struct cst_module module, other;
    const struct cst_caller one = {.module = &module, .lang = CUSTODY_LANG_C, .contract = CUSTODY_CONTRACT_MALLOC};
    const struct cst_caller same = {.module = &module, .lang = CUSTODY_LANG_CXX, .contract = CUSTODY_CONTRACT_MALLOC};
    const struct cst_caller elsewhere = {.module = &other, .lang = CUSTODY_LANG_C, .contract = CUSTODY_CONTRACT_MALLOC};
    const struct cst_caller otherwise = {.module = &module, .lang = CUSTODY_LANG_C, .contract = CUSTODY_CONTRACT_RUST};
    assert_true(cst_caller_agrees(&one, &same));
    assert_false(cst_caller_agrees(&one, &elsewhere));
    assert_false(cst_caller_agrees(&one, &otherwise));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_one_module_have_languages_of_their_own),
        cmocka_unit_test(plain_names_in_a_library_without_c_are_not_called_c),
        cmocka_unit_test(without_a_symbol_table_nothing_is_known),
        cmocka_unit_test(code_outside_of_functions_has_no_language),
        cmocka_unit_test(a_module_of_very_many_functions_is_left_to_prepared_facts),
        cmocka_unit_test(libc_is_not_taken_apart),
        cmocka_unit_test(callers_agree_by_module_and_contract),
    };
    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
