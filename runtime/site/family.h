/* Families (custody/families.def) by the names of their functions: of which family a library is that defines them, and what
 * each of them does. Tables and names only: pure, any thread. */
#ifndef CST_SITE_FAMILY_H
#define CST_SITE_FAMILY_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a function does: the roles of families.def. */
enum cst_family_role {
    CST_FAMILY_MAKE,
    CST_FAMILY_MAKE_OUT,
    CST_FAMILY_RESIZE,
    CST_FAMILY_RESIZE_ONLY,
    CST_FAMILY_RESIZE_OR_FREE,
    CST_FAMILY_RESIZE_OUT,
    CST_FAMILY_STRETCH,
    CST_FAMILY_STRETCH_OR_NULL,
    CST_FAMILY_RELEASE,
    CST_FAMILY_QUERY,
    CST_FAMILY_OWNS,
};

/** Integer arguments that a function of a family may have. */
#define CST_FAMILY_ARGUMENTS 5

/** One function: a row of families.def. */
struct cst_family_function {
    const char *symbol;
    uint8_t door;                     /**< enum custody_door */
    uint8_t contract;                 /**< enum custody_contract */
    uint8_t role;                     /**< enum cst_family_role */
    int8_t block, size, count, align; /**< which arguments; -1 for none */
};

/** Functions that are known of all families together. */
enum {
#define CUSTODY_FAMILY(contract, signature)
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align) CST_FAMILY_ROW_##ID,
#include "custody/families.def"
    CST_FAMILY_FUNCTIONS
};

/** The rows, in the order of the list. */
extern const struct cst_family_function cst_family_functions[CST_FAMILY_FUNCTIONS];

/** The family that a library with a function `name` belongs to, as its contract; CUSTODY_CONTRACT_UNKNOWN for none. Asked of
 * every symbol of a module. */
enum custody_contract cst_family_of(const char *name);

/** The function of the family of `contract` that is called `name`; NULL when there is none. */
CST_MUST_USE const struct cst_family_function *cst_family_find(enum custody_contract contract, const char *name);

#endif
