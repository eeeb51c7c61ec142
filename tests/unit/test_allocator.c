/* Allocators of libraries: which library a module is, by its name and by what it exports; whose a call is, by the function
 * or the variable that it goes through; and whether the program has put functions of its own in the library's place. One
 * fixture, loaded under the names of several libraries. */
#include "site/allocator.h"
#include "site/callsite.h"

#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

static uintptr_t doors[CUSTODY_DOOR_COUNT];

static int begin(void **state)
{
    doors[CUSTODY_DOOR_MALLOC] = (uintptr_t)&malloc;
    doors[CUSTODY_DOOR_FREE] = (uintptr_t)&free;
    cst_callsite_setup(doors, NULL);
    (void)fixture_begin(state);
    return 0;
}

/* The fixture as a file of this name, loaded. */
static void *load(const char *name)
{
    char command[256];
    (void)snprintf(command, sizeof command, "gcc -w -O1 -fno-builtin -shared -fPIC -o @/%s %%/allocators.c", name);
    fixture_run(command);
    void *library = dlopen(fixture_path(name), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    return library;
}

static uintptr_t address_in(void *library, const char *name)
{
    uintptr_t address = (uintptr_t)dlsym(library, name);
    assert_true(address != 0);
    return address;
}

static const char *contract_of_call(void *library, const char *function, enum custody_door door)
{
    uintptr_t address = address_in(library, function);
    const struct cst_module *module = cst_module_find(address);
    enum custody_contract contract = CUSTODY_CONTRACT_MALLOC;
    assert_non_null(module);
    (void)!cst_allocator_of_code(module, address, door, &contract);
    return custody_contract_name(contract);
}

static void a_library_is_known_by_its_name_and_its_symbol(void **state)
{
    (void)state;
    static const struct {
        const char *file, *contract;
    } files[] = {
        {"libcrypto.so.3", "OPENSSL_malloc"},
        {"libcrypto-0a1b2c3d.so.1.1", "OPENSSL_malloc"},
        {"libsqlite3.so.0", "sqlite3_malloc"},
        {"libother.so", "malloc"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        void *library = load(files[i].file);
        assert_string_equal(contract_of_call(library, "CRYPTO_malloc", CUSTODY_DOOR_MALLOC), files[i].contract);
        dlclose(library);
        (void)cst_module_sweep(NULL);
    }
}

static void a_library_of_that_name_without_the_symbol_is_another(void **state)
{
    (void)state;
    fixture_run("echo 'void *of_another(void) { return 0; }' | gcc -w -shared -fPIC -x c -o @/libcryptopp.so -");
    void *library = dlopen(fixture_path("libcryptopp.so"), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    assert_string_equal(contract_of_call(library, "of_another", CUSTODY_DOOR_MALLOC), "malloc");
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

static void functions_of_one_library_have_contracts_of_their_own(void **state)
{
    (void)state;
    void *library = load("libglib-2.0.so.0");
    assert_string_equal(contract_of_call(library, "g_malloc", CUSTODY_DOOR_MALLOC), "g_malloc");
    assert_string_equal(contract_of_call(library, "g_aligned_alloc", CUSTODY_DOOR_ALIGNED_ALLOC), "g_aligned_alloc");
    assert_string_equal(contract_of_call(library, "sqlite3_malloc", CUSTODY_DOOR_POSIX_MEMALIGN), "g_slice_alloc");
    assert_string_equal(contract_of_call(library, "sqlite3_malloc", CUSTODY_DOOR_FREE), "g_malloc");
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

static enum custody_contract maker(uintptr_t inner, uintptr_t outer)
{
    const uintptr_t frames[] = {inner, inner, outer};
    return cst_allocator_maker(CUSTODY_CONTRACT_LIBPQ_BUFFER, frames, sizeof frames / sizeof *frames);
}

static void a_buffer_is_its_librarys_only_when_the_library_asked_for_it(void **state)
{
    (void)state;
    void *library = load("libpq.so.5");
    assert_string_equal(contract_of_call(library, "initPQExpBuffer", CUSTODY_DOOR_MALLOC), "PQExpBuffer");
    assert_string_equal(contract_of_call(library, "PQfreemem", CUSTODY_DOOR_FREE), "libpq");
    uintptr_t buffer = address_in(library, "initPQExpBuffer") + 1, other = address_in(library, "CRYPTO_malloc") + 1;
    assert_int_equal(maker(buffer, other), CUSTODY_CONTRACT_LIBPQ);
    assert_int_equal(maker(buffer, (uintptr_t)&load + 1), CUSTODY_CONTRACT_LIBPQ_BUFFER);
    assert_int_equal(maker(buffer, buffer), CUSTODY_CONTRACT_LIBPQ_BUFFER);
    assert_int_equal(cst_allocator_maker(CUSTODY_CONTRACT_LIBPQ_BUFFER, NULL, 0), CUSTODY_CONTRACT_LIBPQ_BUFFER);
    assert_int_equal(cst_allocator_maker(CUSTODY_CONTRACT_MALLOC, &buffer, 1), CUSTODY_CONTRACT_MALLOC);
    assert_true(cst_allocator_is_open(CUSTODY_CONTRACT_LIBPQ_BUFFER));
    assert_false(cst_allocator_is_open(CUSTODY_CONTRACT_LIBPQ));
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

static void a_variable_is_its_librarys_and_a_direct_call_is_not(void **state)
{
    (void)state;
    const struct cst_module *found = NULL;
    enum custody_contract contract;
    void *library = load("libxml2.so.2");
    uintptr_t variable = address_in(library, "xmlFree");
    assert_string_equal(contract_of_call(library, "CRYPTO_malloc", CUSTODY_DOOR_MALLOC), "malloc");
    assert_true(cst_allocator_of_variable(variable, &found, &contract));
    assert_ptr_equal(found, cst_module_find(variable));
    assert_int_equal(contract, CUSTODY_CONTRACT_LIBXML);
    assert_false(cst_allocator_of_variable((uintptr_t)&doors, &found, &contract));
    assert_false(cst_allocator_of_variable(16, &found, &contract));
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

static char *strdup_of_program(const char *text)
{
    return strdup(text);
}

static void *malloc_of_program(size_t size)
{
    return malloc(size);
}

static void a_library_with_functions_of_the_program_is_replaced(void **state)
{
    (void)state;
    void *library = load("libxml2.so.2");
    void *(**variable)(size_t) = dlsym(library, "xmlMalloc");
    char *(**own)(const char *) = dlsym(library, "xmlMemStrdup");
    char *(*first)(const char *) = *own;
    assert_non_null(cst_module_find((uintptr_t)variable));
    assert_false(cst_allocator_is_replaced(CUSTODY_CONTRACT_LIBXML));
    *variable = malloc_of_program;
    assert_true(cst_allocator_is_replaced(CUSTODY_CONTRACT_LIBXML));
    *variable = malloc;
    *own = strdup_of_program;
    assert_true(cst_allocator_is_replaced(CUSTODY_CONTRACT_LIBXML));
    *own = first;
    assert_false(cst_allocator_is_replaced(CUSTODY_CONTRACT_LIBXML));
    assert_false(cst_allocator_is_replaced(CUSTODY_CONTRACT_OPENSSL));
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

static void a_pointer_behind_a_header_stands_for_the_block(void **state)
{
    (void)state;
    uint64_t block[8] = {sizeof block - 8};
    uintptr_t start = (uintptr_t)block;
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_SQLITE, start, sizeof block, start + 8), CST_PIECE_WHOLE);
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_SQLITE, start, sizeof block, start + 16), CST_PIECE_NONE);
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_SQLITE, start, sizeof block, start), CST_PIECE_NONE);
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_MALLOC, start, sizeof block, start + 8), CST_PIECE_NONE);
    block[0]--;
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_SQLITE, start, sizeof block, start + 8), CST_PIECE_NONE);
    assert_int_equal(cst_allocator_piece(CUSTODY_CONTRACT_GLIB_SLICE, start, sizeof block, start + 24), CST_PIECE_PART);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_known_by_its_name_and_its_symbol),
        cmocka_unit_test(a_library_of_that_name_without_the_symbol_is_another),
        cmocka_unit_test(functions_of_one_library_have_contracts_of_their_own),
        cmocka_unit_test(a_buffer_is_its_librarys_only_when_the_library_asked_for_it),
        cmocka_unit_test(a_variable_is_its_librarys_and_a_direct_call_is_not),
        cmocka_unit_test(a_library_with_functions_of_the_program_is_replaced),
        cmocka_unit_test(a_pointer_behind_a_header_stands_for_the_block),
    };
    return cmocka_run_group_tests(tests, begin, fixture_end);
}
