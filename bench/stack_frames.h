/* The ways that stack_frames.c is compiled. */
#ifndef BENCH_STACK_FRAMES_H
#define BENCH_STACK_FRAMES_H

/** Calls `work` below `depth` frames: of code with frame pointers and exception tables; with tables alone; with frame
 * pointers alone. */
void frames_with_both(unsigned depth, void (*work)(void));
void frames_with_tables(unsigned depth, void (*work)(void));
void frames_with_pointers(unsigned depth, void (*work)(void));

#endif
