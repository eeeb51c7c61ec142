/* Types of objects that libraries own: name, the function that ends their objects, and what holds for them, numbered from 1.
 * They live as long as the process. Finding one by its number takes no lock; registering takes one. */
#ifndef CST_CORE_TYPE_H
#define CST_CORE_TYPE_H

#include "custody/object.h"
#include "plat/compiler.h"

#include <stdint.h>

/** Types at most, and one: 0 is none. */
#define CST_TYPES_MAX 4096

/** One type. Immutable. */
struct cst_type {
    uint32_t number;
    uint16_t side;  /**< whose objects they are */
    unsigned flags; /**< enum custody_type_flags */
    const char *name;
    const char *destroy; /**< name of the function that ends an object; NULL when it was not told */
};

/** Registers a type, or finds that of this side with the same name, copying both texts; `destroy` may be NULL. The status
 * says whether there is a type: INVALID_ARGUMENT when the one with this name has other flags, EXHAUSTED. */
CST_MUST_USE custody_status cst_type_register(uint16_t side, const char *name, const char *destroy, unsigned flags,
                                              uint32_t *out_number);

/** The type with this number; NULL when there is none. */
const struct cst_type *cst_type_get(uint32_t number);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_type_after_fork(void);

#endif
