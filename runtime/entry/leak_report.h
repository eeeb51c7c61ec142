/* A report of leaks: the audit is made (core/leak.h), and what it finds becomes findings. At the end of the process, and
 * on request. Under the recursion guard. */
#ifndef CST_ENTRY_LEAK_REPORT_H
#define CST_ENTRY_LEAK_REPORT_H

#include "audit/audit.h"
#include "core/reach.h"

#include <stdint.h>

/** Looks for leaks and tells them, as full as the settings say. `when` as in struct cst_finding, `stack` as for
 * cst_leaks_find. Fills in the totals of the classes that have any blocks, worst first; returns how many there are. */
size_t cst_leak_report(const char *when, uintptr_t stack, struct cst_class_total out_totals[CST_REACH_CLASSES]);

/** A report on request, by a thread that is ready: cst_leak_report and the event `leaks`. */
size_t cst_leak_request(uintptr_t stack, struct cst_class_total out_totals[CST_REACH_CLASSES]);

#endif
