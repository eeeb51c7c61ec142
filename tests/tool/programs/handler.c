/* Without frame pointers: releases a block twice in a signal handler that interrupts a callback of the C library. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) void release(void *block)
{
    free(block);
    __asm__ volatile(""); /* no tail call */
}

static void on_signal(int number)
{
    void *block = malloc(40 + (size_t)number);
    release(block);
    release(block);
}

static int compare(const void *left, const void *right)
{
    raise(SIGUSR1);
    return *(const int *)left - *(const int *)right;
}

int main(void)
{
    int numbers[] = {2, 1};
    signal(SIGUSR1, on_signal);
    qsort(numbers, 2, sizeof *numbers, compare);
    printf("%d\n", numbers[0]);
    return 0;
}
