/* Releases a block twice, a library's block itself, and leaks one. With an argument, does all of it right. */
#include <stdio.h>
#include <stdlib.h>

char *ledger_name(void);
void ledger_free(char *name);

static void __attribute__((noinline)) release(void *block)
{
    free(block); /* released here */
    __asm__ volatile("");
}

int main(int argc, char **argv)
{
    char *block = malloc(24);
    char *name = ledger_name();
    char line[16] = "";
    (void)argv;
    if (scanf("%15s", line) == 1) {
        printf("read %s\n", line);
    }
    release(block);
    if (argc > 1) {
        ledger_free(name);
        return 4;
    }
    release(block);
    release(name);
    block = malloc(99); /* never released */
    __asm__ volatile("" : : "r"(block));
    return 4;
}
