/* Which general registers an x86-64 instruction may write, from two tables of one letter per opcode; see
 * decode_x86_64.h. Where telling exactly is not worth it, the answer is yes. */
#include "site/decode_x86_64.h"

/* Which general registers an opcode may write:
 *   -  none              g  the one in ModRM's reg field    e  the one in its rm field     x  both of these
 *   o  the one in the opcode's low bits                     a  rax                         h  both of these
 *   i  those that a call may change                         s  rsp and rbp                 c  as e and as i
 *   v  any that it names, and as i */
static const char writes_one[257] = "eeggaa--eeggaa--" /* 00 */
                                    "eeggaa--eeggaa--" /* 10 */
                                    "eeggaa--eeggaa--" /* 20 */
                                    "eeggaa----------" /* 30 */
                                    "----------------" /* 40 */
                                    "--------oooooooo" /* 50 */
                                    "---g-----g-giiii" /* 60 */
                                    "----------------" /* 70 */
                                    "eeee--xxeeggeg-e" /* 80 */
                                    "hhhhhhhhii-----i" /* 90 */
                                    "aaaaiiii--iiiiii" /* a0 */
                                    "oooooooooooooooo" /* b0 */
                                    "ee----eess------" /* c0 */
                                    "eeee---aiiiiiiii" /* d0 */
                                    "iiiiaaaai---aaaa" /* e0 */
                                    "------cc------ee" /* f0 */;

static const char writes_0f[257] = "xcgg-i-------x-i" /* 00 */
                                   "--------------e-" /* 10 */
                                   "ee----------gg--" /* 20 */
                                   "iiiiii-i--------" /* 30 */
                                   "gggggggggggggggg" /* 40 */
                                   "g---------------" /* 50 */
                                   "----------------" /* 60 */
                                   "--------ee----e-" /* 70 */
                                   "----------------" /* 80 */
                                   "eeeeeeeeeeeeeeee" /* 90 */
                                   "--x-ee-----eeecg" /* a0 */
                                   "ccgeggggg-eegggg" /* b0 */
                                   "xx---g-coooooooo" /* c0 */
                                   "-------g--------" /* d0 */
                                   "----------------" /* e0 */
                                   "----------------" /* f0 */;

static bool call_may_change(uint8_t reg)
{
    return reg <= 2 || (reg >= 6 && reg <= 11);
}

/* Whether an operand field names `reg`, also as one of ah, ch, dh and bh, which fields 4 to 7 mean in byte instructions
 * without REX: not told apart from the wide registers here unless `wide` says so. */
static bool names(const struct cst_insn *insn, uint8_t field, uint8_t reg, bool wide)
{
    return field == reg || (!wide && !insn->rex && field >= 4 && field < 8 && field - 4 == reg);
}

/* True when the instruction certainly has no byte operands: odd opcodes and those that only come wide. */
static bool is_wide(const struct cst_insn *insn)
{
    uint8_t op = insn->opcode;
    return insn->map == CST_MAP_ONE && op >> 3 != 0xb0 >> 3 && ((op & 1) || (op >= 0x50 && op < 0x80));
}

static bool cmp_or_test_group(const struct cst_insn *insn)
{
    unsigned group = (insn->modrm >> 3) & 7;
    return ((insn->opcode & 0xfc) == 0x80 && group == 7) || ((insn->opcode & 0xfe) == 0xf6 && group < 2);
}

static bool group_five_may_write(const struct cst_insn *insn, uint8_t reg)
{
    unsigned group = (insn->modrm >> 3) & 7;
    if (group < 2) {
        return cst_insn_rm_is_reg(insn) && names(insn, cst_insn_modrm_rm(insn), reg, false);
    }
    return (group == 2 || group == 3) && call_may_change(reg);
}

/* xbegin and xabort, which hand a status over in rax. */
static bool is_transaction(const struct cst_insn *insn)
{
    return (insn->opcode & 0xfe) == 0xc6 && insn->modrm == 0xf8;
}

static char write_class(const struct cst_insn *insn)
{
    switch (insn->map) {
    case CST_MAP_ONE:
        return is_transaction(insn) ? 'i' : writes_one[insn->opcode];
    case CST_MAP_0F:
        return writes_0f[insn->opcode];
    case CST_MAP_0F38:
        return insn->opcode >= 0xf0 ? 'x' : '-';
    case CST_MAP_0F3A:
        return insn->opcode >= 0x14 && insn->opcode <= 0x17 ? 'e' : insn->opcode >> 4 == 6 ? 'c' : '-';
    case CST_MAP_VECTOR:
        break;
    }
    return 'v';
}

bool cst_insn_may_write(const struct cst_insn *insn, uint8_t reg)
{
    if (insn->map == CST_MAP_ONE && insn->opcode >= 0xfe) {
        return group_five_may_write(insn, reg);
    }
    if (insn->map == CST_MAP_ONE && insn->has_modrm && cmp_or_test_group(insn)) {
        return false;
    }
    if (insn->map == CST_MAP_0F && insn->opcode == 0xa2) {
        return true; /* cpuid writes rbx too */
    }
    char class = write_class(insn);
    if (class == '-') {
        return false;
    }
    bool wide = is_wide(insn);
    bool in_reg = insn->has_modrm && names(insn, cst_insn_modrm_reg(insn), reg, wide);
    bool in_rm = cst_insn_rm_is_reg(insn) && names(insn, cst_insn_modrm_rm(insn), reg, wide);
    uint8_t in_opcode = (uint8_t)((insn->opcode & 7) | ((insn->rex & 1) << 3));
    switch (class) {
    case 'g':
        return in_reg;
    case 'e':
        return in_rm;
    case 'x':
        return in_reg || in_rm;
    case 'v':
        return in_reg || in_rm || insn->vector_reg == reg || call_may_change(reg);
    case 'o':
        return names(insn, in_opcode, reg, wide);
    case 'a':
        return reg == 0;
    case 'h':
        return in_opcode == reg || reg == 0;
    case 's':
        return reg == 4 || reg == 5;
    case 'i':
        return call_may_change(reg);
    default:
        return in_rm || call_may_change(reg);
    }
}
