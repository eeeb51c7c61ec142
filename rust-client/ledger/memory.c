/* Copies that the library makes for its callers, and their release functions. Each release function is a bare call of
 * free(), which an optimising compiler turns into a jump: whoever looks at the return address alone takes the caller of
 * ledger_string_free for the one who called free(). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

void *ledger_bytes_copy(const void *bytes, size_t length)
{
    void *copy = malloc(length > 0 ? length : 1);
    if (copy == NULL) {
        ledger_fail(LEDGER_ERROR_MEMORY, "no memory for a copy");
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

char *ledger_string_copy(const char *string)
{
    return ledger_bytes_copy(string, strlen(string) + 1);
}

char *ledger_account_owner_copy(const struct ledger_account *account)
{
    return strdup(account->owner);
}

void ledger_string_free(char *string)
{
    free(string);
}

void ledger_bytes_free(void *bytes)
{
    free(bytes);
}

void ledger_balances_free(int64_t *balances)
{
    free(balances);
}
