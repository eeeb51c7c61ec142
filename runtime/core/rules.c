/* The rules: see rules.h. Read cst_rules_judge from the top: the first rule that applies decides. */
#include "core/rules.h"

#include <string.h>

static const struct cst_verdict silent = {.found = false};

static struct cst_verdict exact(enum custody_finding_kind kind)
{
    return (struct cst_verdict){.found = true,
                                .kind = kind,
                                .severity = custody_finding_severity(kind),
                                .confidence = CUSTODY_CONFIDENCE_EXACT};
}

/* What is inferred is never more than a warning. */
static struct cst_verdict inferred(enum custody_finding_kind kind)
{
    struct cst_verdict verdict = exact(kind);
    verdict.confidence = CUSTODY_CONFIDENCE_INFERRED;
    if (verdict.severity > CUSTODY_SEVERITY_WARNING)
        verdict.severity = CUSTODY_SEVERITY_WARNING;
    return verdict;
}

/* What works, but only because of how the program was put together. */
static struct cst_verdict note_inferred(enum custody_finding_kind kind)
{
    struct cst_verdict verdict = inferred(kind);
    verdict.severity = CUSTODY_SEVERITY_NOTE;
    return verdict;
}

static bool has_role(const struct cst_rule_party *party, enum cst_module_role role)
{
    return party->module && party->module->role == role;
}

bool cst_rules_transparent(const struct cst_rule_party *party)
{
    return has_role(party, CST_ROLE_LIBC) || has_role(party, CST_ROLE_CXX_RUNTIME) || has_role(party, CST_ROLE_CUSTODY);
}

static bool is_c_family(enum custody_contract contract)
{
    return contract == CUSTODY_CONTRACT_MALLOC || contract == CUSTODY_CONTRACT_NEW ||
           contract == CUSTODY_CONTRACT_NEW_ARRAY;
}

/* The module that acted, or for an unknown caller the one that it returns to: good enough to hold back, never to accuse. */
static const struct cst_module *probable_module(const struct cst_rule_party *party)
{
    return party->module ? party->module : party->near;
}

/* Facts that say of some of a module's code that it is Rust's allocator, but know little of the rest: of Rust's own libraries
 * only, as they are always described. */
static bool is_rust_told_in_part(const struct cst_rule_party *party)
{
    return party->contract == CUSTODY_CONTRACT_RUST && party->module && party->module->rust_by_site &&
           party->module->rust == CST_RUST_INFERRED;
}

/* Rust whose allocator entries are not hooked reaches us as plain malloc and free. Where facts tell call sites apart, this is
 * a site of which they say nothing, or an unknown caller. */
static bool is_veiled_rust(const struct cst_rule_party *party)
{
    const struct cst_module *module = probable_module(party);
    if (party->contract != CUSTODY_CONTRACT_MALLOC || !module)
        return is_rust_told_in_part(party);
    return module->rust_by_site ? !party->module || party->in_doubt : module->rust == CST_RUST_INFERRED;
}

/* A module with operators of its own may make `new` out of malloc, or hand what it made to another operator delete. */
static bool has_own_operators(const struct cst_rule_party *party)
{
    const struct cst_module *module = probable_module(party);
    return module && module->operators != CST_OPERATORS_SHARED;
}

/* What an operator of somebody's own, or of the C++ runtime, asks of malloc is not what it was asked for. */
static bool layout_is_its_own(const struct cst_rule_party *owner)
{
    return has_own_operators(owner) || has_role(owner, CST_ROLE_CXX_RUNTIME);
}

/* One module, or one name: a policy gives modules that belong together the same one. */
static bool same_module(const struct cst_rule_party *a, const struct cst_rule_party *b)
{
    return (a->module && a->module == b->module) || (a->name && b->name && strcmp(a->name, b->name) == 0);
}

/* A caller that could not be told is never accused: it may be Rust that was not hooked yet, or C++ behind operators of its
 * own. */
static bool is_known(const struct cst_rule_party *party)
{
    return party->side != CST_SIDE_UNKNOWN;
}

/* Contracts differ: whose release function was it? */
static enum custody_finding_kind kind_of_mismatch(const struct cst_rule_party *owner, const struct cst_rule_party *by)
{
    if (!is_c_family(owner->contract) || !is_c_family(by->contract))
        return CUSTODY_FINDING_CROSS_ALLOCATOR_FREE;
    if (!is_known(owner) || !is_known(by) || same_module(owner, by))
        return CUSTODY_FINDING_MISMATCHED_RELEASE;
    return cst_rules_transparent(owner) || cst_rules_transparent(by) ? CUSTODY_FINDING_MISMATCHED_RELEASE
                                                                     : CUSTODY_FINDING_CROSS_ALLOCATOR_FREE;
}

static bool is_library(const struct cst_rule_party *party)
{
    return custody_contract_library(party->contract) != NULL;
}

static bool same_library(const struct cst_rule_party *a, const struct cst_rule_party *b)
{
    return is_library(a) && is_library(b) &&
           strcmp(custody_contract_library(a->contract), custody_contract_library(b->contract)) == 0;
}

/* Plain malloc or free of which nobody knows whether a library's function called it, or that somebody calls for others. */
static bool is_vague_malloc(const struct cst_rule_party *party)
{
    return party->contract == CUSTODY_CONTRACT_MALLOC && (!is_known(party) || cst_rules_transparent(party));
}

/* A library's allocator rests on malloc, so what differs is who called that: it must be known on both sides. Within one
 * library, functions may do each other's work, and it releases what it cuts into pieces as a whole. */
static struct cst_verdict judge_library(const struct cst_rule_case *facts)
{
    const struct cst_rule_party *owner = &facts->owner, *by = &facts->by;
    bool related = same_library(owner, by);
    bool rest_on_malloc =
        related || owner->contract == CUSTODY_CONTRACT_MALLOC || by->contract == CUSTODY_CONTRACT_MALLOC;
    if (facts->replaced || (related && facts->handed_out) || is_vague_malloc(owner) || is_vague_malloc(by) ||
        ((owner->open || by->open) && rest_on_malloc))
        return silent;
    if (is_veiled_rust(owner) || is_veiled_rust(by) || related || !is_known(owner) || !is_known(by))
        return inferred(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    return exact(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
}

/* Called by an allocator's own code that ended with a jump, while a hook of ours ran it: the call returns to the hook. */
static bool is_in_hook(const struct cst_rule_party *party)
{
    return !is_known(party) && party->near && party->near->role == CST_ROLE_CUSTODY;
}

/* Rust code of one module, or code of it that is not known, on both sides of libc's malloc and Rust's allocator, where the
 * compiler may have made the one of the other; or the allocator itself on one of them. */
static bool may_mingle(const struct cst_rule_party *owner, const struct cst_rule_party *by)
{
    enum custody_contract made = owner->contract, released = by->contract;
    bool rust_made = made == CUSTODY_CONTRACT_RUST && released == CUSTODY_CONTRACT_MALLOC;
    if (!rust_made && !(made == CUSTODY_CONTRACT_MALLOC && released == CUSTODY_CONTRACT_RUST))
        return false;
    const struct cst_rule_party *rust = rust_made ? owner : by, *other = rust_made ? by : owner;
    const struct cst_module *module = probable_module(rust);
    if (!module || module->rust_by != CST_RUST_BY_ALLOCATOR)
        return false;
    bool same = module == probable_module(other) && (owner->side == by->side || !is_known(owner) || !is_known(by));
    return is_in_hook(other) || (module->rust_mingles && same);
}

static bool may_be_c_family(enum custody_contract contract)
{
    return is_c_family(contract) || contract == CUSTODY_CONTRACT_MALLOC_OR_RUST;
}

/* Families of allocators have memory of their own: nothing else can release it, nor do they know other blocks.
 * Unless the program was made with the family's malloc in the place of libc's: then they are one. */
static struct cst_verdict judge_family(const struct cst_rule_case *facts)
{
    enum custody_contract made = facts->owner.contract, released = facts->by.contract, malloc = facts->malloc_family;
    bool merged = malloc != CUSTODY_CONTRACT_UNKNOWN &&
                  ((made == malloc && may_be_c_family(released)) || (released == malloc && may_be_c_family(made)));
    if (merged)
        return note_inferred(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    if (facts->replaced || !is_known(&facts->owner) || !is_known(&facts->by))
        return inferred(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    return exact(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
}

/* True when it cannot be told at all whether the party acts for Rust's contract: the compiler made one call of several, or it
 * is unknown who calls and the other is Rust in a module where such calls are Rust's. */
static bool is_untold(const struct cst_rule_party *party, const struct cst_rule_party *other)
{
    bool seen_so = other->contract == CUSTODY_CONTRACT_RUST && other->module && other->module->rust_by_site;
    bool veiled = party->contract == CUSTODY_CONTRACT_MALLOC && (seen_so || is_veiled_rust(party));
    return party->contract == CUSTODY_CONTRACT_MALLOC_OR_RUST ||
           (veiled && !is_known(party) && other->contract == CUSTODY_CONTRACT_RUST);
}

static struct cst_verdict judge_contracts(const struct cst_rule_case *facts)
{
    const struct cst_rule_party *owner = &facts->owner, *by = &facts->by;
    if (owner->contract == CUSTODY_CONTRACT_UNKNOWN || by->contract == CUSTODY_CONTRACT_UNKNOWN)
        return silent;
    if (owner->contract == CUSTODY_CONTRACT_LIBC && has_role(by, CST_ROLE_LIBC))
        return silent;
    if (custody_contract_has_memory(owner->contract) || custody_contract_has_memory(by->contract))
        return judge_family(facts);
    if (is_library(owner) || is_library(by))
        return judge_library(facts);
    if (may_mingle(owner, by))
        return silent;
    bool c_family = is_c_family(owner->contract) && is_c_family(by->contract);
    if (c_family && (has_own_operators(owner) || has_own_operators(by)))
        return silent;
    enum custody_finding_kind kind = kind_of_mismatch(owner, by);
    bool veiled = is_veiled_rust(owner) || is_veiled_rust(by);
    return is_known(owner) && is_known(by) && !veiled ? exact(kind) : inferred(kind);
}

static bool layout_differs(const struct cst_rule_case *facts)
{
    return (facts->has_given_size && facts->given_size != facts->size) ||
           (facts->has_given_align && facts->given_align != facts->align);
}

/* A side that the program registered, and that was given a block to be released by an allocator's function: which module
 * calls that for it cannot be told. */
static bool is_beyond_modules(const struct cst_rule_party *owner)
{
    return !owner->module && owner->contract != CUSTODY_CONTRACT_CUSTODY;
}

bool cst_rules_may_release(const struct cst_rule_party *owner, const struct cst_rule_party *by)
{
    if (owner->side == by->side || !is_known(owner) || !is_known(by) || is_beyond_modules(owner))
        return true;
    return same_module(owner, by) || cst_rules_transparent(owner) || cst_rules_transparent(by);
}

static struct cst_verdict judge_sides(const struct cst_rule_case *facts)
{
    const struct cst_rule_party *owner = &facts->owner, *by = &facts->by;
    if (cst_rules_may_release(owner, by))
        return silent;
    if (is_veiled_rust(owner) || is_veiled_rust(by))
        return inferred(CUSTODY_FINDING_CROSS_SIDE_FREE);
    if (owner->contract == CUSTODY_CONTRACT_MALLOC && has_own_operators(owner) && has_own_operators(by))
        return note_inferred(CUSTODY_FINDING_CROSS_SIDE_FREE);
    struct cst_verdict verdict = exact(CUSTODY_FINDING_CROSS_SIDE_FREE);
    if (owner->contract == CUSTODY_CONTRACT_NEW || owner->contract == CUSTODY_CONTRACT_NEW_ARRAY)
        verdict.severity = CUSTODY_SEVERITY_NOTE;
    if (facts->strict)
        verdict.severity = CUSTODY_SEVERITY_ERROR;
    return verdict;
}

static struct cst_verdict judge_block(const struct cst_rule_case *facts)
{
    if (is_untold(&facts->owner, &facts->by) || is_untold(&facts->by, &facts->owner))
        return silent;
    if (facts->owner.contract != facts->by.contract)
        return judge_contracts(facts);
    if (layout_differs(facts) && !layout_is_its_own(&facts->owner))
        return exact(CUSTODY_FINDING_LAYOUT_MISMATCH);
    return judge_sides(facts);
}

/* Wrong in any case, since no block starts there: but the pointer is right, and the function is not. */
static bool is_handed_out_by_another(const struct cst_rule_case *facts)
{
    return facts->handed_out && facts->owner.contract != facts->by.contract;
}

struct cst_verdict cst_rules_judge(const struct cst_rule_case *facts)
{
    switch (facts->target) {
    case CST_TARGET_BLOCK:
        return judge_block(facts);
    case CST_TARGET_RELEASED:
        return exact(CUSTODY_FINDING_DOUBLE_FREE);
    case CST_TARGET_INTERIOR:
        return exact(is_handed_out_by_another(facts) ? CUSTODY_FINDING_CROSS_ALLOCATOR_FREE
                                                     : CUSTODY_FINDING_INTERIOR_FREE);
    case CST_TARGET_FOREIGN:
        return facts->other_malloc ? silent : exact(CUSTODY_FINDING_FOREIGN_FREE);
    case CST_TARGET_NOTHING:
        return exact(CUSTODY_FINDING_INVALID_FREE);
    }
    return silent;
}

bool cst_rules_is_crossing(enum custody_finding_kind kind)
{
    return kind == CUSTODY_FINDING_CROSS_SIDE_FREE || kind == CUSTODY_FINDING_CROSS_ALLOCATOR_FREE ||
           kind == CUSTODY_FINDING_MISMATCHED_RELEASE;
}

/* Certain is what rests on facts alone: who both are, and which allocators. Of contracts that differ and that the rules had
 * nothing to say about, one may be made of the other. */
static struct cst_verdict forbid(const struct cst_rule_case *facts, struct cst_verdict verdict)
{
    const struct cst_rule_party *owner = &facts->owner, *by = &facts->by;
    bool differs = owner->contract != by->contract;
    enum custody_finding_kind kind = verdict.found ? verdict.kind
                                     : differs     ? CUSTODY_FINDING_CROSS_ALLOCATOR_FREE
                                                   : CUSTODY_FINDING_CROSS_SIDE_FREE;
    bool is_told = !differs && owner->contract != CUSTODY_CONTRACT_MALLOC_OR_RUST;
    bool is_exact = verdict.found ? verdict.confidence == CUSTODY_CONFIDENCE_EXACT
                                  : is_told && !is_veiled_rust(owner) && !is_veiled_rust(by);
    if (!is_exact)
        return inferred(kind);
    verdict = exact(kind);
    verdict.severity = CUSTODY_SEVERITY_ERROR;
    return verdict;
}

struct cst_verdict cst_rules_obey(enum cst_policy_verb verb, const struct cst_rule_case *facts,
                                  struct cst_verdict verdict)
{
    if (verdict.found && !cst_rules_is_crossing(verdict.kind))
        return verdict;
    return verb == CST_POLICY_FORBID ? forbid(facts, verdict) : silent;
}
