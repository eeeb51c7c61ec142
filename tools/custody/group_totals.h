/* Totals of sides and crossings, summed per program over its processes. Part of making groups (group.h). */
#ifndef CST_TOOL_GROUP_TOTALS_H
#define CST_TOOL_GROUP_TOTALS_H

#include "group.h"

/** Fills groups->programs from the log. */
void cst_group_totals(struct cst_groups *groups, const struct cst_log *log);

#endif
