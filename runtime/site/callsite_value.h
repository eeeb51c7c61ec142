/* What a call or a jump through a register or through memory can only go to: an address that the code names, or what a word
 * of memory holds that the code names: an entry of the global offset table, a constant, a variable. Compilers go such ways to
 * call one function several times, without optimisation, and through function pointers that a library keeps in variables.
 * Anything less certain is no answer. Reads code of loaded modules; no allocation, no lock held, may register modules. */
#ifndef CST_SITE_CALLSITE_VALUE_H
#define CST_SITE_CALLSITE_VALUE_H

#include "site/callsite_image.h"
#include "site/decode_x86_64.h"

enum cst_value_kind {
    CST_VALUE_ADDRESS, /**< the address itself */
    CST_VALUE_WORD,    /**< what the word at the address holds; the word may lie in another module, or nowhere */
};

/** A value that can be told from code. */
struct cst_value {
    enum cst_value_kind kind;
    uintptr_t address;
};

/** Where the register or memory call that returns to `return_address`, in `image`, can only have gone. False when that is
 * not certain. */
CST_MUST_USE bool cst_value_of_call(const struct cst_image *image, uintptr_t return_address,
                                    struct cst_value *out_value);

/** Where the jump through a register or memory at `at`, in `function` of `image`, can only go. False when that is not
 * certain. */
CST_MUST_USE bool cst_value_of_jump(const struct cst_image *image, struct cst_range function, uintptr_t at,
                                    struct cst_value *out_value);

#endif
