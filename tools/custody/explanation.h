/* What each kind of finding means: the sections of docs/findings.md, turned into C by explanation.awk at build time.
 * A kind without a section, or a section without a kind, does not compile. */
#ifndef CST_TOOL_EXPLANATION_H
#define CST_TOOL_EXPLANATION_H

#include "custody/words.h"

/** The section of each kind, without its heading, by enum custody_finding_kind. */
extern const char *const cst_explanations[CUSTODY_FINDING_COUNT];

/** The kind whose name is closest to `word`, by edit distance; for "did you mean". */
enum custody_finding_kind cst_explanation_nearest(const char *word);

/** The kind called `word`; CUSTODY_FINDING_COUNT when there is none. */
enum custody_finding_kind cst_explanation_kind(const char *word);

#endif
