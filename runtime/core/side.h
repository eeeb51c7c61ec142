/* Sides: the parties that own memory, one for each pair of name and language, numbered from 1; 0 is the unknown side. A
 * side is a module together with a language, or a name that the program registers; a policy may give modules other names,
 * and one name to several of them. Sides live as long as the process.
 * Looking one up by number takes no lock; registering takes one. */
#ifndef CST_CORE_SIDE_H
#define CST_CORE_SIDE_H

#include "core/tag.h"
#include "custody/words.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stdint.h>

#define CST_SIDE_UNKNOWN ((uint16_t)0)

/** One side. Immutable once published except `arena`. */
struct cst_side {
    const char *name; /**< of its module, from the policy, or registered */
    enum custody_lang lang;
    const struct cst_module *module; /**< the first one met; NULL for the unknown side and for registered names */
    unsigned arena;                  /**< jemalloc arena of an isolated side; 0 for the shared heap */
};

/** True once any side has a heap of its own. */
extern CST_HIDDEN bool cst_side_any_isolated;

/** The side of code of a module that takes part in `contract`: in the language that the contract implies, else in `lang`,
 * that of the code, else, when that is CUSTODY_LANG_NONE, in the module's own. CST_SIDE_UNKNOWN when sides are used up or
 * memory is out. */
uint16_t cst_side_of_code(const struct cst_module *module, enum custody_contract contract, enum custody_lang lang);

/** The side of code of a module of which only a name says what it does: in no language. */
uint16_t cst_side_in_doubt(const struct cst_module *module);

/** As cst_side_of_code, when nothing is known of the code. */
uint16_t cst_side_of_module(const struct cst_module *module, enum custody_contract contract);

/** The side that cst_side_of_module has found before; CST_SIDE_UNKNOWN when it was not asked yet. Takes no lock. */
uint16_t cst_side_find_module(const struct cst_module *module, enum custody_contract contract);

/** The side with this name and language that the program registered, registering it if it is new. The name is copied. */
uint16_t cst_side_register(const char *name, enum custody_lang lang);

/** The side with this number; the unknown side for numbers that are not in use. Never NULL. */
const struct cst_side *cst_side_get(uint16_t number);

/** The module of a side; of a side that several modules belong to, `near` (may be NULL) if that is one of them. */
const struct cst_module *cst_side_module(uint16_t number, const struct cst_module *near);

/** One more than the largest number in use. */
uint16_t cst_side_count(void);

/** Names of sides (comma-separated) that get a heap of their own; kept, not copied. Before the first side is made. */
void cst_side_isolate(const char *names);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_side_after_fork(void);

#endif
