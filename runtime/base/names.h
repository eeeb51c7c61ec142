/* Names that are kept: equal names are one string, which lives as long as the process. For names that come from outside
 * with every call and are few. Locks briefly; any thread. */
#ifndef CST_BASE_NAMES_H
#define CST_BASE_NAMES_H

#include "plat/compiler.h"

#include <stddef.h>

/** Bytes of a name that count. */
#define CST_NAME_MAX ((size_t)254)
/** Different names that are kept. */
#define CST_NAMES_MAX 4096

/** The string that stands for all names equal to `name` (not NULL), which is copied. NULL when there are too many, or memory
 * is out. */
CST_MUST_USE const char *cst_names_keep(const char *name);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_names_after_fork(void);

#endif
