/* Messages about a policy file: short texts in a buffer of fixed size, cut where it ends. No memory, no state. */
#ifndef CST_POLICY_MESSAGE_H
#define CST_POLICY_MESSAGE_H

#include "policy/view.h"

/** A message under construction; `bytes[length]` is 0. */
struct cst_message {
    char *bytes;
    size_t size, length;
};

/** Begins an empty message in `bytes[size]`; size > 0. */
struct cst_message cst_message_begin(char *bytes, size_t size);

/** Appends a string, or as much of it as fits. */
void cst_message_add(struct cst_message *message, const char *string);

/** Appends a piece of a file in single quotes, made printable and at most 60 bytes of it; whole characters of UTF-8. */
void cst_message_quote(struct cst_message *message, struct cst_view piece);

#endif
