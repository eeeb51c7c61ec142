/* Suppression files: LeakSanitizer's as they are, and lines of our own (custody-suppressions(7)). */
#ifndef CST_TOOL_SUPPRESSION_FILE_H
#define CST_TOOL_SUPPRESSION_FILE_H

#include "suppression.h"

/** Adds the lines of the file at `path`. Lines of other sanitizers are left out, with a note. False, after a message for
 * each thing that is wrong ("PATH:LINE:COLUMN: ..."), when it cannot be read or a line is not understood. */
bool cst_suppression_file_read(struct cst_suppressions *suppressions, const char *command, const char *path);

/** The same for several files; all are read, so that all errors are told. */
bool cst_suppression_files_read(struct cst_suppressions *suppressions, const char *command, const char *const *paths,
                                size_t count);

#endif
