/* Policy files, as far as this version knows them: readable, and without rules. */
#ifndef CST_TOOL_POLICY_FILE_H
#define CST_TOOL_POLICY_FILE_H

#include <stdbool.h>

/** True when the file at `path` can be read and holds blank lines and #-comments only; otherwise a message says what is
 * wrong, with file and line. */
bool cst_policy_file_check(const char *path);

#endif
