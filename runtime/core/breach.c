/* Breaches: see breach.h. */
#include "core/breach.h"

#include "core/adopted.h"
#include "core/engine.h"
#include "core/findings.h"
#include "core/heap.h"
#include "core/side.h"
#include "site/callsite_read.h"
#include "site/stack.h"

#include <stdlib.h>

static cst_ownership_sink *the_sink;
static bool events_wanted;

void cst_breach_start(cst_ownership_sink *sink, bool wanted)
{
    the_sink = sink;
    events_wanted = wanted;
}

bool cst_breach_wants_events(void)
{
    return events_wanted;
}

static struct cst_party party_of(uint16_t number, enum custody_contract contract)
{
    const struct cst_side *side = cst_side_get(number);
    return (struct cst_party){.side = side->name, .lang = side->lang, .contract = contract};
}

void cst_breach_event(const char *event, const struct cst_deed *deed, uint64_t number, uintptr_t address, size_t size,
                      const char *type)
{
    if (!events_wanted)
        return;
    const struct cst_ownership ownership = {.event = event,
                                            .deed = deed->deed,
                                            .number = number,
                                            .address = address,
                                            .size = size,
                                            .type = type,
                                            .by = party_of(deed->by, CUSTODY_CONTRACT_UNKNOWN),
                                            .has_to = deed->to != CST_SIDE_UNKNOWN,
                                            .to = party_of(deed->to, deed->contract),
                                            .stack = deed->stack};
    the_sink(&ownership);
}

/* The block at an address, of our heap or of another allocator that is seen; its tag is copied. False when none is known. */
static bool find_block(uintptr_t address, uintptr_t *out_start, struct cst_tag *out_tag)
{
    struct cst_tag_hit hit = cst_heap_find(address);
    struct cst_adopted adopted;
    if (hit.tag) {
        *out_start = hit.start;
        *out_tag = cst_tag_read(hit.tag);
    } else if (cst_adopted_find(address, &adopted)) {
        *out_start = address;
        *out_tag = adopted.tag;
    } else {
        return false;
    }
    return cst_tag_contract(out_tag) != CUSTODY_CONTRACT_UNKNOWN;
}

/* What is known of the block at the address. Frames are the caller's memory. */
static void add_block(struct cst_finding *finding, const struct cst_breach *breach,
                      uintptr_t frames[CST_STACK_FRAMES_MAX])
{
    struct cst_tag tag;
    if (breach->is_gone || !find_block(breach->address, &finding->block_address, &tag)) {
        finding->owner = party_of(breach->owner, CUSTODY_CONTRACT_UNKNOWN);
        return;
    }
    finding->has_block = true;
    finding->block_size = cst_tag_size(&tag);
    finding->block_align = cst_tag_align(&tag);
    finding->owner = party_of(cst_tag_side(&tag), cst_tag_contract(&tag));
    finding->alloc =
        (struct cst_frames){.addresses = frames, .count = cst_stack_load(cst_tag_alloc_stack(&tag), frames)};
}

static void add_call(struct cst_finding *finding, const struct cst_breach *breach,
                     uintptr_t frames[CST_STACK_FRAMES_MAX])
{
    if (!breach->call)
        return;
    uint16_t by = breach->by;
    if (by == CST_SIDE_UNKNOWN && breach->told.function)
        by = cst_origin_side_at(cst_callsite_maker(breach->call->return_address));
    finding->has_by = true;
    finding->by =
        party_of(by, breach->told.function ? CUSTODY_CONTRACT_CUSTODY : custody_door_contract(breach->call->door));
    finding->call = breach->call->door;
    finding->release = (struct cst_frames){
        .addresses = frames,
        .count = cst_stack_walk(breach->call->return_address, breach->call->frame, &cst_thread.bounds,
                                cst_thread.stacks > 0 ? cst_thread.stacks : 1, frames)};
}

static uint64_t identity_of(const struct cst_finding *finding, const struct cst_breach *breach)
{
    uint64_t hash = cst_findings_mix(0, (uint64_t)finding->kind << 8 | (uint64_t)finding->severity);
    hash = cst_findings_mix(hash, (uintptr_t)breach->told.type);
    hash = cst_findings_mix(hash, (uint64_t)breach->by << 16 | breach->owner);
    hash = cst_findings_mix(hash, cst_stack_store(finding->release.addresses, finding->release.count));
    hash = cst_findings_mix(hash, cst_stack_store(finding->alloc.addresses, finding->alloc.count));
    return cst_findings_mix(hash, breach->history && breach->history->count ? breach->history->moments[0].stack : 0);
}

void cst_breach_tell(const struct cst_breach *breach)
{
    uintptr_t alloc[CST_STACK_FRAMES_MAX], release[CST_STACK_FRAMES_MAX];
    struct cst_told told = breach->told;
    if (breach->history) {
        told.moments = breach->history->moments;
        told.moment_count = breach->history->count;
        told.moments_left_out = breach->history->left_out;
    }
    struct cst_finding finding = {
        .kind = breach->kind,
        .severity = breach->is_inferred ? CUSTODY_SEVERITY_WARNING : custody_finding_severity(breach->kind),
        .confidence = breach->is_inferred ? CUSTODY_CONFIDENCE_INFERRED : CUSTODY_CONFIDENCE_EXACT,
        .address = breach->address,
        .told = &told};
    add_block(&finding, breach, alloc);
    add_call(&finding, breach, release);
    cst_findings_raise(&finding, identity_of(&finding, breach));
    if (cst_engine_settings.abort_on_error && finding.severity == CUSTODY_SEVERITY_ERROR)
        abort();
}
