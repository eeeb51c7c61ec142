/* Callers: see caller.h. */
#include "site/caller.h"

#include "custody/facts.h"
#include "site/allocator.h"
#include "site/code_map.h"

/* libc and the C++ runtime act for others, and we are nobody's side: their parts are not told apart. */
static bool has_parts(const struct cst_module *module)
{
    return module->role == CST_ROLE_PROGRAM || module->role == CST_ROLE_LIBRARY;
}

/* The doors that Rust's default allocator goes through. */
static bool is_rusts(enum custody_door door)
{
    return door == CUSTODY_DOOR_MALLOC || door == CUSTODY_DOOR_CALLOC || door == CUSTODY_DOOR_REALLOC ||
           door == CUSTODY_DOOR_FREE || door == CUSTODY_DOOR_POSIX_MEMALIGN || door == CUSTODY_DOOR_ALIGNED_ALLOC;
}

/* What a call is made for by code of a module in which Rust's own calls reach libc, as custody/facts.h has it. */
static enum custody_contract contract_by_facts(const struct cst_code *code)
{
    unsigned proof = code->flags & (CUSTODY_FACTS_RUST_ALLOCATOR | CUSTODY_FACTS_MERGED);
    if (proof == CUSTODY_FACTS_RUST_ALLOCATOR) {
        return CUSTODY_CONTRACT_RUST;
    }
    bool proven = proof == 0 && (code->flags & CUSTODY_FACTS_DESCRIBED) != 0;
    return proven ? CUSTODY_CONTRACT_MALLOC : CUSTODY_CONTRACT_MALLOC_OR_RUST;
}

static enum custody_contract contract_of(const struct cst_module *module, uintptr_t address,
                                         const struct cst_code *code, enum custody_door door)
{
    enum custody_contract contract = custody_door_contract(door);
    if (contract != CUSTODY_CONTRACT_MALLOC || cst_allocator_of_code(module, address, door, &contract)) {
        return contract;
    }
    return module->rust_by_site && is_rusts(door) ? contract_by_facts(code) : contract;
}

struct cst_caller cst_caller_at(const struct cst_module *module, uintptr_t address, enum custody_door door)
{
    struct cst_code code = {.lang = CUSTODY_LANG_NONE};
    if (has_parts(module)) {
        code = cst_code_at(module, address);
    }
    return (struct cst_caller){
        .module = module, .lang = code.lang, .contract = contract_of(module, address, &code, door)};
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
