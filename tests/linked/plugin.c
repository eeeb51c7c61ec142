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

void *visit(const void *block, custody_side *out_host);

void *visit(const void *block, custody_side *out_host)
{
    struct custody_description description;
    custody_side again;
    custody_side_register("host", CUSTODY_LANG_C, out_host);
    custody_side_register("early", CUSTODY_LANG_C, &again);
    custody_describe(block, &description);
    printf("seen by the plugin: %zu bytes, %s%s\n", description.size, description.side,
           again == early ? "" : ", but two sides of one name");
    return custody_alloc(*out_host, 402, 0);
}
