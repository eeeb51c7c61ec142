/* Reads single x86-64 instructions: how long they are, where control goes, and which general registers they may write.
 * Not a disassembler: operands of no interest here are only skipped. Pure functions over bytes that the caller vouches
 * for; no allocation, no lock. Encoding tables follow Intel's Software Developer's Manual, volume 2, appendix A. */
#ifndef CST_SITE_DECODE_X86_64_H
#define CST_SITE_DECODE_X86_64_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_INSN_LENGTH_MAX 15

/** What an instruction does to control, as far as call sites need to know. */
enum cst_insn_kind {
    CST_INSN_OTHER,
    CST_INSN_CALL,     /**< call rel32: `target` is where it goes */
    CST_INSN_CALL_RIP, /**< call *disp(%rip): `target` is the address of the slot */
    CST_INSN_CALL_REG, /**< call *%reg: `reg` */
    CST_INSN_CALL_MEM, /**< call through any other memory operand */
    CST_INSN_JUMP,     /**< jmp rel: `target` */
    CST_INSN_BRANCH,   /**< conditional jump: `target` */
    CST_INSN_JUMP_RIP, /**< jmp *disp(%rip): `target` is the address of the slot */
    CST_INSN_JUMP_REG, /**< jmp *%reg: `reg` */
    CST_INSN_JUMP_MEM, /**< jmp through any other memory operand */
    CST_INSN_RETURN,
    CST_INSN_LOAD_RIP, /**< mov disp(%rip), %reg64: `reg`, and `target` is the address of the slot */
};

/** The byte table that an opcode belongs to. */
enum cst_insn_map {
    CST_MAP_ONE,   /**< one-byte opcodes */
    CST_MAP_0F,    /**< after 0f */
    CST_MAP_0F38,  /**< after 0f 38 */
    CST_MAP_0F3A,  /**< after 0f 3a */
    CST_MAP_VECTOR /**< VEX, EVEX and XOP: operands are not told apart */
};

/** What the address of a memory operand is counted from, beside the numbers of registers. */
#define CST_INSN_BASE_RIP 16  /**< the end of the instruction */
#define CST_INSN_BASE_NONE 17 /**< no memory operand, or one with an index, of a segment, or without a base */

/** One instruction. Registers are numbered as the processor does: rax 0, rcx, rdx, rbx 3, rsp, rbp, rsi, rdi, r8 ... */
struct cst_insn {
    enum cst_insn_kind kind;
    enum cst_insn_map map;
    uint8_t length; /**< bytes, prefixes included; 1 to 15 */
    uint8_t opcode; /**< last opcode byte */
    uint8_t rex;    /**< REX prefix, 0 without one */
    bool has_modrm;
    uint8_t modrm, sib; /**< 0 when absent */
    uint8_t vector_reg; /**< VEX.vvvv, for CST_MAP_VECTOR */
    bool notrack;       /**< prefix 3e on an indirect branch: a switch, never a call to a function */
    uint8_t reg;        /**< see enum cst_insn_kind */
    uint8_t base;       /**< of its memory operand: a register, CST_INSN_BASE_RIP or CST_INSN_BASE_NONE */
    int32_t offset;     /**< of its memory operand, from `base`; bytes */
    uintptr_t target;   /**< see enum cst_insn_kind */
    uint8_t
        rip_at; /**< where the 32-bit displacement of an operand relative to %rip lies, in bytes from the start of the
                             instruction; 0 without one */
    bool address32; /**< prefix 67: addresses are cut to 32 bits */
};

/** Decodes the instruction at `code`, of which `size` bytes may be read; `address` is where it runs. False when it is not
 * an instruction of 64-bit mode or is not complete. */
CST_MUST_USE bool cst_insn_decode(const uint8_t *code, size_t size, uintptr_t address, struct cst_insn *out_insn);

/** The length of the instruction at `code`, when a short look tells that it is no jump and no call; 0 when it has to be
 * decoded. For passing over most of the code that jumps are looked for in. */
CST_MUST_USE size_t cst_insn_skip(const uint8_t *code, size_t size);

/** False only when `insn` certainly leaves general register `reg` as it was. A call counts as writing the registers that
 * the System V ABI does not preserve. */
CST_MUST_USE bool cst_insn_may_write(const struct cst_insn *insn, uint8_t reg);

/** Register that the ModRM byte names as `reg` field, or as direct `rm` operand (only for a mod of 3). */
CST_INLINE uint8_t cst_insn_modrm_reg(const struct cst_insn *insn)
{
    return (uint8_t)(((insn->modrm >> 3) & 7) | ((insn->rex & 4) << 1));
}
CST_INLINE uint8_t cst_insn_modrm_rm(const struct cst_insn *insn)
{
    return (uint8_t)((insn->modrm & 7) | ((insn->rex & 1) << 3));
}

/** True when the ModRM operand is a register and not memory. */
CST_INLINE bool cst_insn_rm_is_reg(const struct cst_insn *insn)
{
    return insn->has_modrm && insn->modrm >> 6 == 3;
}

/** True when the code at `code` is a stub: a jump through memory near it, perhaps behind a landing mark. Control goes on from there to
 * what the memory holds, and not to what lies around the stub. */
CST_MUST_USE bool cst_insn_is_stub(const uint8_t *code, size_t size);

/** True for the landing mark of indirect branches, `endbr64`. */
CST_INLINE bool cst_insn_is_endbr(const struct cst_insn *insn)
{
    return insn->map == CST_MAP_0F && insn->opcode == 0x1e && insn->modrm == 0xfa;
}

/** Room for every way to read a call in front of one return address. */
#define CST_CALLS_BEFORE_MAX 6

/** Every call instruction that could end right before `end`, reading at most `size` bytes backwards; prefixes are not
 * counted in, so a REX prefix is not seen (`reg` lacks its high bit). Returns how many; more than one means that the bytes
 * alone cannot tell. `address` is where `end` runs. */
CST_MUST_USE size_t cst_insn_calls_before(const uint8_t *end, size_t size, uintptr_t address,
                                          struct cst_insn out_calls[CST_CALLS_BEFORE_MAX]);

#endif
