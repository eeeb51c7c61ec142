/* JSON objects and arrays in a fixed buffer. Every member and element is written wholly or not at all, and whatever was
 * opened can be closed, so that the result is valid however much had to be left out; what was left out is marked with
 * "truncated":true. Places commas itself. No allocation, no locks; one writer per buffer. */
#ifndef CST_AUDIT_JSON_H
#define CST_AUDIT_JSON_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How deep objects and arrays may nest, the outermost included. */
#define CST_JSON_DEPTH_MAX 8

/** A JSON text under construction. */
struct cst_json {
    struct cst_text text;
    unsigned skipped; /**< opened objects and arrays that did not fit: what is put into them is ignored */
};

/** Starts with the object that everything goes into. `size` is at least 64 bytes. */
void cst_json_init(struct cst_json *json, char *bytes, size_t size);

/** Closes the outermost object, marks it when something was left out, and ends the line. */
void cst_json_finish(struct cst_json *json);

/** Opens an object ('{') or an array ('['). As all below: `key` is NULL for an element of an array. */
void cst_json_open(struct cst_json *json, const char *key, char bracket);

/** Closes what was opened last with '}' or ']'; always possible. */
void cst_json_close(struct cst_json *json, char bracket);

/** A string; of any bytes, see cst_text_json. NULL is the empty string. */
void cst_json_string(struct cst_json *json, const char *key, const char *value);

void cst_json_unsigned(struct cst_json *json, const char *key, uint64_t value);
void cst_json_signed(struct cst_json *json, const char *key, int64_t value);
void cst_json_bool(struct cst_json *json, const char *key, bool value);
void cst_json_null(struct cst_json *json, const char *key);

/** A string "0x..." of hexadecimal digits. */
void cst_json_hex(struct cst_json *json, const char *key, uint64_t value);

/** A string of exactly 16 hexadecimal digits. */
void cst_json_digest(struct cst_json *json, const char *key, uint64_t value);

/** A number of seconds with six decimals, from nanoseconds. */
void cst_json_seconds(struct cst_json *json, const char *key, uint64_t nanoseconds);

/** Where an element of several members begins. */
CST_MUST_USE struct cst_text_mark cst_json_mark(const struct cst_json *json);

/** True when all of the element since `mark` fitted; otherwise takes all of it back. */
bool cst_json_keep(struct cst_json *json, struct cst_text_mark mark);

/** Takes back the element since `mark`, whether it fitted or not, as something that was left out. */
void cst_json_drop(struct cst_json *json, struct cst_text_mark mark);

#endif
