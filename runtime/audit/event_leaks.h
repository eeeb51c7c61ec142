/* Totals of leaks, as they stand in more than one event. */
#ifndef CST_AUDIT_EVENT_LEAKS_H
#define CST_AUDIT_EVENT_LEAKS_H

#include "audit/audit.h"
#include "audit/json.h"

/** Writes the member `leaks`: an object with the blocks and bytes of each class. */
void cst_leaks_write(struct cst_json *json, const struct cst_class_total *totals, size_t count);

#endif
