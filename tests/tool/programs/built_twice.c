/* Leaks and releases a block twice, in functions that another build puts elsewhere: MOVED has other code in front of them,
 * and its own numbers for the lines that follow, as an unchanged file has them. WORSE leaks more, FIXED nothing. */
#include <stdlib.h>
#include <string.h>

#ifdef MOVED
int in_front(int number)
{
    int sum = 0;
    for (int i = 0; i < number; i++) {
        sum += i * number;
    }
    return sum;
}

int more_in_front(int number)
{
    return in_front(number) * in_front(number + 1);
}
#endif

#line 100
static char *__attribute__((noinline)) make_entry(size_t size)
{
    char *entry = malloc(size);
    memset(entry, 1, size);
    return entry;
}

static void lose_entry(size_t size)
{
    char *entry = make_entry(size);
    __asm__ volatile("" : : "r"(entry) : "memory");
}

static void release_twice(char *entry)
{
    free(entry);
    __asm__ volatile("");
    free(entry);
    __asm__ volatile("");
}

int main(void)
{
#ifndef FIXED
    lose_entry(100);
#ifdef WORSE
    lose_entry(77);
#endif
#endif
    release_twice(make_entry(24));
    return 0;
}
