/* Callers: see caller.h. */
#include "site/caller.h"

#include "custody/facts.h"
#include "site/allocator.h"
#include "site/code_map.h"
#include "site/mangling.h"

/* libc and the C++ runtime act for others, and we are nobody's side: their parts are not told apart. */
static bool has_parts(const struct cst_module *module)
{
    return module->role == CST_ROLE_PROGRAM || module->role == CST_ROLE_LIBRARY;
}

/* False for code that is in none of the operators of its module. To find a function's name takes a look at all symbols, and
 * a program with operators of its own may have thousands of call sites. */
static bool may_be_operator(const struct cst_module *module, uintptr_t address)
{
    uintptr_t offset = address - module->base;
    return module->role == CST_ROLE_CXX_RUNTIME ||
           (module->operators == CST_OPERATORS_OWN && offset >= module->operators_lo && offset < module->operators_hi);
}

/* The contract of the C++ operator that the code belongs to. One that rests on malloc is the C++ runtime's, where the shared
 * ones are not reached, or one that a module brings along. False when it is no operator. */
static bool contract_of_operator(const struct cst_module *module, uintptr_t address,
                                 enum custody_contract *out_contract)
{
    const char *name;
    uintptr_t start;
    enum custody_contract contract = CUSTODY_CONTRACT_UNKNOWN;
    if (may_be_operator(module, address) && cst_module_symbol(module, address, &name, &start)) {
        contract = cst_mangling_operator(name);
    }
    if (contract != CUSTODY_CONTRACT_UNKNOWN) {
        *out_contract = contract;
    }
    return contract != CUSTODY_CONTRACT_UNKNOWN;
}

/* The doors that Rust's default allocator goes through. */
static bool is_rusts(enum custody_door door)
{
    return door == CUSTODY_DOOR_MALLOC || door == CUSTODY_DOOR_CALLOC || door == CUSTODY_DOOR_REALLOC ||
           door == CUSTODY_DOOR_FREE || door == CUSTODY_DOOR_POSIX_MEMALIGN || door == CUSTODY_DOOR_ALIGNED_ALLOC;
}

/* What a call is made for by code of a module in which Rust's own calls reach libc, as custody/facts.h has it. Code of C and
 * C++ is told by its name where nothing describes it. */
static enum custody_contract contract_by_facts(const struct cst_code *code, bool *out_in_doubt)
{
    unsigned flags = code->flags & (CUSTODY_FACTS_RUST_ALLOCATOR | CUSTODY_FACTS_MERGED);
    bool described = (code->flags & CUSTODY_FACTS_DESCRIBED) != 0;
    bool named = code->lang == CUSTODY_LANG_C || code->lang == CUSTODY_LANG_CXX;
    if (flags == CUSTODY_FACTS_RUST_ALLOCATOR) {
        return CUSTODY_CONTRACT_RUST;
    }
    if (flags != 0 || (!described && !named)) {
        return CUSTODY_CONTRACT_MALLOC_OR_RUST;
    }
    *out_in_doubt = !described;
    return CUSTODY_CONTRACT_MALLOC;
}

static enum custody_contract contract_of(const struct cst_module *module, uintptr_t address,
                                         const struct cst_code *code, enum custody_door door, bool *out_in_doubt)
{
    enum custody_contract contract = custody_door_contract(door);
    if (contract != CUSTODY_CONTRACT_MALLOC || contract_of_operator(module, address, &contract) ||
        cst_allocator_of_code(module, address, door, &contract)) {
        return contract;
    }
    return module->rust_by_site && is_rusts(door) ? contract_by_facts(code, out_in_doubt) : contract;
}

/* True for a function of a malloc family that the module defines over libc's, and for functions of a family with memory of
 * its own that call each other: they are everybody's who calls them. */
static bool acts_for_its_callers(const struct cst_module *module, uintptr_t address, enum custody_door door)
{
    const char *name;
    uintptr_t start;
    if (module->family != CUSTODY_CONTRACT_UNKNOWN && module->family == custody_door_contract(door)) {
        return true;
    }
    return module->own_malloc && custody_door_contract(door) == CUSTODY_CONTRACT_MALLOC &&
           cst_module_symbol(module, address, &name, &start) && cst_mangling_is_malloc(name);
}

struct cst_caller cst_caller_at(const struct cst_module *module, uintptr_t address, enum custody_door door)
{
    struct cst_code code = {.lang = CUSTODY_LANG_NONE};
    if (acts_for_its_callers(module, address, door)) {
        return (struct cst_caller){.module = NULL, .contract = custody_door_contract(door)};
    }
    if (has_parts(module)) {
        code = cst_code_at(module, address);
    }
    struct cst_caller caller = {.module = module, .lang = code.lang};
    caller.contract = contract_of(module, address, &code, door, &caller.in_doubt);
    return caller;
}

struct cst_caller cst_caller_through(uintptr_t variable, const struct cst_module *module, uintptr_t address,
                                     enum custody_door door)
{
    struct cst_caller caller = {.lang = CUSTODY_LANG_C};
    if (variable && custody_door_contract(door) == CUSTODY_CONTRACT_MALLOC &&
        cst_allocator_of_variable(variable, &caller.module, &caller.contract)) {
        return caller;
    }
    return cst_caller_at(module, address, door);
}
