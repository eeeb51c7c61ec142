/* Keeps a compiler from knowing what a pointer is: allocations and releases stay in the program as written, also at
 * -O2. No code is left of it. */
#ifndef SCENARIO_KEEP_H
#define SCENARIO_KEEP_H

static inline void *keep(void *pointer)
{
    void *same = pointer;
    __asm__ volatile("" : "+r"(same) : : "memory");
    return same;
}

#endif
