/* What a module is: see module_facts.h. */
#include "site/module_facts.h"

#include "base/maps.h"
#include "base/pool.h"
#include "site/allocator.h"
#include "site/facts.h"
#include "site/family.h"
#include "site/mangling.h"
#include "site/module_file.h"
#include "site/rust_survey.h"

#include <string.h>

#define UNKNOWN_NAME "[unknown]"
#define NAME_MAX_BYTES 4096

/* Bytes of a module's constants that are looked through. */
#define CONSTANTS_MAX ((size_t)16 << 20)

/* Beginnings of the names of what glibc consists of, and of the C++ runtimes (gcc's and LLVM's). */
static const char *const libc_names[] = {
    "libc.so",     "libc-2.",    "ld-linux", "ld-2.",    "libm.so",    "libm-2.",    "libmvec.so",      "libpthread.so",
    "libpthread-", "libdl.so",   "libdl-2.", "librt.so", "librt-2.",   "libresolv",  "libnss_",         "libanl.so",
    "libanl-2.",   "libutil.so", "libutil-", "libnsl",   "linux-vdso", "linux-gate", "libBrokenLocale",
};
static const char *const cxx_runtime_names[] = {
    "libstdc++.so", "libc++.so", "libc++abi.so", "libgcc_s.so", "libsupc++",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What the symbol tables say. */
struct traits {
    bool has_symtab;     /* not stripped */
    bool own_malloc;     /* defines functions of the malloc family */
    uint8_t family;      /* defines functions of this family of allocators: its contract */
    bool own_operators;  /* defines operator new or delete */
    bool asks_operators; /* is given some by another module */
    uint64_t operators_lo, operators_hi;
    bool cxx;       /* C++ is in it */
    bool rust_main; /* has the start of a Rust program; for a program, else true */
    struct cst_rust_survey survey;
};

/* Asked of every symbol there is, and mostly answered by the first few bytes. */
static inline bool starts_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static bool starts_with_any(const char *text, const char *const *starts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (starts_with(text, starts[i])) {
            return true;
        }
    }
    return false;
}

struct name_search {
    uintptr_t address;
    const char *name; /* answer, in the pool */
};

/* A name from the kernel: an absolute path, with " (deleted)" behind it when the file has lost that path. */
static bool take_mapping_name(const struct cst_mapping *mapping, void *context)
{
    struct name_search *search = context;
    if (search->address < mapping->lo || search->address >= mapping->hi) {
        return true;
    }
    static const char deleted[] = " (deleted)";
    size_t length = strlen(mapping->name);
    size_t tail = sizeof deleted - 1;
    if (length > tail && strcmp(mapping->name + length - tail, deleted) == 0) {
        length -= tail;
    }
    if (mapping->name[0] == '/') {
        search->name = cst_pool_copy(mapping->name, length);
    }
    return false;
}

/* A descriptor's path under /proc leads elsewhere as soon as the descriptor is used again. */
static bool lasts(const char *loader_name)
{
    return loader_name[0] == '/' && !starts_with(loader_name, "/proc/");
}

void cst_module_name(const char *loader_name, struct cst_module *module)
{
    struct name_search search = {module->lo, NULL};
    if (!lasts(loader_name)) {
        cst_maps_each(take_mapping_name, &search);
    }
    if (search.name == NULL && loader_name[0] != '\0') {
        search.name = cst_pool_copy(loader_name, strnlen(loader_name, NAME_MAX_BYTES));
    }
    module->path = search.name != NULL ? search.name : UNKNOWN_NAME;
    const char *slash = strrchr(module->path, '/');
    module->name = slash != NULL && slash[1] != '\0' ? slash + 1 : module->path;
}

/* In .symtab a version, as in "name@@VERSION", may be part of a name. */
static bool is_named(const char *name, const char *plain)
{
    size_t length = strlen(plain);
    return strncmp(name, plain, length) == 0 && (name[length] == '\0' || name[length] == '@');
}

static bool is_cxx_name(const char *name)
{
    return cst_mangling_lang(name) == CUSTODY_LANG_CXX || is_named(name, "__gxx_personality_v0");
}

static bool is_rust_main(const char *name)
{
    return starts_with(name, "_ZN3std2rt10lang_start") || (starts_with(name, "_R") && strstr(name, "2rt10lang_start"));
}

static bool needs_cxx_runtime(const struct cst_elf *elf)
{
    const char *name;
    for (size_t i = 0; (name = cst_elf_dynamic_string(elf, DT_NEEDED, i)) != NULL; i++) {
        if (starts_with(name, "libstdc++.so") || starts_with(name, "libc++")) {
            return true;
        }
    }
    return false;
}

/* One without a size may reach anywhere behind it. */
static void note_own_operator(const struct cst_elf_symbol *symbol, struct traits *traits)
{
    uint64_t end;
    if (symbol->size == 0 || __builtin_add_overflow(symbol->value, symbol->size, &end)) {
        end = UINT64_MAX;
    }
    traits->operators_lo =
        traits->own_operators && traits->operators_lo < symbol->value ? traits->operators_lo : symbol->value;
    traits->operators_hi = traits->operators_hi > end ? traits->operators_hi : end;
    traits->own_operators = true;
}

static void note_operator(const struct cst_elf_symbol *symbol, struct traits *traits)
{
    if (symbol->defined) {
        note_own_operator(symbol, traits);
    } else {
        traits->asks_operators = true;
    }
}

/* The names that C++ and Rust have by the ten thousand: a look at their first bytes is enough. */
static bool says_nothing_new(const char *name, const struct traits *traits)
{
    if (name[0] != '_' || !traits->rust_main) {
        return false;
    }
    if (name[1] == 'Z') {
        return traits->cxx && name[2] != 'n' && name[2] != 'd';
    }
    return name[1] == 'R' && (name[2] != 'N' || name[3] != 'v' || name[4] != 'C');
}

static void note_symbol(const struct cst_elf_symbol *symbol, struct traits *traits)
{
    if (says_nothing_new(symbol->name, traits)) {
        return;
    }
    cst_rust_survey_symbol(&traits->survey, symbol);
    if (symbol->defined && traits->family == CUSTODY_CONTRACT_UNKNOWN) {
        traits->family = (uint8_t)cst_family_of(symbol->name);
    }
    if (symbol->name[0] != '_') {
        traits->own_malloc = traits->own_malloc || (symbol->defined && cst_mangling_is_malloc(symbol->name));
        return;
    }
    if (cst_mangling_operator(symbol->name) != CUSTODY_CONTRACT_UNKNOWN) {
        note_operator(symbol, traits);
    }
    traits->cxx = traits->cxx || is_cxx_name(symbol->name);
    traits->rust_main = traits->rust_main || is_rust_main(symbol->name);
}

/* Returns how many symbols there are. */
static size_t walk_table(const struct cst_elf *elf, enum cst_elf_table table, struct traits *traits)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
    struct cst_elf_symbol symbol;
    size_t count = symbols.entries.size / sizeof(Elf64_Sym);
    while (cst_elf_next(&symbols, &symbol)) {
        note_symbol(&symbol, traits);
    }
    return count;
}

/* Tables may hold hundreds of thousands of symbols: each is walked once, and .dynsym only when .symtab lacks some. */
static void read_traits(const struct cst_elf *elf, bool is_program, struct traits *out_traits)
{
    *out_traits = (struct traits){.cxx = needs_cxx_runtime(elf), .rust_main = !is_program};
    size_t count = walk_table(elf, CST_ELF_SYMTAB, out_traits);
    out_traits->has_symtab = count != 0;
    if (count < cst_elf_symbols(elf, CST_ELF_DYNSYM).entries.size / sizeof(Elf64_Sym)) {
        (void)walk_table(elf, CST_ELF_DYNSYM, out_traits);
    }
}

/* A library that is nothing but the runtime. One that libcustody.a is linked into is a party like any other. */
static bool is_ours(const char *name)
{
    return strcmp(name, "libcustody.so") == 0 || starts_with(name, "libcustody.so.") ||
           strcmp(name, "libcustody_preload.so") == 0;
}

static enum cst_module_role role_of(const struct cst_module *module, bool is_program, const char *soname)
{
    if (is_program) {
        return CST_ROLE_PROGRAM;
    }
    if (is_ours(module->name) || is_ours(soname)) {
        return CST_ROLE_CUSTODY;
    }
    const char *names[] = {module->name, soname};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (starts_with_any(names[i], libc_names, COUNT(libc_names))) {
            return CST_ROLE_LIBC;
        }
        if (starts_with_any(names[i], cxx_runtime_names, COUNT(cxx_runtime_names))) {
            return CST_ROLE_CXX_RUNTIME;
        }
    }
    return CST_ROLE_LIBRARY;
}

/* Where its entries are known, Rust that is a guest in a program of another language is not the language of the rest. */
static void set_lang(struct cst_module *module)
{
    bool guest = module->rust == CST_RUST_EXACT && module->rust_is_guest;
    bool rust = module->rust != CST_RUST_ABSENT && !guest;
    module->lang = rust ? CUSTODY_LANG_RUST : module->has_cxx ? CUSTODY_LANG_CXX : CUSTODY_LANG_C;
}

/* Rust whose entries are not hooked may be told apart call site by call site: unless its calls reach another libc. */
static bool facts_may_tell(const struct cst_module *module)
{
    return module->rust == CST_RUST_INFERRED && module->link_namespace <= 0;
}

void cst_module_settle(struct cst_module *module)
{
    struct cst_facts facts;
    if (!cst_facts_open(module, &facts)) {
        return;
    }
    module->rust_by_site = true;
    if (cst_facts_tell_rust(&facts)) {
        module->rust = CST_RUST_EXACT;
        module->rust_by = CST_RUST_BY_DEBUG_INFO;
        set_lang(module);
    }
}

/* A C++ runtime inside the module leaves the name of the exception that operator new throws in its data. Asked of modules
 * with C++'s tables of exceptions only; data that large is mostly pictures and words. */
static bool may_hold_cxx(const struct cst_elf *elf)
{
    size_t size = cst_elf_section(elf, ".rodata").size;
    return cst_elf_section(elf, ".gcc_except_table").size != 0 && size <= CONSTANTS_MAX &&
           cst_elf_section_has(elf, ".rodata", "St9bad_alloc");
}

static enum cst_operators operators_of(const struct cst_elf *elf, const struct traits *traits)
{
    if (traits->own_operators) {
        return CST_OPERATORS_OWN;
    }
    bool told = traits->has_symtab || traits->asks_operators;
    return !told && (traits->cxx || may_hold_cxx(elf)) ? CST_OPERATORS_HIDDEN : CST_OPERATORS_SHARED;
}

/* In another link namespace Rust's allocator is another libc's. Hooked, it would get our blocks, and release them there. */
static struct cst_rust_answer answer_for(const struct cst_module *module, const struct cst_elf *elf,
                                         const struct traits *traits)
{
    if (module->link_namespace <= 0) {
        return cst_rust_hook(module, elf, &traits->survey);
    }
    bool present = traits->survey.count != 0 || traits->survey.other;
    return (struct cst_rust_answer){present ? CST_RUST_INFERRED : CST_RUST_ABSENT, CST_RUST_BY_NONE, false};
}

static void classify_own(const struct cst_elf *elf, const char *soname, struct cst_module *module)
{
    struct traits traits;
    module->allocator = module->role == CST_ROLE_LIBRARY ? cst_allocator_recognise(module->name, soname, elf) : 0;
    read_traits(elf, module->role == CST_ROLE_PROGRAM, &traits);
    module->own_malloc = traits.own_malloc;
    module->operators = operators_of(elf, &traits);
    module->operators_lo = traits.operators_lo;
    module->operators_hi = traits.operators_hi;
    struct cst_rust_answer answer = answer_for(module, elf, &traits);
    module->rust = answer.rust;
    module->rust_by = answer.rust_by;
    module->rust_mingles = answer.rust_mingles;
    module->family =
        module->rust_by == CST_RUST_BY_ALLOCATOR ? 0 : traits.family; /* else it is behind Rust's entries */
    module->has_cxx = traits.cxx;
    module->rust_is_guest = traits.has_symtab && !traits.rust_main;
    set_lang(module);
}

bool cst_module_classify(bool is_program, struct cst_module *module)
{
    struct cst_elf elf = {0};
    bool readable = cst_module_open_file(module, &elf);
    const char *found = readable ? cst_elf_dynamic_string(&elf, DT_SONAME, 0) : NULL;
    const char *soname = found != NULL ? found : "";
    module->role = role_of(module, is_program, soname);
    module->lang = module->role == CST_ROLE_CXX_RUNTIME ? CUSTODY_LANG_CXX : CUSTODY_LANG_C;
    module->rust = CST_RUST_ABSENT;
    if (readable && (module->role == CST_ROLE_PROGRAM || module->role == CST_ROLE_LIBRARY)) {
        classify_own(&elf, soname, module);
    }
    cst_elf_close(&elf);
    return facts_may_tell(module);
}
