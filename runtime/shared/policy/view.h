/* Views: pieces of a text that somebody else owns, not terminated. No memory, no state. */
#ifndef CST_POLICY_VIEW_H
#define CST_POLICY_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/** `length` bytes at `bytes`; NULL bytes: there is no such text, which differs from an empty one. */
struct cst_view {
    const char *bytes;
    size_t length;
};

/** All of a terminated string; no text for NULL. */
static inline struct cst_view cst_view_of(const char *string)
{
    return (struct cst_view){.bytes = string, .length = string ? strlen(string) : 0};
}

/** True when both hold the same bytes. */
static inline bool cst_view_equals(struct cst_view a, struct cst_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

#endif
