/* Sweeps over the code of a function, for callsite_value.c: from its first byte, since only there an instruction is known to
 * begin; and which instructions give a register the value that it has somewhere. Reads code of loaded modules, a bounded amount of
 * it for each question; no allocation, no lock, any thread. */
#ifndef CST_SITE_CALLSITE_SWEEP_H
#define CST_SITE_CALLSITE_SWEEP_H

#include "site/callsite_image.h"
#include "site/decode_x86_64.h"

/** Bytes of code looked at for one value: enough for functions of some ten thousand bytes. Larger ones are interpreters, whose
 * many calls are of what tables in memory hold. */
#define CST_SWEEP_BYTES_MAX ((size_t)64 << 10)

/** Instructions in front of a use of which it is remembered where they begin: mostly the one that is looked for is among them. */
#define CST_SWEEP_RECENT_MAX 32U

/** A question about a function. Zero but for the range. */
struct cst_sweep {
    struct cst_range function;
    size_t bytes; /**< looked at so far */
    uintptr_t
        recent[CST_SWEEP_RECENT_MAX]; /**< where the last instructions before `recent_end` begin, by their number */
    size_t recent_count;              /**< of all that the function has before it */
    uintptr_t recent_end;
};

/** Visits an instruction at `at`; false stops the sweep. */
typedef bool cst_sweep_visit(uintptr_t at, const struct cst_insn *insn, void *state);

/** True when every byte of `range` was decoded and every visit went well. */
CST_MUST_USE bool cst_sweep_all(struct cst_sweep *sweep, struct cst_range range, cst_sweep_visit *each, void *state);

/** The same, but most instructions that are no jumps and no calls are not visited. */
CST_MUST_USE bool cst_sweep_jumps(struct cst_sweep *sweep, struct cst_range range, cst_sweep_visit *each, void *state);

/** Remembers which instructions stand before `end`, where one must begin or the function end. */
CST_MUST_USE bool cst_sweep_remember(struct cst_sweep *sweep, uintptr_t end);

/** The last of those that are remembered; 0 when there is none. */
uintptr_t cst_sweep_last(const struct cst_sweep *sweep);

/** An instruction that may write a register. */
struct cst_giver {
    uintptr_t at; /**< 0: there is none */
    struct cst_insn insn;
};

/** The last instruction before `use` that may write `reg`, if control goes on from it to the use; `at` 0 when there is none. False
 * when that cannot be told. */
CST_MUST_USE bool cst_sweep_giver(struct cst_sweep *sweep, uint8_t reg, uintptr_t use, struct cst_giver *out_giver);

/** True when no jump may come in between `giver` and `use`. That at `exempt` goes out of the function. */
CST_MUST_USE bool cst_sweep_is_straight(struct cst_sweep *sweep, uintptr_t giver, uintptr_t use, uintptr_t exempt);

/** Visits each instruction whose value `reg` may have at `use`, over whatever jumps control comes there; more than once, perhaps.
 * False when there are others, or none: the function's caller may have given it, a jump goes where a table says. What the
 * unwinder jumps to is not seen: not for functions with landing pads. */
CST_MUST_USE bool cst_sweep_givers(struct cst_sweep *sweep, uint8_t reg, uintptr_t use, cst_sweep_visit *each,
                                   void *state);

#endif
