/* Instruction lengths and control flow of x86-64, from two tables of one letter per opcode. See the header. */
#include "site/decode_x86_64.h"

#include <string.h>

/* What follows an opcode:
 *   .  nothing            m  ModRM              b  8-bit immediate or relative    z  32-bit (16 with prefix 66)
 *   B  ModRM, 8-bit       Z  ModRM, as z        j  32-bit relative                w  16-bit immediate
 *   e  enter: 16 and 8    v  as z, 64 with W    a  address of 8 bytes (4 with prefix 67)
 *   t  ModRM, and 8-bit when its reg field is 0 or 1 (test)       T  the same with z
 *   c  ModRM naming registers only (control registers)            x  not an instruction here */
static const char follows_one[257] = "mmmmbzxxmmmmbzxx" /* 00 */
                                     "mmmmbzxxmmmmbzxx" /* 10 */
                                     "mmmmbzxxmmmmbzxx" /* 20 */
                                     "mmmmbzxxmmmmbzxx" /* 30 */
                                     "xxxxxxxxxxxxxxxx" /* 40: REX */
                                     "................" /* 50 */
                                     "xxxmxxxxzZbB...." /* 60 */
                                     "bbbbbbbbbbbbbbbb" /* 70 */
                                     "BZxBmmmmmmmmmmmm" /* 80 */
                                     "..........x....." /* 90 */
                                     "aaaa....bz......" /* a0 */
                                     "bbbbbbbbvvvvvvvv" /* b0 */
                                     "BBw.xxBZe.w..bx." /* c0 */
                                     "mmmmxxx.mmmmmmmm" /* d0 */
                                     "bbbbbbbbjjxb...." /* e0 */
                                     "x.xx..tT......mm" /* f0 */;

static const char follows_0f[257] = "mmmmx.....x.xm.B" /* 00 */
                                    "mmmmmmmmmmmmmmmm" /* 10 */
                                    "ccccxxxxmmmmmmmm" /* 20 */
                                    "......x.xxxxxxxx" /* 30 */
                                    "mmmmmmmmmmmmmmmm" /* 40 */
                                    "mmmmmmmmmmmmmmmm" /* 50 */
                                    "mmmmmmmmmmmmmmmm" /* 60 */
                                    "BBBBmmm.mmxxmmmm" /* 70 */
                                    "jjjjjjjjjjjjjjjj" /* 80 */
                                    "mmmmmmmmmmmmmmmm" /* 90 */
                                    "...mBmxx...mBmmm" /* a0 */
                                    "mmmmmmmmmmBmmmmm" /* b0 */
                                    "mmBmBBBm........" /* c0 */
                                    "mmmmmmmmmmmmmmmm" /* d0 */
                                    "mmmmmmmmmmmmmmmm" /* e0 */
                                    "mmmmmmmmmmmmmmmm" /* f0 */;

/* What follows an opcode that cst_insn_skip passes over, counted in bytes: the low three bits are an immediate, bit 3 is ModRM
 * and what that brings. x: to be decoded; it is a prefix, or a jump or a call, or it is not worth telling. */
#define SKIP_IMMEDIATE 7U
#define SKIP_MODRM 8U

static const char skips_one[257] = "888814xx888814xx" /* 00 */
                                   "888814xx888814xx" /* 10 */
                                   "888814xx888814xx" /* 20 */
                                   "888814xx888814xx" /* 30 */
                                   "xxxxxxxxxxxxxxxx" /* 40 */
                                   "0000000000000000" /* 50 */
                                   "xxxxxxxx4<190000" /* 60 */
                                   "xxxxxxxxxxxxxxxx" /* 70 */
                                   "9<x988888888888x" /* 80 */
                                   "0000000000x00000" /* 90 */
                                   "xxxx000014000000" /* a0 */
                                   "11111111xxxxxxxx" /* b0 */
                                   "99xxxx9xx0xxxxxx" /* c0 */
                                   "8888xxx088888888" /* d0 */
                                   "xxxx1111xxxx0000" /* e0 */
                                   "xxxxx0xx000000xx" /* f0 */;

static const char skips_0f[257] = "8888xx0x00xxx809" /* 00 */
                                  "8888888888888888" /* 10 */
                                  "xxxxxxxx88888888" /* 20 */
                                  "0000xxx0xxxxxxxx" /* 30 */
                                  "8888888888888888" /* 40 */
                                  "8888888888888888" /* 50 */
                                  "8888888888888888" /* 60 */
                                  "9999888088xx8888" /* 70 */
                                  "xxxxxxxxxxxxxxxx" /* 80 */
                                  "8888888888888888" /* 90 */
                                  "000898xx00089888" /* a0 */
                                  "888888888x988888" /* b0 */
                                  "8898999800000000" /* c0 */
                                  "8888888888888888" /* d0 */
                                  "8888888888888888" /* e0 */
                                  "888888888888888x" /* f0 */;

/* Where decoding stands. */
struct reader {
    const uint8_t *code;
    size_t size;                /* that may be read, at most CST_INSN_LENGTH_MAX */
    size_t at;                  /* bytes consumed */
    bool operand16;             /* prefix 66 */
    bool address32;             /* prefix 67 */
    bool segment;               /* prefix 64 or 65: memory operands are thread-local */
    bool track_prefix;          /* prefix 3e */
    size_t disp_at;             /* where the 32-bit displacement of a %rip operand is; 0 without one */
    size_t disp8_at, disp32_at; /* where the displacement of another memory operand is; 0 without one */
};

CST_INLINE bool take(struct reader *r, uint8_t *out_byte)
{
    if (r->at >= r->size) {
        return false;
    }
    *out_byte = r->code[r->at++];
    return true;
}

CST_INLINE bool skip(struct reader *r, size_t count)
{
    r->at += count;
    return r->at <= r->size;
}

static bool note_legacy_prefix(struct reader *r, uint8_t byte)
{
    switch (byte) {
    case 0x66:
        r->operand16 = true;
        return true;
    case 0x67:
        r->address32 = true;
        return true;
    case 0x64:
    case 0x65:
        r->segment = true;
        return true;
    case 0x3e:
        r->track_prefix = true;
        return true;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return false;
    }
}

/* Leaves the first byte that is no prefix in `out_byte`. A REX prefix counts only right before the opcode. */
static bool take_prefixes(struct reader *r, struct cst_insn *insn, uint8_t *out_byte)
{
    while (take(r, out_byte)) {
        if (*out_byte >= 0x40 && *out_byte <= 0x4f) {
            insn->rex = *out_byte;
        } else if (note_legacy_prefix(r, *out_byte)) {
            insn->rex = 0;
        } else {
            return true;
        }
    }
    return false;
}

static bool take_modrm(struct reader *r, struct cst_insn *insn)
{
    if (!take(r, &insn->modrm)) {
        return false;
    }
    insn->has_modrm = true;
    unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;
    if (mod == 3) {
        return true;
    }
    if (rm == 4 && !take(r, &insn->sib)) {
        return false;
    }
    if (mod == 0 && rm == 5) {
        r->disp_at = r->at;
        return skip(r, 4);
    }
    if (mod == 2 || (mod == 0 && rm == 4 && (insn->sib & 7) == 5)) {
        r->disp32_at = r->at;
        return skip(r, 4);
    }
    r->disp8_at = mod == 0 ? 0 : r->at;
    return mod == 0 || skip(r, 1);
}

/* Moves to and from control registers ignore the mod field. */
static bool take_register_modrm(struct reader *r, struct cst_insn *insn)
{
    bool taken = take(r, &insn->modrm);
    insn->has_modrm = true;
    insn->modrm |= 0xc0;
    return taken;
}

static bool take_operands(struct reader *r, struct cst_insn *insn, char follows)
{
    size_t word = r->operand16 && !(insn->rex & 8) ? 2 : 4;
    switch (follows) {
    case '.':
        return true;
    case 'm':
        return take_modrm(r, insn);
    case 'b':
        return skip(r, 1);
    case 'z':
        return skip(r, word);
    case 'B':
        return take_modrm(r, insn) && skip(r, 1);
    case 'Z':
        return take_modrm(r, insn) && skip(r, word);
    case 'j':
        return skip(r, 4);
    case 'w':
        return skip(r, 2);
    case 'e':
        return skip(r, 3);
    case 'v':
        return skip(r, insn->rex & 8 ? 8 : word);
    case 'a':
        return skip(r, r->address32 ? 4 : 8);
    case 't':
        return take_modrm(r, insn) && skip(r, (insn->modrm & 0x30) == 0 ? 1 : 0);
    case 'T':
        return take_modrm(r, insn) && skip(r, (insn->modrm & 0x30) == 0 ? word : 0);
    case 'c':
        return take_register_modrm(r, insn);
    default:
        return false;
    }
}

/* What follows an opcode of a vector map: 1 is 0f, 2 is 0f 38, 3 is 0f 3a, 5 and 6 are half-precision arithmetic. */
static char vector_follows(unsigned map, uint8_t opcode)
{
    switch (map) {
    case 1:
        return follows_0f[opcode] == 'j' ? 'x' : follows_0f[opcode];
    case 2:
    case 5:
    case 6:
        return 'm';
    case 3:
        return 'B';
    default:
        return 'x';
    }
}

/* The rest of a VEX (c4, c5), EVEX (62) or XOP (8f) instruction whose first byte was `lead`. */
static bool take_vector(struct reader *r, struct cst_insn *insn, uint8_t lead)
{
    uint8_t first, second = 0, third;
    insn->map = CST_MAP_VECTOR;
    if (!take(r, &first) || (lead != 0xc5 && !take(r, &second)) || (lead == 0x62 && !take(r, &third))) {
        return false;
    }
    insn->vector_reg = (uint8_t)((~(lead == 0xc5 ? first : second) >> 3) & 15);
    insn->rex = (uint8_t)(0x40 | ((~first >> 5) & 4)); /* the inverted R bit; X and B only matter to c4 and 62 */
    insn->rex |= lead == 0xc5 ? 0 : (uint8_t)((~first >> 5) & 3);
    if (!take(r, &insn->opcode)) {
        return false;
    }
    unsigned map = lead == 0xc5 ? 1 : lead == 0x62 ? first & 7 : first & 31;
    if (lead == 0x8f) {
        return map == 8    ? take_operands(r, insn, 'B')
               : map == 9  ? take_operands(r, insn, 'm')
               : map == 10 ? take_operands(r, insn, 'm') && skip(r, 4)
                           : false;
    }
    return take_operands(r, insn, vector_follows(map, insn->opcode));
}

static bool take_escaped(struct reader *r, struct cst_insn *insn)
{
    if (!take(r, &insn->opcode)) {
        return false;
    }
    if (insn->opcode == 0x38 || insn->opcode == 0x3a) {
        bool has_immediate = insn->opcode == 0x3a;
        insn->map = has_immediate ? CST_MAP_0F3A : CST_MAP_0F38;
        return take(r, &insn->opcode) && take_operands(r, insn, has_immediate ? 'B' : 'm');
    }
    insn->map = CST_MAP_0F;
    return take_operands(r, insn, follows_0f[insn->opcode]);
}

static bool begins_vector(const struct reader *r, uint8_t byte)
{
    if (byte == 0x8f) { /* XOP when its map is 8 or more, else pop */
        return r->at < r->size && (r->code[r->at] & 31) >= 8;
    }
    return byte == 0xc4 || byte == 0xc5 || byte == 0x62;
}

static bool take_instruction(struct reader *r, struct cst_insn *insn)
{
    uint8_t byte;
    if (!take_prefixes(r, insn, &byte)) {
        return false;
    }
    if (begins_vector(r, byte)) {
        return take_vector(r, insn, byte);
    }
    if (byte == 0x0f) {
        return take_escaped(r, insn);
    }
    insn->map = CST_MAP_ONE;
    insn->opcode = byte;
    return take_operands(r, insn, follows_one[byte]);
}

static int32_t read_i32(const uint8_t *bytes)
{
    int32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uintptr_t after(uintptr_t address, size_t length, int32_t displacement)
{
    return address + length + (uintptr_t)(intptr_t)displacement;
}

/* True when the memory operand is a base register and an offset, and nothing else. */
static bool has_plain_base(const struct reader *r, const struct cst_insn *insn)
{
    if (!insn->has_modrm || insn->modrm >> 6 == 3 || r->segment || r->address32 || insn->map == CST_MAP_VECTOR) {
        return false;
    }
    bool has_sib = (insn->modrm & 7) == 4;
    bool has_index = has_sib && (((insn->sib >> 3) & 7) != 4 || (insn->rex & 2));
    bool has_base = !has_sib || (insn->sib & 7) != 5 || insn->modrm >> 6 != 0;
    return !has_index && has_base;
}

static void note_operand(const struct reader *r, struct cst_insn *insn)
{
    insn->base = CST_INSN_BASE_NONE;
    if (!has_plain_base(r, insn)) {
        return;
    }
    uint8_t low = (uint8_t)(((insn->modrm & 7) == 4 ? insn->sib : insn->modrm) & 7);
    insn->base = (uint8_t)(r->disp_at ? CST_INSN_BASE_RIP : low | (insn->rex & 1) << 3);
    if (r->disp8_at) {
        uint8_t low_byte = r->code[r->disp8_at];
        insn->offset = low_byte < 0x80 ? low_byte : low_byte - 0x100;
    } else if (r->disp_at || r->disp32_at) {
        insn->offset = read_i32(r->code + (r->disp_at ? r->disp_at : r->disp32_at));
    }
}

/* The kind of ff /2 and ff /4: through a register, a slot near the code, or other memory. */
static void classify_indirect(const struct reader *r, struct cst_insn *insn, uintptr_t address, bool is_call)
{
    insn->notrack = r->track_prefix;
    if (cst_insn_rm_is_reg(insn)) {
        insn->kind = is_call ? CST_INSN_CALL_REG : CST_INSN_JUMP_REG;
        insn->reg = cst_insn_modrm_rm(insn);
    } else if (r->disp_at && !r->segment) {
        insn->kind = is_call ? CST_INSN_CALL_RIP : CST_INSN_JUMP_RIP;
        insn->target = after(address, r->at, read_i32(r->code + r->disp_at));
    } else {
        insn->kind = is_call ? CST_INSN_CALL_MEM : CST_INSN_JUMP_MEM;
    }
}

static void classify_relative(const struct reader *r, struct cst_insn *insn, uintptr_t address, enum cst_insn_kind kind,
                              size_t operand_size)
{
    const uint8_t *operand = r->code + r->at - operand_size;
    insn->kind = kind;
    insn->target = after(address, r->at, operand_size == 1 ? (int8_t)*operand : read_i32(operand));
}

static void classify_one(const struct reader *r, struct cst_insn *insn, uintptr_t address)
{
    uint8_t op = insn->opcode;
    unsigned group = (insn->modrm >> 3) & 7;
    if (op == 0xe8) {
        classify_relative(r, insn, address, CST_INSN_CALL, 4);
    } else if (op == 0xe9) {
        classify_relative(r, insn, address, CST_INSN_JUMP, 4);
    } else if (op == 0xeb) {
        classify_relative(r, insn, address, CST_INSN_JUMP, 1);
    } else if ((op >= 0x70 && op <= 0x7f) || (op >= 0xe0 && op <= 0xe3)) {
        classify_relative(r, insn, address, CST_INSN_BRANCH, 1);
    } else if (op == 0xc7 && insn->modrm == 0xf8 && !r->operand16) { /* xbegin: its abort handler */
        classify_relative(r, insn, address, CST_INSN_BRANCH, 4);
    } else if (op == 0xff && (group == 2 || group == 4)) {
        classify_indirect(r, insn, address, group == 2);
    } else if (op == 0xc2 || op == 0xc3) {
        insn->kind = CST_INSN_RETURN;
    } else if (op == 0x8b && (insn->rex & 8) && r->disp_at && !r->segment) {
        insn->kind = CST_INSN_LOAD_RIP;
        insn->reg = cst_insn_modrm_reg(insn);
        insn->target = after(address, r->at, read_i32(r->code + r->disp_at));
    }
}

/* The jumps and calls that code is full of, as they come without a prefix: e8, e9, eb, 7x, 0f 8x. False for all else. */
static bool decode_relative(const struct reader *r, uintptr_t address, struct cst_insn *insn)
{
    uint8_t first = r->code[0];
    bool is_long = first == 0xe8 || first == 0xe9, is_short = first == 0xeb || (first & 0xf0) == 0x70;
    bool is_escaped = first == 0x0f && r->size >= 6 && (r->code[1] & 0xf0) == 0x80;
    size_t length = is_escaped ? 6 : is_long ? 5 : 2;
    if (r->size < length || (!is_long && !is_short && !is_escaped)) {
        return false;
    }
    insn->kind = first == 0xe8 ? CST_INSN_CALL : first == 0xe9 || first == 0xeb ? CST_INSN_JUMP : CST_INSN_BRANCH;
    insn->map = is_escaped ? CST_MAP_0F : CST_MAP_ONE;
    insn->opcode = r->code[is_escaped];
    insn->length = (uint8_t)length;
    insn->base = CST_INSN_BASE_NONE;
    insn->target = after(address, length, is_short ? (int8_t)r->code[1] : read_i32(r->code + length - 4));
    return true;
}

bool cst_insn_decode(const uint8_t *code, size_t size, uintptr_t address, struct cst_insn *out_insn)
{
    struct reader r = {.code = code, .size = size < CST_INSN_LENGTH_MAX ? size : CST_INSN_LENGTH_MAX};
    *out_insn = (struct cst_insn){.kind = CST_INSN_OTHER};
    if (size != 0 && decode_relative(&r, address, out_insn)) {
        return true;
    }
    if (!take_instruction(&r, out_insn)) {
        return false;
    }
    out_insn->length = (uint8_t)r.at;
    note_operand(&r, out_insn);
    out_insn->rip_at = (uint8_t)r.disp_at;
    out_insn->address32 = r.address32;
    if (out_insn->map == CST_MAP_ONE) {
        classify_one(&r, out_insn, address);
    } else if (out_insn->map == CST_MAP_0F && (out_insn->opcode & 0xf0) == 0x80) {
        classify_relative(&r, out_insn, address, CST_INSN_BRANCH, 4);
    }
    return true;
}

/* Bytes of ModRM, SIB and displacement. */
CST_INLINE size_t modrm_length(const uint8_t *modrm)
{
    unsigned mod = modrm[0] >> 6, rm = modrm[0] & 7;
    if (mod == 3) {
        return 1;
    }
    size_t length = rm == 4 ? 2 : 1;
    bool wide = mod == 2 || (mod == 0 && (rm == 4 ? modrm[1] & 7 : rm) == 5);
    return length + (wide ? 4 : mod);
}

size_t cst_insn_skip(const uint8_t *code, size_t size)
{
    if (size < CST_INSN_LENGTH_MAX) {
        return 0;
    }
    size_t at = (code[0] & 0xf0) == 0x40; /* REX */
    const char *table = skips_one;
    if (code[at] == 0x0f) {
        at++;
        table = skips_0f;
    }
    uint8_t opcode = code[at++];
    unsigned follows = (unsigned char)table[opcode];
    if (follows == 'x') {
        return 0;
    }
    size_t modrm = follows & SKIP_MODRM ? modrm_length(code + at) : 0;
    return at + modrm + (follows & SKIP_IMMEDIATE);
}

bool cst_insn_is_stub(const uint8_t *code, size_t size)
{
    struct cst_insn insn;
    if (!cst_insn_decode(code, size, 0, &insn)) {
        return false;
    }
    if (cst_insn_is_endbr(&insn) && !cst_insn_decode(code + insn.length, size - insn.length, 0, &insn)) {
        return false;
    }
    return insn.kind == CST_INSN_JUMP_RIP;
}

static bool is_call(const struct cst_insn *insn)
{
    return insn->kind >= CST_INSN_CALL && insn->kind <= CST_INSN_CALL_MEM;
}

size_t cst_insn_calls_before(const uint8_t *end, size_t size, uintptr_t address,
                             struct cst_insn out_calls[CST_CALLS_BEFORE_MAX])
{
    size_t count = 0;
    for (size_t length = 2; length <= 7 && length <= size; length++) {
        const uint8_t *start = end - length;
        if (*start != 0xe8 && *start != 0xff) {
            continue;
        }
        struct cst_insn insn;
        if (cst_insn_decode(start, length, address - length, &insn) && insn.length == length && is_call(&insn)) {
            out_calls[count++] = insn;
        }
    }
    return count;
}
