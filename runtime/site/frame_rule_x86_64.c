/* Rules from tables, for x86-64; see frame_rule.h. A return address belongs to the call in front of it, so the tables are
 * asked about the byte before. What a signal interrupted is handed on as the address one byte further, for that reason. */
#include "site/frame_rule.h"

#include "site/callsite_read.h"
#include "site/cfi.h"
#include "site/eh_bytes.h"

#define WORD ((int64_t)sizeof(uintptr_t))
#define OFFSET_MAX (((int64_t)1 << (CST_FRAME_OFFSET_BITS - 1)) - 1)
#define RBP_MAX ((1 << CST_FRAME_RBP_BITS) - 1)

/* DW_OP_*: DWARF 5, section 7.7.1. */
enum {
    OP_DEREF = 0x06,
    OP_AND = 0x1a,
    OP_PLUS = 0x22,
    OP_SHL = 0x24,
    OP_GE = 0x2a,
    OP_LIT0 = 0x30,
    OP_BREG0 = 0x70,
};

static uint32_t pack(enum cst_frame_kind kind, unsigned rbp, int64_t offset)
{
    uint32_t words = (uint32_t)(offset / WORD) & ((1U << CST_FRAME_OFFSET_BITS) - 1);
    return (uint32_t)kind | rbp << 4 | words << 10;
}

static const uint32_t end_rule = CST_FRAME_END;

static bool fits(int64_t offset)
{
    return offset % WORD == 0 && offset / WORD >= -OFFSET_MAX && offset / WORD <= OFFSET_MAX;
}

/* Takes `DW_OP_breg<number> offset`. */
static bool take_based(struct cst_eh_bytes *operations, unsigned number, int64_t *out_offset)
{
    uint8_t operation;
    return cst_eh_take(operations, &operation, 1) && operation == OP_BREG0 + number &&
           cst_eh_take_signed(operations, out_offset);
}

static struct cst_eh_bytes operations_of(struct cst_range expression)
{
    return (struct cst_eh_bytes){expression.lo, expression.hi};
}

/* `breg<number> offset; deref`. */
static bool is_word_at(struct cst_range expression, unsigned number, int64_t *out_offset)
{
    struct cst_eh_bytes operations = operations_of(expression);
    uint8_t operation;
    return take_based(&operations, number, out_offset) && cst_eh_take(&operations, &operation, 1) &&
           operation == OP_DEREF && operations.at == operations.end && fits(*out_offset);
}

/* What linkers write for stubs of the procedure linkage table, 16 bytes each, which push one more word from their n-th
 * byte on (binutils, bfd/elfxx-x86.c): rsp + 8 + ((rip & 15) >= n) * 8. */
static bool is_stub(struct cst_range expression, uintptr_t at, int64_t *out_offset)
{
    static const uint8_t tail[] = {OP_GE, OP_LIT0 + 3, OP_SHL, OP_PLUS};
    struct cst_eh_bytes operations = operations_of(expression);
    int64_t base, zero;
    uint8_t mask[2], pushed, rest[sizeof tail];
    if (!take_based(&operations, CST_CFI_RSP, &base) || base != WORD || !take_based(&operations, CST_CFI_RIP, &zero) ||
        zero != 0 || !cst_eh_take(&operations, mask, sizeof mask) || mask[0] != OP_LIT0 + 15 || mask[1] != OP_AND ||
        !cst_eh_take(&operations, &pushed, 1) || !cst_eh_take(&operations, rest, sizeof rest) ||
        memcmp(rest, tail, sizeof tail) != 0 || operations.at != operations.end || pushed < OP_LIT0 ||
        pushed > OP_LIT0 + 15) {
        return false;
    }
    *out_offset = base + ((at & 15) >= (uintptr_t)(pushed - OP_LIT0) ? WORD : 0);
    return true;
}

static enum cst_frame_kind kind_of_expression(struct cst_range expression, uintptr_t at, int64_t *out_offset)
{
    if (is_word_at(expression, CST_CFI_RSP, out_offset)) {
        return CST_FRAME_SP_WORD;
    }
    if (is_word_at(expression, CST_CFI_RBP, out_offset)) {
        return CST_FRAME_BP_WORD;
    }
    return is_stub(expression, at, out_offset) ? CST_FRAME_SP : CST_FRAME_END;
}

static enum cst_frame_kind kind_of(const struct cst_cfi_row *row, uintptr_t at, int64_t *out_offset)
{
    if (row->cfa_expression.lo != row->cfa_expression.hi) {
        return kind_of_expression(row->cfa_expression, at, out_offset);
    }
    *out_offset = row->cfa_offset;
    if (!fits(row->cfa_offset)) {
        return CST_FRAME_END;
    }
    return row->cfa_register == CST_CFI_RSP   ? CST_FRAME_SP
           : row->cfa_register == CST_CFI_RBP ? CST_FRAME_BP
                                              : CST_FRAME_END;
}

/* `breg6 0`: functions that align their stack keep the caller's rbp there. */
static bool is_pointed_to(struct cst_range expression)
{
    struct cst_eh_bytes operations = operations_of(expression);
    int64_t offset;
    return take_based(&operations, CST_CFI_RBP, &offset) && offset == 0 && operations.at == operations.end;
}

/* A place that does not fit is as good as lost: it matters only to a caller that is found by its rbp. */
static unsigned rbp_of(const struct cst_cfi_saved *rbp)
{
    int64_t words = -rbp->offset / WORD;
    switch (rbp->how) {
    case CST_CFI_SAME:
        return CST_FRAME_RBP_SAME;
    case CST_CFI_AT_CFA:
        return rbp->offset % WORD == 0 && words >= 2 && words <= RBP_MAX - CST_FRAME_RBP_ABOVE + 2
                   ? (unsigned)(CST_FRAME_RBP_ABOVE + words - 2)
                   : CST_FRAME_RBP_LOST;
    case CST_CFI_EXPRESSION:
        return is_pointed_to(rbp->expression) ? CST_FRAME_RBP_POINTED : CST_FRAME_RBP_LOST;
    default:
        return CST_FRAME_RBP_LOST;
    }
}

static uint32_t rule_of_row(const struct cst_cfi_row *row, uintptr_t at)
{
    int64_t offset = 0;
    if (row->rip.how != CST_CFI_AT_CFA || row->rip.offset != -WORD) {
        return end_rule;
    }
    enum cst_frame_kind kind = kind_of(row, at, &offset);
    return kind == CST_FRAME_END ? end_rule : pack(kind, rbp_of(&row->rbp), offset);
}

/* `mov $15, %rax; syscall`, or with %eax: what a signal handler returns to (rt_sigreturn), where no table says so. */
static bool is_signal_return(const struct cst_image *image, uintptr_t at)
{
    static const uint8_t wide[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    static const uint8_t narrow[] = {0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05};
    struct cst_range code;
    if (!cst_image_segment(image, at, PF_X, &code)) {
        return false;
    }
    const void *bytes = (const void *)at;
    return (code.hi - at >= sizeof wide && memcmp(bytes, wide, sizeof wide) == 0) ||
           (code.hi - at >= sizeof narrow && memcmp(bytes, narrow, sizeof narrow) == 0);
}

static uint32_t rule_from_tables(const struct cst_image *image, uintptr_t return_address)
{
    struct cst_fde fde;
    struct cst_cfi_row row;
    const uintptr_t at = return_address - 1;
    if (!cst_fde_read(image, at, &fde)) {
        return is_signal_return(image, return_address) ? CST_FRAME_SIGNAL : CST_FRAME_POINTER_RULE;
    }
    if (fde.signal_frame) {
        return CST_FRAME_SIGNAL;
    }
    return cst_cfi_row_at(&fde, at, &row) ? rule_of_row(&row, at) : end_rule;
}

uint32_t cst_frame_rule_make(uintptr_t return_address)
{
    struct cst_image image;
    struct cst_range code;
    if (!cst_image_at(return_address - 1, &image) || !cst_image_segment(&image, return_address - 1, PF_X, &code)) {
        return CST_FRAME_OUTSIDE;
    }
    uint32_t follows = cst_callsite_plausible(return_address) ? 8 : 0;
    return rule_from_tables(&image, return_address) | follows;
}
