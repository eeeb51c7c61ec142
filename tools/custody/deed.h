/* Deeds of the ownership API as reports tell them: the moments of a history in words. */
#ifndef CST_TOOL_DEED_H
#define CST_TOOL_DEED_H

#include "audit_log.h"

/** A moment in words, in the arena: "handed over to client (c) by libledger.so (c)". */
const char *cst_deed_words(struct cst_arena *arena, const struct cst_log_moment *moment);

/** The last moment of a history with this deed; NULL when there is none. */
const struct cst_log_moment *cst_deed_last(const struct cst_log_told *told, const char *deed);

/** True for deeds that only callbacks meet with. */
bool cst_deed_is_of_callback(const char *deed);

/** True when the finding is about a callback, as its history begins. */
bool cst_deed_is_callback(const struct cst_log_told *told);

/** True for names of functions of the ownership API: what is called there releases nothing by itself. */
bool cst_deed_is_api(const char *call);

/** True when two stacks are one. */
bool cst_deed_same_stack(const struct cst_log_stack *a, const struct cst_log_stack *b);

#endif
