/* Policy files; see policy_file.h. */
#include "policy_file.h"

#include "line_source.h"
#include "say.h"

#include <errno.h>
#include <string.h>

static bool check_lines(struct cst_line_source *lines, const char *path)
{
    while (cst_line_source_next(lines)) {
        char first = lines->buffer[strspn(lines->buffer, " \t\r")];
        if (first != '\0' && first != '#') {
            cst_say("%s:%lu: policy rules are not supported by this version", path, lines->number);
            return false;
        }
    }
    if (ferror(lines->file)) {
        cst_say("run: cannot read the policy %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

bool cst_policy_file_check(const char *path)
{
    struct cst_line_source lines = {.file = fopen(path, "re")};
    if (!lines.file) {
        cst_say("run: cannot read the policy %s: %s", path, strerror(errno));
        return false;
    }
    bool ok = check_lines(&lines, path);
    cst_line_source_free(&lines);
    fclose(lines.file);
    return ok;
}
