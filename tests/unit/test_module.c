/* The registry of modules, over libraries that the test compiles, copies, loads, unloads, replaces and removes. The
 * runtime is linked into the test program, so the program is the test's, not Custody's. */
#include "site/mangling.h"
#include "site/module.h"

#include "base/elf_functions.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

#define MANY 200
#define THREADS 8
#define RACES 20
#define ROUNDS 6

static atomic_uint told[CST_MODULE_MAX];

static void count_telling(const struct cst_module *module)
{
    atomic_fetch_add(&told[module->id], 1);
}

static unsigned returned_count, displaced_count, restored_count;

static void count_return(const struct cst_module *module)
{
    (void)module;
    returned_count++;
}

static void count_displacement(const struct cst_module *module)
{
    (void)module;
    displaced_count++;
}

static void count_restoration(const struct cst_module *module)
{
    (void)module;
    restored_count++;
}

static const struct cst_module_watch watch = {
    .found = count_telling, .returned = count_return, .displaced = count_displacement, .restored = count_restoration};

static int build_fixtures(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0a -o @/plain.so %/plain.c");
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0b -o @/other.so %/plain.c");
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=none -o @/bare.so %/plain.c");
    fixture_run("for id in 1a 1b 1c; do cc -O1 -shared -fPIC -Wl,--build-id=0x$id -o @/once-$id.so %/plain.c; done");
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0c0d -o @/rooms.so %/rooms.c");
    fixture_run("c++ -O0 -shared -fPIC -o @/placement.so %/placement.cpp");
    fixture_run("c++ -O1 -shared -fPIC -o @/operators.so %/operators.cpp");
    fixture_run("cc -O1 -shared -fPIC -Wl,-Tdata=0x400000 -Wl,--build-id=0x0e -o @/holes.so %/rooms.c");
    fixture_run("mkdir @/copies");
    /* Slow to register, so that threads that race for it meet. */
    fixture_run(
        "awk 'BEGIN { for (i = 0; i < 50000; i++) print \"_label_\" i \": nop\"; print \".section .note.GNU-stack\" }' "
        ">@/labels.s && "
        "cc -O1 -shared -fPIC -Wl,--build-id=none -o @/slow.so %/plain.c @/labels.s");
    cst_module_watch(&watch);
    cst_module_scan();
    return 0;
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail_msg("%s", dlerror());
    }
    return library;
}

static uintptr_t address_in(void *library, const char *symbol)
{
    void *address = dlsym(library, symbol);
    assert_non_null(address);
    return (uintptr_t)address;
}

static const struct cst_module *module_of(void *library)
{
    return cst_module_find(address_in(library, "plain_name"));
}

static void the_program_is_module_0(void **state)
{
    (void)state;
    char path[PATH_MAX] = "";
    assert_true(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    const struct cst_module *program = cst_module_find((uintptr_t)&build_fixtures);
    assert_ptr_equal(program, cst_module_get(0));
    assert_int_equal(program->id, 0);
    assert_int_equal(program->role, CST_ROLE_PROGRAM);
    assert_int_equal(program->lang, CUSTODY_LANG_C);
    assert_int_equal(program->rust, CST_RUST_ABSENT);
    assert_int_equal(program->operators, CST_OPERATORS_SHARED);
    assert_string_equal(program->path, path);
    assert_string_equal(program->name, "test_module");
    assert_true(program->lo <= (uintptr_t)&build_fixtures && (uintptr_t)&build_fixtures < program->hi);
}

static void the_scan_registers_what_is_loaded_and_tells_of_each_once(void **state)
{
    (void)state;
    uint32_t count = cst_module_count();
    assert_true(count >= 4);
    cst_module_scan();
    assert_int_equal(cst_module_count(), count);
    for (uint32_t id = 0; id < count; id++) {
        assert_int_equal(cst_module_get(id)->id, id);
        assert_int_equal(told[id], 1);
    }
    assert_null(cst_module_get(count));
    assert_null(cst_module_get(CST_MODULE_NONE));
}

static void a_library_with_a_hole_between_its_segments_is_one_module(void **state)
{
    (void)state;
    const uint32_t count = cst_module_count();
    void *library = load(fixture_path("holes.so"));
    const struct cst_module *module = module_of(library);
    const uintptr_t data = (uintptr_t)((struct link_map *)library)->l_addr + 0x400000;
    assert_non_null(module);
    assert_string_equal(module->name, "holes.so");
    assert_int_equal(module->lo, module->base);
    assert_true(module->hi > data && module->headers_size > 0);
    assert_int_equal(module->build_id_size, 1);
    assert_ptr_equal(cst_module_find(module->lo), module);
    assert_ptr_equal(cst_module_find(data), module);
    assert_int_equal(cst_module_count(), count + 1);
    dlclose(library);
    assert_int_equal(cst_module_sweep(NULL), 1);
    assert_true(module->unloaded);
}

static void libc_and_the_kernels_library_are_libc(void **state)
{
    (void)state;
    const struct cst_module *libc = cst_module_find((uintptr_t)&gnu_get_libc_version);
    assert_string_equal(libc->name, "libc.so.6");
    assert_int_equal(libc->path[0], '/');
    assert_int_equal(libc->role, CST_ROLE_LIBC);
    assert_true(libc->build_id_size > 0);
    const struct cst_module *vdso = cst_module_find(getauxval(AT_SYSINFO_EHDR));
    if (vdso != NULL) { /* the kernel may run without one */
        assert_int_equal(vdso->role, CST_ROLE_LIBC);
        assert_string_equal(vdso->name, "linux-vdso.so.1");
    }
}

static void what_is_in_no_module_is_not_found(void **state)
{
    (void)state;
    int local = 0;
    static const uintptr_t wild[] = {0, 1, UINTPTR_MAX, UINTPTR_MAX / 2, (uintptr_t)1 << 63};
    assert_null(cst_module_find((uintptr_t)&local));
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        assert_null(cst_module_find(wild[i]));
    }
    void *block = malloc(64);
    assert_null(cst_module_find((uintptr_t)block));
    free(block);
}

/* Both operators of the fixture, whole, and not the whole module. */
static void assert_operators_lie_in_bounds(const struct cst_module *module)
{
    struct cst_elf elf;
    unsigned count = 0;
    assert_true(cst_elf_open(module->path, &elf));
    struct cst_elf_symbols symbols = cst_elf_symbols(&elf, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        if (symbol.defined && cst_mangling_operator(symbol.name) != CUSTODY_CONTRACT_UNKNOWN) {
            count++;
            assert_true(symbol.value >= module->operators_lo && symbol.value + symbol.size <= module->operators_hi);
        }
    }
    assert_int_equal(count, 2);
    assert_true(module->operators_hi - module->operators_lo < module->hi - module->lo);
    cst_elf_close(&elf);
}

static void languages_and_operators_are_told_apart(void **state)
{
    (void)state;
    void *plain = load(fixture_path("plain.so"));
    void *placement = load(fixture_path("placement.so"));
    void *operators = load(fixture_path("operators.so"));
    const struct cst_module *c = module_of(plain);
    assert_int_equal(c->operators_hi, 0);
    assert_int_equal(c->role, CST_ROLE_LIBRARY);
    assert_int_equal(c->lang, CUSTODY_LANG_C);
    assert_int_equal(c->operators, CST_OPERATORS_SHARED);
    const struct cst_module *cxx = cst_module_find(address_in(placement, "placement_make"));
    assert_int_equal(cxx->lang, CUSTODY_LANG_CXX);
    assert_int_equal(cxx->operators, CST_OPERATORS_SHARED);
    assert_true(cst_module_find(address_in(operators, "_Znwm"))->operators == CST_OPERATORS_OWN ||
                strstr(cst_module_find(address_in(operators, "_Znwm"))->name, "libstdc++") != NULL);
    cst_module_scan();
    bool found = false;
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        const struct cst_module *module = cst_module_get(id);
        if (strcmp(module->name, "operators.so") == 0 && module->operators == CST_OPERATORS_OWN) {
            found = true;
            assert_operators_lie_in_bounds(module);
        }
        assert_true(strncmp(module->name, "libstdc++", 9) != 0 || module->role == CST_ROLE_CXX_RUNTIME);
        assert_true(module->role != CST_ROLE_CXX_RUNTIME || module->operators == CST_OPERATORS_SHARED);
    }
    assert_true(found);
    dlclose(operators);
    dlclose(placement);
    dlclose(plain);
    cst_module_sweep(NULL);
}

/* Loads a library, unloads it, loads it again; *out_place says whether it came to its old place. */
static void load_twice(const char *path, const struct cst_module **out_first, const struct cst_module **out_second,
                       bool *out_same_place)
{
    void *library = load(path);
    *out_first = module_of(library);
    uintptr_t address = address_in(library, "plain_name");
    assert_ptr_equal(*out_first, module_of(library));
    assert_int_equal(cst_module_sweep(NULL), 0);
    assert_false((*out_first)->unloaded);
    dlclose(library);
    assert_null(cst_module_find(address));
    assert_ptr_equal(cst_module_recall(address), *out_first);
    assert_int_equal(cst_module_sweep(NULL), 1);
    assert_int_equal(cst_module_sweep(NULL), 0);
    assert_true((*out_first)->unloaded);
    library = load(path);
    *out_second = module_of(library);
    *out_same_place = address == address_in(library, "plain_name");
    assert_false((*out_second)->unloaded);
    assert_ptr_equal(cst_module_get((*out_first)->id), *out_first);
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_library_loaded_again_to_its_place_is_the_same_module(void **state)
{
    (void)state;
    const struct cst_module *first, *second;
    bool same_place;
    unsigned before = returned_count;
    load_twice(fixture_path("plain.so"), &first, &second, &same_place);
    assert_true(!same_place || first == second);
    assert_true(returned_count > before || !same_place);
    assert_int_equal(told[second->id], 1);
}

static void a_library_loaded_again_that_may_be_another_is_a_new_module(void **state)
{
    (void)state;
    const struct cst_module *first, *second;
    bool same_place;
    load_twice(fixture_path("bare.so"), &first, &second, &same_place);
    assert_true(second->id > first->id && second->epoch > first->epoch);
    assert_int_equal(told[second->id], 1);
}

static void a_library_that_comes_to_the_place_of_another_displaces_it_once(void **state)
{
    (void)state;
    void *library = load(fixture_path("plain.so"));
    const struct cst_module *first = module_of(library);
    dlclose(library);
    cst_module_sweep(NULL);
    for (int round = 0; round < 2; round++) {
        library = load(fixture_path("other.so"));
        unsigned before = displaced_count;
        const struct cst_module *second = module_of(library);
        bool there = second->lo < first->hi && first->lo < second->hi;
        assert_true(second != first);
        assert_int_equal(displaced_count, before + (there && round == 0 ? 1 : 0));
        dlclose(library);
        cst_module_sweep(NULL);
    }
    unsigned before = restored_count, displaced = displaced_count;
    library = load(fixture_path("plain.so"));
    bool back = module_of(library) == first;
    assert_int_equal(restored_count - before, back ? 1 : 0);
    assert_true(!back || displaced_count > displaced);
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_module_ends_when_the_linkers_record_of_it_does(void **state)
{
    (void)state;
    void *library = load(fixture_path("plain.so"));
    const struct cst_module *module = module_of(library);
    struct link_map *map = NULL;
    assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    assert_ptr_equal(cst_module_loader_record(module), map);
    assert_null(cst_module_end(&map));
    dlclose(library);
    assert_ptr_equal(cst_module_end(map), module);
    assert_true(module->unloaded);
    assert_null(cst_module_end(map));
}

static void modules_of_other_namespaces_say_so(void **state)
{
    (void)state;
    void *library = dlmopen(LM_ID_NEWLM, fixture_path("plain.so"), RTLD_NOW);
    assert_non_null(library);
    Lmid_t wanted = 0;
    assert_int_equal(dlinfo(library, RTLD_DI_LMID, &wanted), 0);
    assert_true(wanted > 0);
    assert_int_equal(module_of(library)->link_namespace, wanted);
    assert_int_equal(cst_module_get(0)->link_namespace, 0);
    dlclose(library);
    cst_module_sweep(NULL);
}

/* The loader puts the next library where the last one was, and in a young heap its record too: then only a sweep tells them
 * apart. First, therefore. */
static void a_library_that_took_anothers_place_is_told_apart_by_a_sweep(void **state)
{
    (void)state;
    struct link_map *last_map = NULL;
    const struct cst_module *last = NULL;
    unsigned same_place = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        void *library = load(fixture_path(i % 2 == 0 ? "plain.so" : "other.so"));
        struct link_map *map = NULL;
        assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
        cst_module_sweep(NULL);
        const struct cst_module *module = module_of(library);
        assert_string_equal(module->name, i % 2 == 0 ? "plain.so" : "other.so");
        assert_int_equal(module->build_id[0], i % 2 == 0 ? 0x0a : 0x0b);
        assert_true(last == NULL || last->unloaded);
        same_place += last != NULL && map == last_map && module->lo == last->lo && module->hi == last->hi;
        last_map = map;
        last = module;
        dlclose(library);
    }
    cst_module_sweep(NULL);
    if (same_place == 0) { /* as under AddressSanitizer, which keeps freed memory from being used again */
        skip();
    }
}

static void hundreds_of_modules_are_found_by_their_own_names(void **state)
{
    (void)state;
    static void *libraries[MANY];
    fixture_run("i=0; while [ $i -lt 200 ]; do cp @/plain.so @/copies/$i.so; i=$((i+1)); done");
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "copies/%d.so", i);
        libraries[i] = load(fixture_path(name));
    }
    uint32_t before = cst_module_count();
    cst_module_scan();
    assert_int_equal(cst_module_count(), before + MANY);
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.so", i);
        assert_string_equal(module_of(libraries[i])->name, name);
    }
    assert_int_equal(cst_module_count(), before + MANY);
    for (int i = 0; i < MANY; i += 2) {
        dlclose(libraries[i]);
    }
    assert_int_equal(cst_module_sweep(NULL), MANY / 2);
    for (int i = 1; i < MANY; i += 2) {
        assert_false(module_of(libraries[i])->unloaded);
        dlclose(libraries[i]);
    }
    assert_int_equal(cst_module_sweep(NULL), MANY / 2);
}

struct race {
    pthread_barrier_t *start;
    uintptr_t address;
    const struct cst_module *found;
};

static void *find_in_race(void *argument)
{
    struct race *race = argument;
    pthread_barrier_wait(race->start);
    race->found = cst_module_find(race->address);
    return NULL;
}

static void threads_that_race_for_a_new_module_register_it_once(void **state)
{
    (void)state;
    for (int round = 0; round < RACES; round++) {
        void *library = load(fixture_path("slow.so"));
        uint32_t before = cst_module_count();
        pthread_barrier_t start;
        pthread_t threads[THREADS];
        struct race races[THREADS];
        pthread_barrier_init(&start, NULL, THREADS);
        for (int i = 0; i < THREADS; i++) {
            races[i] = (struct race){&start, address_in(library, "plain_name"), NULL};
            assert_int_equal(pthread_create(&threads[i], NULL, find_in_race, &races[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            assert_ptr_equal(races[i].found, cst_module_get(before));
        }
        assert_int_equal(cst_module_count(), before + 1);
        assert_int_equal(told[before], 1);
        pthread_barrier_destroy(&start);
        dlclose(library);
        assert_int_equal(cst_module_sweep(NULL), 1);
    }
}

static void symbols_are_named_with_their_start(void **state)
{
    (void)state;
    const char *name;
    uintptr_t start;
    const struct cst_module *program = cst_module_get(0);
    assert_true(cst_module_symbol(program, (uintptr_t)&find_in_race + 1, &name, &start));
    assert_string_equal(name, "find_in_race");
    assert_int_equal(start, (uintptr_t)&find_in_race);
    assert_false(cst_module_symbol(program, program->lo, &name, &start));

    uintptr_t address = (uintptr_t)&gnu_get_libc_version;
    assert_true(cst_module_symbol(cst_module_find(address), address + 2, &name, &start));
    assert_string_equal(name, "gnu_get_libc_version");
    assert_int_equal(start, address);
}

static void symbols_of_an_unloaded_library_are_still_told(void **state)
{
    (void)state;
    void *library = load(fixture_path("plain.so"));
    const struct cst_module *module = module_of(library);
    uintptr_t address = address_in(library, "plain_name");
    dlclose(library);
    cst_module_sweep(NULL);
    const char *name;
    uintptr_t start;
    assert_true(cst_module_symbol(module, address, &name, &start));
    assert_string_equal(name, "plain_name");
}

/* More addresses than are looked for one by one: the program's file gets an index in the middle of this. */
static void many_symbols_of_a_module_are_those_that_few_are(void **state)
{
    (void)state;
    uintptr_t address = (uintptr_t)&find_in_race, start;
    const struct cst_module *program = cst_module_find(address);
    const char *name;
    struct cst_elf elf;
    struct cst_elf_symbol symbol;
    assert_true(cst_elf_open("/proc/self/exe", &elf));
    for (uintptr_t inside = address; inside < address + 100; inside++) {
        bool known = cst_elf_symbol_at(&elf, inside - program->base, &symbol);
        assert_int_equal(cst_module_symbol(program, inside, &name, &start), known);
        if (known) {
            assert_string_equal(name, symbol.name);
            assert_int_equal(start, program->base + symbol.value);
        }
    }
    cst_elf_close(&elf);
    assert_false(cst_module_symbol(program, program->lo, &name, &start));
}

static void symbols_are_not_taken_from_a_file_that_took_the_place(void **state)
{
    (void)state;
    fixture_run("cp @/once-1a.so @/replaced.so && cp @/bare.so @/removed.so");
    void *library = load(fixture_path("replaced.so"));
    void *bare = load(fixture_path("removed.so"));
    fixture_run("cp @/other.so @/new && mv @/new @/replaced.so && rm @/removed.so");
    const struct cst_module *module = module_of(library);
    const struct cst_module *removed = module_of(bare);
    assert_string_equal(module->name, "replaced.so");
    assert_string_equal(removed->name, "removed.so");
    assert_int_equal(removed->build_id_size, 0);
    const char *name;
    uintptr_t start;
    assert_false(cst_module_symbol(module, address_in(library, "plain_name"), &name, &start));
    assert_false(cst_module_symbol(removed, address_in(bare, "plain_name"), &name, &start));
    dlclose(bare);
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_library_without_build_id_is_known_by_its_headers(void **state)
{
    (void)state;
    void *library = load(fixture_path("bare.so"));
    const char *name;
    uintptr_t start;
    const struct cst_module *module = module_of(library);
    assert_int_equal(module->build_id_size, 0);
    assert_true(cst_module_symbol(module, address_in(library, "plain_name"), &name, &start));
    dlclose(library);
    cst_module_sweep(NULL);
}

/* Where the object called `symbol` is in the file; where the file ends for NULL. */
static size_t place_in_file(const struct cst_elf *elf, const char *symbol)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_DYNSYM);
    struct cst_elf_symbol found;
    while (symbol != NULL && cst_elf_next(&symbols, &found)) {
        if (strcmp(found.name, symbol) == 0) {
            return (size_t)(cst_elf_at(elf, found.value, found.size, 0) - elf->file.bytes);
        }
    }
    return elf->file.size;
}

/* Copies rooms.so with its program headers moved to the object called `symbol`, or behind all that is loaded. The old ones
 * become garbage. */
static void *load_with_headers_in(const char *symbol, const char *name)
{
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("rooms.so"), &elf));
    size_t place = place_in_file(&elf, symbol);
    size_t size = elf.file.size + elf.phdrs.size;
    unsigned char *copy = calloc(1, size);
    memcpy(copy, elf.file.bytes, elf.file.size);
    memcpy(copy + place, elf.phdrs.bytes, elf.phdrs.size);
    memset(copy + sizeof(Elf64_Ehdr), 0x5a, elf.phdrs.size);
    ((Elf64_Ehdr *)(void *)copy)->e_phoff = place;
    FILE *file = fopen(fixture_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(copy, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(copy);
    cst_elf_close(&elf);
    return load(fixture_path(name));
}

static void program_headers_are_found_wherever_they_are_loaded(void **state)
{
    (void)state;
    static const char *const rooms[] = {"room_of_constants", "room_of_variables"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        void *library = load_with_headers_in(rooms[i], "moved.so");
        const struct cst_module *module = module_of(library);
        const char *name;
        uintptr_t start;
        assert_int_not_equal(module->fingerprint, 0);
        assert_int_equal(module->build_id_size, 2);
        assert_int_equal(module->build_id[1], 0x0d);
        assert_true(cst_module_symbol(module, address_in(library, "plain_name"), &name, &start));
        assert_string_equal(name, "plain_name");
        assert_int_equal(cst_module_sweep(NULL), 0);
        dlclose(library);
        assert_int_equal(cst_module_sweep(NULL), 1);
    }
}

static void a_library_whose_program_headers_are_not_loaded_has_no_file(void **state)
{
    (void)state;
    void *library = load_with_headers_in(NULL, "behind.so");
    const struct cst_module *module = module_of(library);
    const char *name;
    uintptr_t start;
    assert_string_equal(module->name, "behind.so");
    assert_int_equal(module->fingerprint, 0);
    assert_int_equal(module->headers_size, 0);
    assert_false(cst_module_symbol(module, address_in(library, "plain_name"), &name, &start));
    assert_int_equal(cst_module_sweep(NULL), 0);
    dlclose(library);
    assert_int_equal(cst_module_sweep(NULL), 1);
}

/* The headers in memory belong to the dynamic linker, but a program may write there. */
static void headers_that_do_not_lie_where_they_say_are_unknown(void **state)
{
    (void)state;
    void *library = load_with_headers_in("room_of_variables", "overwritten.so");
    Elf64_Phdr *headers = (void *)address_in(library, "room_of_variables");
    for (size_t i = 0; headers[i].p_type == PT_LOAD; i++) {
        headers[i].p_vaddr += 4096;
    }
    assert_int_equal(module_of(library)->fingerprint, 0);
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_relative_name_becomes_a_path(void **state)
{
    (void)state;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(fixture_directory), 0);
    void *library = load("./plain.so");
    assert_int_equal(chdir(before), 0);
    assert_string_equal(module_of(library)->path, fixture_path("plain.so"));
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_library_in_anonymous_memory_has_a_name_and_no_file(void **state)
{
    (void)state;
    char command[64];
    int fd = memfd_create("plugin", 0);
    assert_true(fd >= 0);
    snprintf(command, sizeof command, "cat @/once-1b.so >/proc/%d/fd/%d", getpid(), fd);
    fixture_run(command);
    snprintf(command, sizeof command, "/proc/self/fd/%d", fd);
    void *library = load(command);
    close(fd);
    const struct cst_module *module = module_of(library);
    assert_string_equal(module->name, "memfd:plugin");
    assert_int_equal(module->role, CST_ROLE_LIBRARY);
    assert_int_equal(module->build_id[0], 0x1b);
    const char *name;
    uintptr_t start;
    assert_false(cst_module_symbol(module, address_in(library, "plain_name"), &name, &start));
    dlclose(library);
    cst_module_sweep(NULL);
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    fixture_run("cp @/once-1c.so @/gone.so");
    void *library = load(fixture_path("gone.so"));
    fixture_run("rm @/gone.so");
    uintptr_t address = address_in(library, "plain_name");
    const char *name;
    uintptr_t start;
    errno = 4711;
    const struct cst_module *module = cst_module_find(address);
    bool named = cst_module_symbol(module, address, &name, &start);
    cst_module_scan();
    assert_int_equal(errno, 4711);
    assert_false(named);
    dlclose(library);
    cst_module_sweep(NULL);
}

static void a_child_registers_for_itself(void **state)
{
    (void)state;
    uint32_t before = cst_module_count();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        cst_module_after_fork();
        const struct cst_module *module = module_of(load(fixture_path("bare.so")));
        _exit(module != NULL && module->id == before ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(cst_module_count(), before);
}

/* Last: it uses up the ids. */
static void when_ids_are_used_up_modules_are_not_found(void **state)
{
    (void)state;
    cst_module_watch(NULL);
    while (cst_module_count() < CST_MODULE_MAX) {
        void *library = load(fixture_path("bare.so"));
        assert_non_null(module_of(library));
        dlclose(library);
        assert_int_equal(cst_module_sweep(NULL), 1);
    }
    void *library = load(fixture_path("bare.so"));
    assert_null(module_of(library));
    assert_int_equal(cst_module_count(), CST_MODULE_MAX);
    assert_non_null(cst_module_find((uintptr_t)&build_fixtures));
    dlclose(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_that_took_anothers_place_is_told_apart_by_a_sweep),
        cmocka_unit_test(the_program_is_module_0),
        cmocka_unit_test(the_scan_registers_what_is_loaded_and_tells_of_each_once),
        cmocka_unit_test(a_library_with_a_hole_between_its_segments_is_one_module),
        cmocka_unit_test(libc_and_the_kernels_library_are_libc),
        cmocka_unit_test(what_is_in_no_module_is_not_found),
        cmocka_unit_test(languages_and_operators_are_told_apart),
        cmocka_unit_test(a_library_loaded_again_to_its_place_is_the_same_module),
        cmocka_unit_test(a_library_loaded_again_that_may_be_another_is_a_new_module),
        cmocka_unit_test(a_library_that_comes_to_the_place_of_another_displaces_it_once),
        cmocka_unit_test(a_module_ends_when_the_linkers_record_of_it_does),
        cmocka_unit_test(modules_of_other_namespaces_say_so),
        cmocka_unit_test(hundreds_of_modules_are_found_by_their_own_names),
        cmocka_unit_test(threads_that_race_for_a_new_module_register_it_once),
        cmocka_unit_test(symbols_are_named_with_their_start),
        cmocka_unit_test(symbols_of_an_unloaded_library_are_still_told),
        cmocka_unit_test(many_symbols_of_a_module_are_those_that_few_are),
        cmocka_unit_test(symbols_are_not_taken_from_a_file_that_took_the_place),
        cmocka_unit_test(a_library_without_build_id_is_known_by_its_headers),
        cmocka_unit_test(program_headers_are_found_wherever_they_are_loaded),
        cmocka_unit_test(a_library_whose_program_headers_are_not_loaded_has_no_file),
        cmocka_unit_test(headers_that_do_not_lie_where_they_say_are_unknown),
        cmocka_unit_test(a_relative_name_becomes_a_path),
        cmocka_unit_test(a_library_in_anonymous_memory_has_a_name_and_no_file),
        cmocka_unit_test(errno_is_left_alone),
        cmocka_unit_test(a_child_registers_for_itself),
        cmocka_unit_test(when_ids_are_used_up_modules_are_not_found),
    };
    return cmocka_run_group_tests(tests, build_fixtures, fixture_end);
}
