/* The walk from frame to frame; see stack.h and stack_trace.h. Each step follows the rule of the return address it stands
 * at (frame_table.h). Whatever rules and words say, nothing is read below the frame that the walk starts from or beyond
 * the end of the stack, and every step goes up. */
#include "plat/sys.h"
#include "site/frame_table.h"
#include "site/stack_place.h"
#include "site/stack_trace.h"

#include <string.h>
#include <ucontext.h>

#define WORD (sizeof(uintptr_t))
#define USER_END ((uintptr_t)1 << CST_FRAME_ADDRESS_BITS)

/* Bytes between the first and the last word that a trace can tell of. */
#define SPAN_MAX ((uintptr_t)1 << 31)

/* Where rbp was read that is nowhere in the stack, or has been noted as a base. */
#define NO_SLOT ((uintptr_t)0)

/* A function of the stack: the registers as they are when the walk comes to it. */
struct walker {
    uintptr_t lowest, hi; /* what may be read */
    uintptr_t pc, sp, bp;
    uintptr_t bp_slot; /* where bp was read, or NO_SLOT */
    struct cst_stack_trace *trace;
};

static uint32_t bytes_above(const struct walker *walker, uintptr_t address)
{
    return (uint32_t)(address - walker->lowest);
}

/* Notes that the word at `slot`, which holds `value`, decides where the walk goes. */
static void note_base(struct walker *walker, uintptr_t slot, uintptr_t value)
{
    struct cst_stack_trace *trace = walker->trace;
    if (value - walker->lowest > SPAN_MAX || trace->base_count == CST_STACK_BASES_MAX) {
        trace->whole = false;
        return;
    }
    trace->bases[trace->base_count++] = (struct cst_stack_base){bytes_above(walker, slot), bytes_above(walker, value)};
}

/* rbp, when the walk goes on from it. */
static uintptr_t use_bp(struct walker *walker)
{
    if (walker->bp_slot != NO_SLOT) {
        note_base(walker, walker->bp_slot, walker->bp);
        walker->bp_slot = NO_SLOT;
    }
    return walker->bp;
}

static bool is_readable(const struct walker *walker, uintptr_t slot)
{
    return slot >= walker->lowest && slot <= walker->hi - WORD && slot % WORD == 0;
}

/* True for what may be the stack pointer of the caller. */
static bool is_above(const struct walker *walker, uintptr_t sp)
{
    return sp > walker->sp && sp <= walker->hi && sp % WORD == 0;
}

/* Reads the caller's rbp from the stack. */
static bool read_bp(struct walker *walker, uintptr_t slot)
{
    bool readable = is_readable(walker, slot);
    if (readable) {
        walker->bp = cst_stack_word(slot);
        walker->bp_slot = slot;
    }
    return readable;
}

/* Makes rbp what it is in the caller, whose stack pointer is `sp`. */
static bool restore_bp(struct walker *walker, uint32_t rule, uintptr_t sp)
{
    unsigned place = cst_frame_rbp(rule);
    switch (place) {
    case CST_FRAME_RBP_SAME:
        return true;
    case CST_FRAME_RBP_LOST:
        walker->bp = 0;
        walker->bp_slot = NO_SLOT;
        return true;
    case CST_FRAME_RBP_POINTED:
        return use_bp(walker) < sp - WORD && read_bp(walker, walker->bp);
    default:
        return read_bp(walker, sp - (place - CST_FRAME_RBP_ABOVE + 2) * WORD);
    }
}

/* Reads the caller's stack pointer from the stack. */
static bool read_sp(struct walker *walker, uintptr_t slot, uintptr_t *out_sp)
{
    if (!is_readable(walker, slot)) {
        return false;
    }
    *out_sp = cst_stack_word(slot);
    note_base(walker, slot, *out_sp);
    return *out_sp > slot;
}

/* The stack pointer of the caller as the rule has it. False when there is no caller, or its place cannot be read. */
static bool find_sp(struct walker *walker, uint32_t rule, uintptr_t *out_sp)
{
    const uintptr_t offset = cst_frame_offset(rule);
    switch (cst_frame_kind(rule)) {
    case CST_FRAME_SP:
        *out_sp = walker->sp + offset;
        return true;
    case CST_FRAME_BP:
    case CST_FRAME_POINTER:
        *out_sp = use_bp(walker) + offset;
        return true;
    case CST_FRAME_SP_WORD:
        return read_sp(walker, walker->sp + offset, out_sp);
    case CST_FRAME_BP_WORD:
        return read_sp(walker, use_bp(walker) + offset, out_sp);
    default:
        return false;
    }
}

static bool step_to_caller(struct walker *walker, uint32_t rule)
{
    uintptr_t sp;
    if (!find_sp(walker, rule, &sp) || !is_above(walker, sp) || !restore_bp(walker, rule, sp)) {
        return false;
    }
    walker->sp = sp;
    walker->pc = cst_stack_word(sp - WORD);
    return true;
}

static uintptr_t register_of(const struct walker *walker, int number)
{
    return cst_stack_word(walker->sp + offsetof(ucontext_t, uc_mcontext.gregs) + (size_t)number * WORD);
}

/* From a signal handler's return to what was interrupted: the kernel left its registers at the stack pointer. An
 * interrupted instruction is told by the address one byte further, as a call is by the address behind it. */
static bool step_over_signal(struct walker *walker)
{
    walker->trace->whole = false;
    if (walker->hi - walker->sp < sizeof(ucontext_t)) {
        return false;
    }
    uintptr_t sp = register_of(walker, REG_RSP);
    walker->pc = register_of(walker, REG_RIP) + 1;
    walker->bp = register_of(walker, REG_RBP);
    walker->bp_slot = NO_SLOT;
    if (!is_above(walker, sp)) {
        return false;
    }
    walker->sp = sp;
    return true;
}

static uint32_t rule_of(uintptr_t pc)
{
    return pc >= CST_PAGE_SIZE && pc < USER_END ? cst_frame_rule(pc) : CST_FRAME_OUTSIDE;
}

/* True when the address that a step by `rule` came to is one to keep. Tables are believed; a frame pointer, which may be
 * anything, only so far as it leads to calls. */
static bool believes(uint32_t rule, uint32_t rule_there)
{
    return rule_there != CST_FRAME_OUTSIDE &&
           (cst_frame_kind(rule) != CST_FRAME_POINTER || cst_frame_follows_call(rule_there));
}

/* The first frame is kept whatever it is. Code outside of modules is generated, and may keep a frame pointer; a module may
 * come to where it was, so what is found from there is no ground for guesses. */
static uint32_t rule_of_first(uintptr_t first, struct cst_stack_trace *trace)
{
    uint32_t rule = rule_of(first);
    trace->whole = rule != CST_FRAME_OUTSIDE;
    return rule == CST_FRAME_OUTSIDE ? CST_FRAME_POINTER_RULE : rule;
}

/* Goes to the caller and keeps it. False when there is none, or it is not believed. */
static bool advance(struct walker *walker, uint32_t *rule)
{
    struct cst_stack_trace *trace = walker->trace;
    bool is_signal = cst_frame_kind(*rule) == CST_FRAME_SIGNAL;
    if (!(is_signal ? step_over_signal(walker) : step_to_caller(walker, *rule))) {
        return false;
    }
    uint32_t next = rule_of(walker->pc);
    if (!believes(*rule, next)) {
        return false;
    }
    trace->slots[trace->count] = bytes_above(walker, walker->sp - WORD);
    trace->frames[trace->count++] = walker->pc;
    *rule = next;
    return true;
}

void cst_stack_trace(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                     struct cst_stack_trace *out_trace)
{
    struct walker walker = {
        .lowest = frame,
        .hi = bounds->hi,
        .sp = frame + 2 * WORD,
        .bp = cst_stack_word(frame),
        .bp_slot = frame,
        .trace = out_trace,
    };
    uint32_t rule = rule_of_first(first, out_trace);
    out_trace->count = 1;
    out_trace->max = max;
    out_trace->frames[0] = first;
    out_trace->slots[0] = (uint32_t)WORD;
    out_trace->base_count = 0;
    while (out_trace->count < max && advance(&walker, &rule)) {
    }
    const bool ended = cst_frame_kind(rule) == CST_FRAME_END;
    out_trace->whole = out_trace->whole && (ended || out_trace->count == max) && walker.sp - frame <= SPAN_MAX;
}

size_t cst_stack_walk(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                      uintptr_t *out_frames)
{
    struct cst_stack_trace trace = {.count = 1, .frames = {first}};
    if (cst_stack_starts(bounds, frame)) {
        cst_stack_trace(first, frame, bounds, max, &trace);
    }
    memcpy(out_frames, trace.frames, trace.count * sizeof *out_frames);
    return trace.count;
}
