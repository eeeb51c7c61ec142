/* What a text report says of releases by another side that are merely noted, as C++'s containers make them by the hundred when
 * they pass from library to library: a line for each pair of sides. */
#ifndef CST_TOOL_TEXT_CROSSINGS_H
#define CST_TOOL_TEXT_CROSSINGS_H

#include "paint.h"
#include "report.h"

/** Prints the lines that the wish leaves; nothing when there are none. */
void cst_text_crossings_print(const struct cst_canvas *canvas, const struct cst_report_wish *wish,
                              const struct cst_groups *groups);

#endif
