/* Setting up the policy: see policy_setup.h. */
#include "entry/policy_setup.h"

#include "audit/audit.h"
#include "audit/say.h"
#include "core/policy.h"

#include <errno.h>

static void keep_first(const struct cst_policy_error *error, void *data)
{
    struct cst_policy_error *first = data;
    if (first->line == 0)
        *first = *error;
}

static void say_errors(const char *path, const struct cst_policy_error *first)
{
    size_t more = cst_policy_errors() - 1;
    if (more == 0)
        cst_audit_say("policy %s:%u:%u: %s; no rule of it applies", path, first->line, first->column, first->why);
    else
        cst_audit_say("policy %s:%u:%u: %s; %zu more error%s, see `custody policy`; no rule of it applies", path,
                      first->line, first->column, first->why, more, more == 1 ? "" : "s");
}

static const char *reason(int error)
{
    if (error == EINVAL)
        return "not a regular file";
    return error == EFBIG ? "larger than 1 MiB" : cst_say_reason(error);
}

void cst_policy_setup(const char *path)
{
    struct cst_policy_error first = {.line = 0};
    if (!path[0])
        return;
    int result = cst_policy_load(path, keep_first, &first);
    if (result == CST_POLICY_HAS_ERRORS)
        say_errors(path, &first);
    else if (result < 0)
        cst_audit_say("setting 'policy': cannot read '%s': %s; no rule of it applies", path, reason(-result));
}
