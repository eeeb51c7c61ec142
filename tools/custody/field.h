/* Fields of a JSON object from a log, with defaults: a wrong type reads as a missing field. Strings belong to the JSON
 * object. No state. */
#ifndef CST_TOOL_FIELD_H
#define CST_TOOL_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** Text of `name`, or `otherwise`. */
const char *cst_field_text(const json_t *object, const char *name, const char *otherwise);

/** Non-negative integer `name` (a negative one reads as missing); false and untouched when missing. */
bool cst_field_number(const json_t *object, const char *name, uint64_t *out_number);

/** As cst_field_number, 0 when missing. */
uint64_t cst_field_count(const json_t *object, const char *name);

/** Text "0x..." of `name` as a number; 0 when missing or malformed. */
uint64_t cst_field_address(const json_t *object, const char *name);

#endif
