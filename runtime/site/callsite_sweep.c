/* Sweeps over a function; see the header. */
#include "site/callsite_sweep.h"

/* True when a sweep over `range` is within what may be looked at. */
static bool allows(struct cst_sweep *sweep, struct cst_range range)
{
    sweep->bytes += range.hi - range.lo;
    return range.lo <= range.hi && sweep->bytes <= CST_SWEEP_BYTES_MAX;
}

bool cst_sweep_all(struct cst_sweep *sweep, struct cst_range range, cst_sweep_visit *each, void *state)
{
    struct cst_insn insn;
    if (!allows(sweep, range)) {
        return false;
    }
    for (uintptr_t at = range.lo; at < range.hi; at += insn.length) {
        if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !each(at, &insn, state)) {
            return false;
        }
    }
    return true;
}

bool cst_sweep_jumps(struct cst_sweep *sweep, struct cst_range range, cst_sweep_visit *each, void *state)
{
    struct cst_insn insn;
    if (!allows(sweep, range)) {
        return false;
    }
    for (uintptr_t at = range.lo; at < range.hi;) {
        size_t length = cst_insn_skip((const uint8_t *)at, range.hi - at);
        if (!length) {
            if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !each(at, &insn, state)) {
                return false;
            }
            length = insn.length;
        }
        at += length;
    }
    return true;
}

/* The function up to `end`. */
static bool range_up_to(const struct cst_sweep *sweep, uintptr_t end, struct cst_range *out_range)
{
    *out_range = (struct cst_range){sweep->function.lo, end};
    return end >= sweep->function.lo && end <= sweep->function.hi;
}

bool cst_sweep_remember(struct cst_sweep *sweep, uintptr_t end)
{
    struct cst_insn insn;
    struct cst_range range;
    if (!range_up_to(sweep, end, &range) || !allows(sweep, range)) {
        return false;
    }
    sweep->recent_count = 0;
    sweep->recent_end = end;
    for (uintptr_t at = range.lo; at < end;) {
        sweep->recent[sweep->recent_count++ % CST_SWEEP_RECENT_MAX] = at;
        size_t length = cst_insn_skip((const uint8_t *)at, end - at);
        if (!length) {
            if (!cst_insn_decode((const uint8_t *)at, end - at, at, &insn)) {
                return false;
            }
            length = insn.length;
        }
        at += length;
    }
    return true;
}

static uintptr_t recent(const struct cst_sweep *sweep, size_t number)
{
    return sweep->recent[number % CST_SWEEP_RECENT_MAX];
}

uintptr_t cst_sweep_last(const struct cst_sweep *sweep)
{
    return sweep->recent_count ? recent(sweep, sweep->recent_count - 1) : 0;
}

/* The number of the oldest instruction that is remembered. */
static size_t oldest_recent(const struct cst_sweep *sweep)
{
    return sweep->recent_count > CST_SWEEP_RECENT_MAX ? sweep->recent_count - CST_SWEEP_RECENT_MAX : 0;
}

/* How many instructions the function has before `use`. False when that is not remembered. */
static bool count_before(const struct cst_sweep *sweep, uintptr_t use, size_t *out_count)
{
    size_t number = sweep->recent_count, oldest = oldest_recent(sweep);
    uintptr_t at = sweep->recent_end;
    while (at > use && number > oldest) {
        at = recent(sweep, --number);
    }
    *out_count = number;
    return at == use;
}

/* A call goes on, too, and changes no register that it must preserve; where it does not, what follows is jumped to. */
static bool goes_on_to_the_next(const struct cst_insn *insn)
{
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_JUMP_RIP:
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
    case CST_INSN_RETURN:
        return false;
    default:
        return true;
    }
}

/* The search for a giver. */
struct nearest {
    uint8_t reg;
    struct cst_giver *giver;
};

/* True when the instruction at `at` ends a search backwards: it is the giver, or control does not come from it. */
static bool ends_search(struct nearest *nearest, uintptr_t at, const struct cst_insn *insn)
{
    if (goes_on_to_the_next(insn) && !cst_insn_may_write(insn, nearest->reg)) {
        return false;
    }
    *nearest->giver = (struct cst_giver){goes_on_to_the_next(insn) ? at : 0, *insn};
    return true;
}

static bool note_latest(uintptr_t at, const struct cst_insn *insn, void *nearest)
{
    (void)ends_search(nearest, at, insn);
    return true;
}

/* Looks for the giver among the instructions that are remembered before the use. False when it may lie further off. */
static bool find_recent(const struct cst_sweep *sweep, struct nearest *nearest, uintptr_t use)
{
    size_t number, oldest = oldest_recent(sweep);
    if (!count_before(sweep, use, &number)) {
        return false;
    }
    while (number > oldest) {
        struct cst_insn insn;
        uintptr_t at = recent(sweep, --number);
        if (!cst_insn_decode((const uint8_t *)at, use - at, at, &insn) || ends_search(nearest, at, &insn)) {
            return true;
        }
    }
    return oldest == 0;
}

bool cst_sweep_giver(struct cst_sweep *sweep, uint8_t reg, uintptr_t use, struct cst_giver *out_giver)
{
    struct cst_range range;
    struct nearest nearest = {reg, out_giver};
    out_giver->at = 0;
    return find_recent(sweep, &nearest, use) ||
           (range_up_to(sweep, use, &range) && cst_sweep_all(sweep, range, note_latest, &nearest));
}

/* What no jump may come into. */
struct straight {
    uintptr_t giver, use, exempt;
};

static bool stays_outside(uintptr_t at, const struct cst_insn *insn, void *state)
{
    const struct straight *straight = state;
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
        return insn->target <= straight->giver || insn->target > straight->use;
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
        return at == straight->exempt;
    default:
        return true;
    }
}

bool cst_sweep_is_straight(struct cst_sweep *sweep, uintptr_t giver, uintptr_t use, uintptr_t exempt)
{
    struct straight straight = {giver, use, exempt};
    return cst_sweep_jumps(sweep, sweep->function, stays_outside, &straight);
}

/* ---- all givers ---- */

#define STRETCHES_MAX 24

/* Code that control passes through up to its end, a use or a jump, and that leaves the register as it is. It begins behind an
 * instruction that gives the register a value, or one that control does not go on from. */
struct stretch {
    uintptr_t lo; /* 0: not known yet */
    uintptr_t hi;
};

struct flow {
    uint8_t reg;
    cst_sweep_visit *each;
    void *state;
    struct stretch stretches[STRETCHES_MAX];
    size_t count, old; /* of them; those that the jumps into them are known of */
    uintptr_t lo;      /* while the beginnings are looked for: where the one that control is in begins */
    bool entered;      /* it is the function's beginning */
    struct cst_giver giver;
    bool given; /* some giver was found */
};

/* A stretch ends in front of `at`. */
static bool begin_stretch(struct flow *flow, struct stretch *stretch)
{
    stretch->lo = flow->lo;
    flow->given |= flow->giver.at != 0;
    return !flow->entered && (flow->giver.at == 0 || flow->each(flow->giver.at, &flow->giver.insn, flow->state));
}

static bool find_beginnings(uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct flow *flow = state;
    for (size_t i = flow->old; i < flow->count; i++) {
        if (flow->stretches[i].hi == at && !begin_stretch(flow, &flow->stretches[i])) {
            return false;
        }
    }
    struct nearest nearest = {flow->reg, &flow->giver};
    if (ends_search(&nearest, at, insn)) {
        flow->lo = at + insn->length;
        flow->entered = false;
    }
    return true;
}

static bool holds(const struct stretch *stretch, uintptr_t address)
{
    return stretch->lo ? address >= stretch->lo && address <= stretch->hi : address == stretch->hi;
}

/* A jump at `at` leads into a stretch: what is in front of it counts, too. */
static bool add_stretch(struct flow *flow, uintptr_t at)
{
    for (size_t i = 0; i < flow->count; i++) {
        if (holds(&flow->stretches[i], at)) {
            return true;
        }
    }
    if (flow->count == STRETCHES_MAX) {
        return false;
    }
    flow->stretches[flow->count++] = (struct stretch){0, at};
    return true;
}

/* Of a round that began with the stretches from `old` to `known`. */
struct arrivals {
    struct flow *flow;
    size_t known;
};

static bool follow_back(uintptr_t at, const struct cst_insn *insn, void *state)
{
    const struct arrivals *arrivals = state;
    struct flow *flow = arrivals->flow;
    if (insn->kind != CST_INSN_JUMP && insn->kind != CST_INSN_BRANCH) {
        return insn->kind != CST_INSN_JUMP_REG && insn->kind != CST_INSN_JUMP_MEM;
    }
    for (size_t i = flow->old; i < arrivals->known; i++) {
        if (holds(&flow->stretches[i], insn->target)) {
            return add_stretch(flow, at);
        }
    }
    return true;
}

static bool all_begin(const struct flow *flow)
{
    for (size_t i = 0; i < flow->count; i++) {
        if (!flow->stretches[i].lo) {
            return false;
        }
    }
    return true;
}

static bool look_further(struct cst_sweep *sweep, struct flow *flow)
{
    struct arrivals arrivals = {flow, flow->count};
    flow->lo = sweep->function.lo;
    flow->entered = true;
    flow->giver.at = 0;
    if (!cst_sweep_all(sweep, sweep->function, find_beginnings, flow) || !all_begin(flow) ||
        !cst_sweep_jumps(sweep, sweep->function, follow_back, &arrivals)) {
        return false;
    }
    flow->old = arrivals.known;
    return true;
}

bool cst_sweep_givers(struct cst_sweep *sweep, uint8_t reg, uintptr_t use, cst_sweep_visit *each, void *state)
{
    struct flow flow = {.reg = reg, .each = each, .state = state, .stretches = {{0, use}}, .count = 1};
    while (flow.old < flow.count) {
        if (!look_further(sweep, &flow)) {
            return false;
        }
    }
    return flow.given;
}
