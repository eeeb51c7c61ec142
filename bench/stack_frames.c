/* Frames to walk over: a function that calls itself, named FRAMES. It is compiled several ways (build.mk), which is all
 * that the measurement in stacks.c is about. */
#include "stack_frames.h"

void FRAMES(unsigned depth, void (*work)(void))
{
    if (depth == 0)
        work();
    else
        FRAMES(depth - 1, work);
    __asm__ volatile(""); /* keeps the call from becoming a jump */
}
