/* The farewell of a process: see farewell.h. */
#include "entry/farewell.h"

#include "audit/audit.h"
#include "base/pool.h"
#include "core/count.h"
#include "core/crossing.h"
#include "core/findings.h"
#include "core/policy.h"
#include "core/side.h"
#include "entry/leak_report.h"
#include "entry/options.h"
#include "entry/ownership.h"
#include "entry/room.h"

/* What is to be told. */
struct farewell {
    const char *how;
    int status;
    uintptr_t stack;
};

struct repeats {
    struct cst_repeat *list;
    size_t count;
};

static void add_repeat(uint64_t key, uint64_t count, void *data)
{
    struct repeats *repeats = data;
    if (repeats->count < CST_FINDINGS_MAX)
        repeats->list[repeats->count++] = (struct cst_repeat){.key = key, .count = count};
}

static size_t list_sides(struct cst_side_total *totals)
{
    size_t count = 0;
    for (uint16_t number = 0; number < cst_side_count(); number++) {
        struct cst_count_total sum = cst_count_sum(number);
        if (sum.allocs == 0 && sum.frees == 0)
            continue;
        const struct cst_side *side = cst_side_get(number);
        totals[count++] = (struct cst_side_total){.side = side->name,
                                                  .lang = side->lang,
                                                  .module = side->module ? side->module->path : NULL,
                                                  .allocs = sum.allocs,
                                                  .frees = sum.frees,
                                                  .total_bytes = sum.total_bytes,
                                                  .live_blocks = sum.live_blocks,
                                                  .live_bytes = sum.live_bytes,
                                                  .peak_blocks = sum.peak_blocks,
                                                  .peak_bytes = sum.peak_bytes};
    }
    return count;
}

static size_t list_crossings(struct cst_crossing *found, struct cst_crossing_total *totals)
{
    unsigned count = cst_crossing_list(found);
    for (unsigned i = 0; i < count; i++) {
        const struct cst_side *from = cst_side_get(found[i].from), *to = cst_side_get(found[i].to);
        totals[i] = (struct cst_crossing_total){.from = from->name,
                                                .to = to->name,
                                                .from_lang = from->lang,
                                                .to_lang = to->lang,
                                                .contract = found[i].contract,
                                                .count = found[i].count,
                                                .allowed = found[i].allowed};
    }
    return count;
}

static struct cst_policy_total sum_up_policy(void)
{
    size_t count = cst_policy_size();
    struct cst_rule_total *rules = count ? cst_pool_alloc(count * sizeof *rules) : NULL;
    for (size_t i = 0; rules && i < count; i++) {
        struct cst_policy_use use = cst_policy_use(i);
        rules[i] = (struct cst_rule_total){.line = use.line, .word = use.word, .count = use.count};
    }
    return (struct cst_policy_total){.file = cst_policy_path(),
                                     .holds = cst_policy_holds(),
                                     .digest = cst_policy_digest(),
                                     .errors = cst_policy_errors(),
                                     .rules = rules,
                                     .rule_count = rules ? count : 0};
}

static void tell(void *data)
{
    const struct farewell *farewell = data;
    struct cst_class_total leaks[CST_REACH_CLASSES];
    cst_ownership_farewell();
    size_t leak_count = cst_options.leaks == CST_LEAKS_OFF ? 0 : cst_leak_report("exit", farewell->stack, leaks);
    struct cst_side_total *sides = cst_pool_alloc(CST_SIDE_MAX * sizeof *sides);
    struct cst_crossing *found = cst_pool_alloc(CST_CROSSING_MAX * sizeof *found);
    struct cst_crossing_total *crossings = cst_pool_alloc(CST_CROSSING_MAX * sizeof *crossings);
    struct repeats repeats = {.list = cst_pool_alloc(CST_FINDINGS_MAX * sizeof *repeats.list)};
    if (repeats.list)
        cst_findings_each_repeat(add_repeat, &repeats);
    struct cst_exit_summary summary = {
        .status = farewell->status, .how = farewell->how, .leaks = leaks, .leak_count = leak_count};
    for (unsigned severity = 0; severity <= CUSTODY_SEVERITY_ERROR; severity++)
        summary.findings[severity] = cst_findings_count((enum custody_severity)severity);
    summary.sides = sides;
    summary.side_count = sides ? list_sides(sides) : 0;
    summary.crossings = crossings;
    summary.crossing_count = found && crossings ? list_crossings(found, crossings) : 0;
    summary.repeats = repeats.list;
    summary.repeat_count = repeats.count;
    summary.policy = sum_up_policy();
    cst_audit_exit(&summary);
}

void cst_farewell(const char *how, int status, uintptr_t stack)
{
    struct farewell farewell = {.how = how, .status = status, .stack = stack};
    cst_room_call(tell, &farewell);
}
