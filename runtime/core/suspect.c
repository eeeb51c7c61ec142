/* Suspects: see suspect.h. Facts are gathered into a rule case, the verdict and the facts into a finding. */
#include "core/suspect.h"

#include "core/crossing.h"
#include "core/finding.h"
#include "core/findings.h"
#include "core/place.h"
#include "core/policy.h"
#include "core/stacks.h"
#include "site/allocator.h"
#include "site/stack_frame.h"

#include <stdlib.h>

/* A finding is worth a whole stack even when few frames are recorded for the blocks. */
#define FINDING_FRAMES 16U
#define PLACE_NAME_SIZE 256

struct place {
    enum cst_place place;
    char name[PLACE_NAME_SIZE];
};

static enum cst_target target_of_adopted(const struct cst_adopted *adopted)
{
    return cst_tag_state(&adopted->tag) == CST_STATE_LIVE ? CST_TARGET_BLOCK : CST_TARGET_RELEASED;
}

static enum cst_target target_in_heap(const struct cst_tag_hit *hit, uintptr_t address)
{
    switch (hit->state) {
    case CST_STATE_RELEASED:
        return CST_TARGET_RELEASED;
    case CST_STATE_LIVE:
        return hit->start == address ? CST_TARGET_BLOCK : CST_TARGET_INTERIOR;
    case CST_STATE_NONE:
        break;
    }
    return CST_TARGET_NOTHING;
}

static void find_place(uintptr_t address, struct place *out_place)
{
    struct cst_stack_bounds stack;
    size_t count = cst_stacks_find(address, &stack);
    out_place->place = cst_place_find(address, &stack, count, out_place->name, sizeof out_place->name);
}

static struct cst_suspect identify(uintptr_t address, struct place *out_place)
{
    struct cst_suspect suspect = {.target = CST_TARGET_NOTHING};
    *out_place = (struct place){.place = CST_PLACE_HEAP, .name = ""};
    if (cst_tag_covers(address)) {
        suspect.hit = cst_heap_find(address);
        suspect.target = target_in_heap(&suspect.hit, address);
    } else if (cst_adopted_find(address, &suspect.adopted)) {
        suspect.is_adopted = true;
        suspect.hit.start = address;
        suspect.target = target_of_adopted(&suspect.adopted);
    } else {
        find_place(address, out_place);
        if (out_place->place == CST_PLACE_FOREIGN)
            suspect.target = CST_TARGET_FOREIGN;
    }
    return suspect;
}

/* A library that keeps a header in front of what it hands out frees what lies there: when another's block begins where its
 * memory would, that is what it was given. */
static void look_behind_header(const struct cst_origin *origin, uintptr_t *address, struct cst_suspect *suspect)
{
    size_t header = cst_allocator_header((enum custody_contract)origin->contract);
    uintptr_t given = *address + header;
    if (header == 0 || suspect->target == CST_TARGET_BLOCK || !cst_tag_covers(*address) || !cst_tag_covers(given))
        return;
    struct cst_tag_hit hit = cst_heap_find(given);
    if (hit.state == CST_STATE_LIVE && hit.start == given && cst_tag_contract(hit.tag) != origin->contract) {
        *suspect = (struct cst_suspect){.target = CST_TARGET_BLOCK, .hit = hit};
        *address = given;
    }
}

static struct cst_rule_party party_of(uint16_t side, enum custody_contract contract, uintptr_t return_address)
{
    const struct cst_module *near = return_address ? cst_stack_frame_place(return_address).module : NULL;
    const struct cst_side *known = cst_side_get(side);
    return (struct cst_rule_party){.side = side,
                                   .module = cst_side_module(side, near),
                                   .near = near,
                                   .contract = contract,
                                   .in_doubt = known->module && known->lang == CUSTODY_LANG_NONE,
                                   .name = side == CST_SIDE_UNKNOWN ? NULL : cst_side_get(side)->name};
}

static struct cst_rule_party owner_of(const struct cst_tag *tag)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    size_t count = cst_stack_load(cst_tag_alloc_stack(tag), frames);
    struct cst_rule_party owner = party_of(cst_tag_side(tag), cst_tag_contract(tag), count ? frames[0] : 0);
    owner.contract = cst_allocator_maker(owner.contract, frames, count);
    owner.open = cst_allocator_is_open(owner.contract);
    return owner;
}

/* What the rules must know when a library's allocator takes part in a release that does not fit. */
static void gather_of_libraries(const struct cst_suspect *suspect, uintptr_t address, struct cst_rule_case *facts)
{
    enum custody_contract made = facts->owner.contract, released = facts->by.contract;
    if (made == released)
        return;
    facts->by.open = cst_allocator_is_open(released);
    facts->handed_out =
        suspect->hit.tag && cst_allocator_piece(made, suspect->hit.start, facts->size, address) != CST_PIECE_NONE;
}

/* Rust's blocks are made by malloc, without the alignment that Rust asked for, where nothing but facts tell that they are
 * Rust's. */
static bool is_rust_seen_as_malloc(const struct cst_rule_party *owner)
{
    return owner->contract == CUSTODY_CONTRACT_RUST && owner->module && owner->module->rust_by_site;
}

static struct cst_rule_case gather(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                   const struct cst_suspect *suspect, const struct cst_given *given)
{
    struct cst_rule_case facts = {
        .target = suspect->target,
        .by = party_of(origin->side, (enum custody_contract)origin->contract, call->return_address),
        .has_given_size = given->has_size,
        .has_given_align = given->has_align,
        .given_size = given->size,
        .given_align = given->align,
        .other_malloc = cst_engine_settings.has_other_malloc,
        .malloc_family = cst_engine_settings.malloc_family,
        .strict = cst_engine_settings.strict,
    };
    const struct cst_tag *tag = cst_suspect_tag(suspect);
    if (!tag)
        return facts;
    facts.owner = owner_of(tag);
    facts.size = cst_tag_size(tag);
    facts.align = cst_tag_align(tag);
    if (cst_tag_align_log2(tag) == CST_ALIGN_UNKNOWN || is_rust_seen_as_malloc(&facts.owner))
        facts.has_given_align = false;
    gather_of_libraries(suspect, address, &facts);
    return facts;
}

static struct cst_party describe(const struct cst_rule_party *party)
{
    const struct cst_side *side = cst_side_get(party->side);
    return (struct cst_party){.side = side->name, .lang = side->lang, .contract = party->contract};
}

static struct cst_frames load(uint32_t stack, uintptr_t frames[CST_STACK_FRAMES_MAX])
{
    return (struct cst_frames){.addresses = frames, .count = cst_stack_load(stack, frames)};
}

static uint64_t identity_of(const struct cst_verdict *verdict, const struct cst_rule_case *facts,
                            const struct cst_call *call, uint32_t alloc_stack, uint32_t release_stack)
{
    uint64_t hash = cst_findings_mix(0, (uint64_t)verdict->kind << 8 | (uint64_t)verdict->severity);
    hash = cst_findings_mix(hash, (uint64_t)facts->owner.side << 32 | facts->by.side);
    hash = cst_findings_mix(hash, (uint64_t)facts->owner.contract << 32 | (uint64_t)call->door);
    return cst_findings_mix(hash, (uint64_t)alloc_stack << 32 | release_stack);
}

/* The release's own stack, walked afresh and at least FINDING_FRAMES deep. */
static struct cst_frames walk(const struct cst_call *call, uintptr_t frames[CST_STACK_FRAMES_MAX])
{
    unsigned depth = cst_engine_settings.stacks > FINDING_FRAMES ? cst_engine_settings.stacks : FINDING_FRAMES;
    return (struct cst_frames){
        .addresses = frames,
        .count = cst_stack_walk(call->return_address, call->frame, &cst_thread.bounds, depth, frames)};
}

static void tell(const struct cst_verdict *verdict, const struct cst_rule_case *facts, const struct cst_call *call,
                 const struct cst_suspect *suspect, uintptr_t address, const struct place *place,
                 const struct cst_policy_rule *rule)
{
    uintptr_t alloc[CST_STACK_FRAMES_MAX], release[CST_STACK_FRAMES_MAX], first[CST_STACK_FRAMES_MAX];
    const struct cst_tag *tag = cst_suspect_tag(suspect);
    bool layout = verdict->kind == CUSTODY_FINDING_LAYOUT_MISMATCH;
    struct cst_finding finding = {
        .kind = verdict->kind,
        .severity = verdict->severity,
        .confidence = verdict->confidence,
        .address = address,
        .has_by = true,
        .by = describe(&facts->by),
        .call = call->door,
        .has_given_size = layout && facts->has_given_size && facts->given_size != facts->size,
        .has_given_align = layout && facts->has_given_align && facts->given_align != facts->align,
        .given_size = facts->given_size,
        .given_align = facts->given_align,
        .place = tag ? CST_PLACE_NONE : place->place,
        .has_namespaces = cst_engine_settings.has_namespaces,
        .place_name = tag || !place->name[0] ? NULL : place->name,
        .release = walk(call, release),
        .policy_file = rule ? cst_policy_path() : NULL,
        .policy_line = rule ? rule->line : 0,
    };
    if (tag) {
        finding.has_block = true;
        finding.block_address = suspect->hit.start;
        finding.block_size = facts->size;
        finding.block_align = facts->align;
        finding.owner = describe(&facts->owner);
        finding.alloc = load(cst_tag_alloc_stack(tag), alloc);
        if (suspect->target == CST_TARGET_RELEASED)
            finding.first_release = load(cst_tag_release_stack(tag), first);
    }
    uint32_t alloc_stack = tag ? cst_tag_alloc_stack(tag) : (uint32_t)finding.place;
    uint32_t release_stack = cst_stack_store(finding.release.addresses, finding.release.count);
    cst_findings_raise(&finding, identity_of(verdict, facts, call, alloc_stack, release_stack));
    if (cst_engine_settings.abort_on_error && finding.severity == CUSTODY_SEVERITY_ERROR)
        abort();
}

/* What a policy says of this release, if it has a word in it: it is about blocks of known allocators that go to another
 * side or allocator. */
static const struct cst_policy_rule *consult(const struct cst_call *call, const struct cst_origin *origin,
                                             const struct cst_suspect *suspect, const struct cst_rule_case *facts)
{
    const struct cst_rule_party *owner = &facts->owner, *by = &facts->by;
    if (!cst_policy_judges || facts->target != CST_TARGET_BLOCK || owner->contract == CUSTODY_CONTRACT_UNKNOWN ||
        by->contract == CUSTODY_CONTRACT_UNKNOWN || (owner->side == by->side && owner->contract == by->contract))
        return NULL;
    const struct cst_policy_release release = {.owner = *owner,
                                               .by = *by,
                                               .call = call->door,
                                               .alloc_stack = cst_tag_alloc_stack(cst_suspect_tag(suspect)),
                                               .release_stack = origin->stack,
                                               .return_address = call->return_address};
    return cst_policy_judge(&release);
}

static uint32_t count_crossing(const struct cst_rule_case *facts, bool allowed)
{
    bool known = facts->owner.side != CST_SIDE_UNKNOWN && facts->by.side != CST_SIDE_UNKNOWN;
    if (facts->target != CST_TARGET_BLOCK || !known || facts->owner.side == facts->by.side)
        return CST_CROSSING_NONE;
    return cst_crossing_count(facts->owner.side, facts->by.side, facts->owner.contract, allowed);
}

/* What is right to do with memory that a library handed out and another's function releases: the whole block behind a header
 * goes back; of a block that the library cuts into pieces, nothing. */
static enum cst_target remedy(const struct cst_suspect *suspect, const struct cst_rule_case *facts, uintptr_t address)
{
    switch (cst_allocator_piece(facts->owner.contract, suspect->hit.start, facts->size, address)) {
    case CST_PIECE_WHOLE:
        return CST_TARGET_BLOCK;
    case CST_PIECE_PART:
        return CST_TARGET_INTERIOR;
    case CST_PIECE_NONE:
        break;
    }
    return suspect->target;
}

/* Whether a library's allocator was replaced takes long to find out: it is asked only where it would clear somebody. */
static struct cst_verdict judge(struct cst_rule_case *facts)
{
    struct cst_verdict verdict = cst_rules_judge(facts);
    enum custody_contract made = facts->owner.contract, released = facts->by.contract;
    if (!verdict.found || made == released)
        return verdict;
    facts->replaced = cst_allocator_is_replaced(made) || cst_allocator_is_replaced(released);
    return facts->replaced ? cst_rules_judge(facts) : verdict;
}

struct cst_suspect cst_suspect_examine(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                       const struct cst_given *given)
{
    struct place place;
    const uintptr_t given_address = address;
    uint8_t mode = cst_thread_guard();
    struct cst_suspect suspect = identify(address, &place);
    look_behind_header(origin, &address, &suspect);
    struct cst_rule_case facts = gather(call, origin, address, &suspect, given);
    struct cst_verdict verdict = judge(&facts);
    const struct cst_policy_rule *rule = consult(call, origin, &suspect, &facts);
    if (rule) {
        cst_policy_count(rule);
        verdict = cst_rules_obey(rule->verb, &facts, verdict);
    }
    suspect.crossing = count_crossing(&facts, !verdict.found);
    if (verdict.found)
        tell(&verdict, &facts, call, &suspect, address, &place, cst_rules_is_crossing(verdict.kind) ? rule : NULL);
    suspect.is_settled = !verdict.found && !facts.replaced && suspect.hit.tag && suspect.target == CST_TARGET_BLOCK &&
                         suspect.hit.start == given_address;
    if (verdict.found && facts.handed_out)
        suspect.target = remedy(&suspect, &facts, address);
    cst_thread_unguard(mode);
    return suspect;
}
