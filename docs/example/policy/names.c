#include <stdlib.h>
#include <string.h>

char *names_first(void)
{
    return strdup("Ada");
}

void names_close(char *buffer)
{
    free(buffer);
}
