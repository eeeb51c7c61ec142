/* What numbers are numbers of; see numbered.h. */
#include "numbered.h"

#include "deed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
    [CST_NUMBERED_HANDLE] = "handle",
    [CST_NUMBERED_CALLBACK] = "callback",
    [CST_NUMBERED_LOAN] = "loan",
    [CST_NUMBERED_LEASE] = "lease",
};
#define WORD_COUNT (sizeof words / sizeof *words)

const char *cst_numbered_word(enum cst_numbered what)
{
    return words[what] ? words[what] : "number";
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool read_word(const char *text, size_t length, enum cst_numbered *out_what)
{
    if (length == strlen("object") && begins(text, "object")) {
        *out_what = CST_NUMBERED_HANDLE;
        return true;
    }
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (words[i] && strlen(words[i]) == length && begins(text, words[i])) {
            *out_what = (enum cst_numbered)i;
            return true;
        }
    }
    return false;
}

bool cst_numbered_read(const char *text, enum cst_numbered *out_what, uint64_t *out_number)
{
    const char *colon = strchr(text, ':');
    *out_what = CST_NUMBERED_ANY;
    if (colon && !read_word(text, (size_t)(colon - text), out_what)) {
        return false;
    }
    const char *digits = colon ? colon + 1 : text;
    char *end = NULL;
    errno = 0;
    *out_number = strtoull(digits, &end, 10);
    return *digits >= '0' && *digits <= '9' && *end == '\0' && errno == 0 && *out_number != 0;
}

enum cst_numbered cst_numbered_deed(const char *event, const char *deed)
{
    if (strcmp(event, "lend") == 0) {
        return CST_NUMBERED_LOAN;
    }
    if (strcmp(event, "lease") == 0) {
        return CST_NUMBERED_LEASE;
    }
    return cst_deed_is_of_callback(deed) ? CST_NUMBERED_CALLBACK : CST_NUMBERED_HANDLE;
}

/* A loan that is out is what stands in the way of a release or of another loan. */
static bool is_about_loan(const char *kind)
{
    return strcmp(kind, custody_finding_name(CUSTODY_FINDING_RELEASED_WHILE_LENT)) == 0 ||
           strcmp(kind, custody_finding_name(CUSTODY_FINDING_LEND_CONFLICT)) == 0 ||
           strcmp(kind, custody_finding_name(CUSTODY_FINDING_LEND_OUTLIVED)) == 0;
}

enum cst_numbered cst_numbered_finding(const struct cst_log_finding *finding)
{
    const char *call = finding->has_by ? finding->by.call : "";
    if (finding->told.has_capacity || begins(call, "custody_lease_")) {
        return CST_NUMBERED_LEASE;
    }
    if (is_about_loan(finding->kind)) {
        return CST_NUMBERED_LOAN;
    }
    bool is_callback = cst_deed_is_callback(&finding->told) || begins(call, "custody_callback_");
    return is_callback ? CST_NUMBERED_CALLBACK : CST_NUMBERED_HANDLE;
}

bool cst_numbered_is(const struct cst_log_interest *interest, enum cst_numbered what, uint64_t number)
{
    return interest->has_number && number == interest->number &&
           (interest->numbered == CST_NUMBERED_ANY || interest->numbered == what);
}
