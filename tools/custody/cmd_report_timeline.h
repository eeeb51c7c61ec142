/* `custody report --block` and `--handle`: what logs hold about one thing. A part of cmd_report.c. */
#ifndef CST_TOOL_CMD_REPORT_TIMELINE_H
#define CST_TOOL_CMD_REPORT_TIMELINE_H

#include "timeline.h"

/** Reads the values of the options, as they stand on the command line; NULL where they do not. False, with a message, for
 * what is no address, no number, or both. */
bool cst_report_timeline_read(const char *block, const char *handle, struct cst_log_interest *out_interest);

/** Prints the timeline of a log that was read with that interest; says on stderr when there is nothing to print. False when
 * it could not be written. */
bool cst_report_timeline(const struct cst_timeline_wish *wish, bool json, const struct cst_log *log);

#endif
