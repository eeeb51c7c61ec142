/* A library whose results the program releases wrongly. */
#include <stdlib.h>
#include <string.h>

char *ledger_name(void)
{
    return strdup("ledger");
}

void ledger_free(char *name)
{
    free(name);
}
