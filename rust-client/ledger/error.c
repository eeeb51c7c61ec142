/* The library's version and its last error. The error is a buffer of each thread, so its caller has nothing to release. */
#include "internal.h"

#include <stdio.h>

static _Thread_local char last_error[128];

const char *ledger_version(void)
{
    return "1.0.0";
}

const char *ledger_last_error(void)
{
    return last_error;
}

enum ledger_status ledger_fail(enum ledger_status status, const char *reason)
{
    snprintf(last_error, sizeof(last_error), "%s", reason);
    return status;
}
