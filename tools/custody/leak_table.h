/* Leaks by who pays for them: a row for each side, module, crate or site, with what each class comes to. Printed by
 * text_leaks.c and json_leaks.c. */
#ifndef CST_TOOL_LEAK_TABLE_H
#define CST_TOOL_LEAK_TABLE_H

#include "bill.h"
#include "group.h"
#include "leak_class.h"

/** What rows stand for. */
enum cst_leak_by {
    CST_LEAKS_BY_SIDE,   /**< the owner, as in the totals */
    CST_LEAKS_BY_MODULE, /**< the file of the place that is billed */
    CST_LEAKS_BY_CRATE,  /**< its crate; the module with its language where there is none */
    CST_LEAKS_BY_SITE,   /**< the place itself: function and line, or module and offset */
};

/** Words for enum cst_leak_by, in its order, then NULL. */
extern const char *const cst_leak_by_words[];

/** An amount of leaks. */
struct cst_leak_amount {
    uint64_t blocks, bytes;
};

/** One row. */
struct cst_leak_row {
    const char *name;     /**< to be read */
    struct cst_bill bill; /**< of the first leak in it; what rows are made by is the same for all */
    struct cst_leak_amount total;
    struct cst_leak_amount classes[CST_LEAK_CLASSES];
};

/** Most bytes first, then most blocks, then by name. */
struct cst_leak_table {
    enum cst_leak_by by;
    struct cst_leak_row *rows;
    size_t count;
    struct cst_leak_row sum; /**< of all rows; without a name */
};

/** Makes the table of `count` groups, which are leaks, in the arena. */
struct cst_leak_table cst_leak_table_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                          const struct cst_group *const *groups, size_t count, enum cst_leak_by by);

#endif
