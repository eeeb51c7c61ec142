/* Shapes on x86-64: see rust_shape.h. */
#include "site/rust_shape.h"

#include <string.h>

enum { RSP = 4, RBP = 5, LEA = 0x8d, NOP = 0x1f };

/* push %rbp; mov %rsp,%rbp; pop %rbp */
size_t cst_shape_frame_size(const uint8_t *code, size_t size)
{
    static const uint8_t frame[] = {0x55, 0x48, 0x89, 0xe5, 0x5d};
    return size > sizeof frame && memcmp(code, frame, sizeof frame) == 0 ? sizeof frame : 0;
}

/* Computes an address, or does nothing with one. */
static bool names_no_memory(const struct cst_insn *insn)
{
    return !insn->has_modrm || cst_insn_rm_is_reg(insn) || (insn->map == CST_MAP_ONE && insn->opcode == LEA) ||
           (insn->map == CST_MAP_0F && insn->opcode == NOP);
}

/* Instructions with memory operands that no ModRM byte names: string instructions, and moves of rax to fixed addresses. */
static bool names_memory_itself(const struct cst_insn *insn)
{
    uint8_t opcode = insn->opcode;
    return insn->map == CST_MAP_ONE && ((opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa0 && opcode <= 0xa7) ||
                                        (opcode >= 0xaa && opcode <= 0xaf));
}

bool cst_shape_keeps_memory(const struct cst_insn *insn)
{
    return !names_memory_itself(insn) && (names_no_memory(insn) || insn->base == RSP || insn->base == RBP);
}
