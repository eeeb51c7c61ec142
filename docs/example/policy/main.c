#include <stdio.h>
#include <stdlib.h>

char *names_first(void);
void names_close(char *buffer);

int main(void)
{
    char *name = names_first();
    char *buffer = malloc(64);
    snprintf(buffer, 64, "hello, %s", name);
    puts(buffer);
    free(name);
    names_close(buffer);
    return 0;
}
