/* A plugin that is linked with Custody, too; and calls it before the constructors of its copy have run. */
#include <stdio.h>
#include <string.h>

#include <custody/custody.h>

static custody_side early;

#pragma GCC diagnostic ignored "-Wprio-ctor-dtor"
__attribute__((constructor(99))) static void begin(void)
{
    if (custody_side_register("early", CUSTODY_LANG_C, &early) != CUSTODY_STATUS_OK)
        puts("not running");
}

/* Whether this copy knows the object of another, by the type of that name. */
static int knows(const void *object)
{
    custody_type token;
    return custody_type_register(early, "token", "end", CUSTODY_TYPE_PLAIN, &token) == CUSTODY_STATUS_OK &&
           custody_check(token, object);
}

void *visit(const void *block, const void *object, custody_side *out_host);

void *visit(const void *block, const void *object, custody_side *out_host)
{
    struct custody_description description;
    custody_side again;
    custody_side_register("host", CUSTODY_LANG_C, out_host);
    custody_side_register("early", CUSTODY_LANG_C, &again);
    custody_describe(block, &description);
    printf("seen by the plugin: %zu bytes, %s%s%s\n", description.size, description.side,
           again == early ? "" : ", but two sides of one name", object && knows(object) ? ", the object" : "");
    return custody_alloc(*out_host, 402, 0);
}
