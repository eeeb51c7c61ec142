/* Callers: see caller.h. */
#include "site/caller.h"

#include "custody/facts.h"
#include "site/code_map.h"
#include "site/mangling.h"

/* libc and the C++ runtime act for others, and we are nobody's side: their parts are not told apart. */
static bool has_parts(const struct cst_module *module)
{
    return module->role == CST_ROLE_PROGRAM || module->role == CST_ROLE_LIBRARY;
}

/* The contract of the C++ operator that the code belongs to; unknown when it is none. One that rests on malloc is the C++
 * runtime's, where the shared ones are not reached, or one that a module brings along. */
static enum custody_contract contract_of_operator(const struct cst_module *module, uintptr_t address)
{
    const char *name;
    uintptr_t start;
    bool has_operators = module->role == CST_ROLE_CXX_RUNTIME || module->operators == CST_OPERATORS_OWN;
    bool named = has_operators && cst_module_symbol(module, address, &name, &start);
    return named ? cst_mangling_operator(name) : CUSTODY_CONTRACT_UNKNOWN;
}

static enum custody_contract contract_of(const struct cst_module *module, uintptr_t address,
                                         const struct cst_code *code, enum custody_door door)
{
    enum custody_contract contract = custody_door_contract(door);
    if (contract != CUSTODY_CONTRACT_MALLOC) {
        return contract;
    }
    if ((code->flags & CUSTODY_FACTS_RUST_ALLOCATOR) != 0) {
        return CUSTODY_CONTRACT_RUST;
    }
    enum custody_contract operator= contract_of_operator(module, address);
    return operator!= CUSTODY_CONTRACT_UNKNOWN ? operator: contract;
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
