/* The rule of a return address: how to get from a function, stopped at that address, to its caller. It is made from the
 * module's exception tables, or says that there are none and frame pointers must do. A rule is 31 bits, so that an
 * address and its rule fit into one word (frame_table.h). Only this file and frame_rule_x86_64.c know the bits. */
#ifndef CST_SITE_FRAME_RULE_H
#define CST_SITE_FRAME_RULE_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stdint.h>

#define CST_FRAME_RULE_BITS 31

/** Where the caller's stack pointer is once the function has returned; its return address lies in the word below. `word`
 * means the word of the stack at that place, read from memory. */
enum cst_frame_kind {
    CST_FRAME_OUTSIDE, /**< not code of a module: no return address. A rule that is 0 as a whole */
    CST_FRAME_SP,      /**< stack pointer + offset */
    CST_FRAME_BP,      /**< rbp + offset */
    CST_FRAME_SP_WORD, /**< word at stack pointer + offset */
    CST_FRAME_BP_WORD, /**< word at rbp + offset: functions that align their stack */
    CST_FRAME_SIGNAL,  /**< the kernel's record of what a signal interrupted lies at the stack pointer */
    CST_FRAME_END,     /**< there is no caller, or the tables say something that is not understood here */
    CST_FRAME_POINTER, /**< no tables: rbp + offset, if that function keeps a frame pointer */
};

/** Where the caller's rbp is. From CST_FRAME_RBP_ABOVE on: below the caller's stack pointer, in words (at least 2). */
enum {
    CST_FRAME_RBP_SAME,    /**< in rbp */
    CST_FRAME_RBP_LOST,    /**< nowhere */
    CST_FRAME_RBP_POINTED, /**< in the word that rbp points to */
    CST_FRAME_RBP_ABOVE,
};

/* Bits of a rule: kind 0-2, follows a call 3, place of rbp 4-9, offset 10-30 (signed). */
#define CST_FRAME_OFFSET_BITS 21
#define CST_FRAME_RBP_BITS 6

CST_INLINE enum cst_frame_kind cst_frame_kind(uint32_t rule)
{
    return (enum cst_frame_kind)(rule & 7);
}

/** True when the bytes in front of the return address may be read as a call. */
CST_INLINE bool cst_frame_follows_call(uint32_t rule)
{
    return rule & 8;
}

CST_INLINE unsigned cst_frame_rbp(uint32_t rule)
{
    return rule >> 4 & ((1U << CST_FRAME_RBP_BITS) - 1);
}

/** The offset in bytes, a multiple of 8, made for additions to addresses. */
CST_INLINE uintptr_t cst_frame_offset(uint32_t rule)
{
    return (uintptr_t)(intptr_t)((int32_t)(rule << 1) >> 11) * sizeof(uintptr_t);
}

/** The rule of code without tables, if it keeps a frame pointer: the caller's rbp and the return address lie where rbp
 * points. */
#define CST_FRAME_POINTER_RULE ((uint32_t)CST_FRAME_POINTER | CST_FRAME_RBP_ABOVE << 4 | 2U << 10)

/** The rule of `return_address`, worked out from the tables. May register modules: no lock of the runtime may be held. */
uint32_t cst_frame_rule_make(uintptr_t return_address);

#endif
