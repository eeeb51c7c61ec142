/* C callers of an API that Rust exports: one believes that every string goes to free(), the other reads the manual. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

size_t caller_greeting_to_free(size_t length)
{
    char *greeting = client_greeting(length);
    size_t measured = strlen(greeting);
    free(greeting);
    return measured;
}

size_t caller_greeting_back(size_t length)
{
    char *greeting = client_greeting(length);
    size_t measured = strlen(greeting);
    client_greeting_free(greeting);
    return measured;
}
