/* Call frame instructions: what the tables of a function say about its caller's frame while it stands at one address
 * (DWARF 5, section 6.4; Linux Standard Base, Core, "Exception Frames"). The programs are interpreted for three things
 * only: the canonical frame address (CFA: the caller's stack pointer once the function has returned), where the caller's
 * rbp is, and where the return address is. Nothing outside the two lists of instructions is read, and each is gone through
 * once, whatever they hold. Knows nothing of the stack's contents. No allocation, no lock, any thread. */
#ifndef CST_SITE_CFI_H
#define CST_SITE_CFI_H

#include "site/fde.h"

/** DWARF's numbers of registers (System V ABI x86-64, figure 3.36). */
enum {
    CST_CFI_RBP = 6,
    CST_CFI_RSP = 7,
    CST_CFI_RIP = 16,
};

enum cst_cfi_how {
    CST_CFI_SAME,       /**< still in its register */
    CST_CFI_UNDEFINED,  /**< lost; for the return address: there is no caller */
    CST_CFI_AT_CFA,     /**< in memory, at the CFA plus `offset` */
    CST_CFI_EXPRESSION, /**< in memory, where `expression` computes */
    CST_CFI_OTHER,      /**< elsewhere: in another register, or computed */
};

/** Where a register of the caller is. */
struct cst_cfi_saved {
    enum cst_cfi_how how;
    int64_t offset;              /**< bytes */
    struct cst_range expression; /**< DWARF operations */
};

/** What holds at one address. The CFA is `cfa_register` plus `cfa_offset`, or what `cfa_expression` computes, if that is
 * not empty. */
struct cst_cfi_row {
    uint64_t cfa_register;
    int64_t cfa_offset;
    struct cst_range cfa_expression;
    struct cst_cfi_saved rbp, rip;
};

/** What holds at `address` in the function of `fde`. False when the instructions cannot be read. */
CST_MUST_USE bool cst_cfi_row_at(const struct cst_fde *fde, uintptr_t address, struct cst_cfi_row *out_row);

#endif
