/* The parts of a JSON report that are about leaks as a whole, and the values that all parts are made of. Each result is a
 * new reference. */
#ifndef CST_TOOL_JSON_LEAKS_H
#define CST_TOOL_JSON_LEAKS_H

#include "leak_table.h"
#include "leak_tree.h"

#include <jansson.h>

/** A count. */
json_t *cst_json_number(uint64_t value);

/** A string; null for NULL. */
json_t *cst_json_text(const char *value);

/** Who pays: what is not known is null. */
json_t *cst_json_bill(const struct cst_bill *bill);

/** {"by", "rows", "total"}. */
json_t *cst_json_leak_table(const struct cst_leak_table *table);

/** A branch and those that fork from it, {"calls", "file", "line", "blocks", "bytes", "share", "children"}: the calls up to
 * the fork, and the place where they end in one. The root has no calls. `total` is the bytes of the root. */
json_t *cst_json_leak_node(const struct cst_leak_node *node, uint64_t total);

#endif
