/* Portraits: all that is known of an address, whoever asks: the block that it points to or into, and where it lies. Nothing
 * here is a finding. Reads tags, and for what is not in our heap the list of mappings: under the recursion guard and with
 * no lock held. Allocates nothing. */
#ifndef CST_CORE_PORTRAIT_H
#define CST_CORE_PORTRAIT_H

#include "core/finding.h"
#include "core/tag.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/** What an address is. */
struct cst_portrait {
    enum cst_place place; /**< CST_PLACE_NONE: not looked for */
    char place_name[256]; /**< of the module or mapping; "" for none */
    bool has_block;       /**< live or released: the rest is valid */
    uintptr_t start;
    struct cst_tag tag; /**< a copy */
};

/** As cst_portrait_take, of what lies in our heap only; false for other addresses. Lock-free, at any time. */
CST_MUST_USE bool cst_portrait_in_heap(uintptr_t address, struct cst_portrait *out_portrait);

/** All that is known of `address`. */
void cst_portrait_take(uintptr_t address, struct cst_portrait *out_portrait);

#endif
