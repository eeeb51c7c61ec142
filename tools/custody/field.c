/* Fields with defaults; see field.h. */
#include "field.h"

#include <errno.h>
#include <stdlib.h>

const char *cst_field_text(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : otherwise;
}

bool cst_field_number(const json_t *object, const char *name, uint64_t *out_number)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *out_number = (uint64_t)json_integer_value(value);
    return true;
}

uint64_t cst_field_count(const json_t *object, const char *name)
{
    uint64_t number = 0;
    (void)cst_field_number(object, name, &number);
    return number;
}

uint64_t cst_field_address(const json_t *object, const char *name)
{
    const char *text = cst_field_text(object, name, "");
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 16);
    return *end == '\0' && errno == 0 ? number : 0;
}
