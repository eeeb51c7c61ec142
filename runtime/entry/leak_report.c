/* A report of leaks: see leak_report.h. */
#include "entry/leak_report.h"

#include "core/findings.h"
#include "core/leak.h"
#include "core/side.h"
#include "entry/options.h"
#include "entry/room.h"
#include "entry/thread.h"
#include "site/stack.h"

#include <string.h>

/* Findings of leaks at most, worst class first, then most bytes; the rest is in the totals. */
#define LEAKS_MAX 1000U

static struct cst_party party_of(uint16_t number, enum custody_contract contract)
{
    const struct cst_side *side = cst_side_get(number);
    return (struct cst_party){.side = side->name, .lang = side->lang, .contract = contract};
}

/* The same leak is told again when there is more of it, or less, and in any case at the end. */
static uint64_t identity_of(const struct cst_leak *leak, const char *when)
{
    uint64_t identity = cst_findings_mix(CUSTODY_FINDING_LEAK, leak->key);
    identity = cst_findings_mix(identity, (uint64_t)leak->blocks);
    identity = cst_findings_mix(identity, (uint64_t)leak->bytes);
    return cst_findings_mix(identity, strcmp(when, "exit") == 0);
}

static void tell(const struct cst_leak *leak, bool exact, const char *when)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    struct cst_finding finding = {
        .kind = CUSTODY_FINDING_LEAK,
        .severity = cst_leak_severity((enum cst_reach_class)leak->class, exact),
        .confidence = exact ? CUSTODY_CONFIDENCE_EXACT : CUSTODY_CONFIDENCE_INFERRED,
        .address = leak->example,
        .has_block = true,
        .block_address = leak->example,
        .block_size = leak->example_size,
        .block_align = leak->example_align,
        .owner = party_of(leak->side, (enum custody_contract)leak->contract),
        .alloc = {.addresses = frames, .count = cst_stack_load(leak->stack, frames)},
        .leak_blocks = leak->blocks,
        .leak_bytes = leak->bytes,
        .leak_class = cst_leak_class_name((enum cst_reach_class)leak->class),
        .leak_when = when,
        .has_holder = leak->holder != CST_SIDE_UNKNOWN,
        .holder = party_of(leak->holder, CUSTODY_CONTRACT_UNKNOWN),
    };
    cst_findings_raise(&finding, identity_of(leak, when));
}

static size_t list_totals(const struct cst_leaks *leaks, struct cst_class_total out_totals[CST_REACH_CLASSES])
{
    size_t count = 0;
    for (int class = CST_REACH_CLASSES - 1; class >= 0; class --) {
        const struct cst_leak_total *total = &leaks->totals[class];
        if (total->blocks > 0)
            out_totals[count++] = (struct cst_class_total){.class = cst_leak_class_name((enum cst_reach_class) class),
                                                           .blocks = total->blocks,
                                                           .bytes = total->bytes};
    }
    return count;
}

size_t cst_leak_report(const char *when, uintptr_t stack, struct cst_class_total out_totals[CST_REACH_CLASSES])
{
    struct cst_leaks leaks;
    cst_leaks_find(cst_options.leaks == CST_LEAKS_FULL, stack, &leaks);
    for (size_t i = 0; i < leaks.count && i < LEAKS_MAX; i++)
        tell(&leaks.list[i], leaks.exact, when);
    if (leaks.incomplete)
        cst_audit_say("memory for the list of leaks ran out: some are in the totals only");
    size_t count = list_totals(&leaks, out_totals);
    cst_leaks_free(&leaks);
    return count;
}

/* What is asked for, and what it came to. */
struct request {
    uintptr_t stack;
    struct cst_class_total *totals;
    size_t count;
};

static void meet(void *data)
{
    struct request *request = data;
    request->count = cst_leak_report("request", request->stack, request->totals);
    cst_audit_leaks(request->totals, request->count);
}

size_t cst_leak_request(uintptr_t stack, struct cst_class_total out_totals[CST_REACH_CLASSES])
{
    struct request request = {.stack = stack, .totals = out_totals};
    uint8_t mode = cst_thread_guard();
    cst_room_call(meet, &request);
    cst_thread_unguard(mode);
    return request.count;
}
