/* What a frame of a stack costs, each way to find it. Linked with the runtime's objects and calling them directly, as the
 * shims do: `door` stands for malloc. Prints nanoseconds a frame. */
#include "stack_frames.h"

#include "site/frame_rule.h"
#include "site/stack.h"

#include <stdio.h>
#include <time.h>

#define FRAMES_WALKED 16
#define DEPTH 20
#define CALLS 300000
#define ROUNDS 7

/* What is done with the stack of a call. */
typedef void use(uintptr_t first, uintptr_t frame);

static struct cst_stack_bounds bounds;
static uintptr_t frames[CST_STACK_FRAMES_MAX];
static use *current;
static volatile uintptr_t sink;
static double nanoseconds;

static void get(uintptr_t first, uintptr_t frame)
{
    sink = cst_stack_get(first, frame, &bounds, FRAMES_WALKED);
}

static void walk(uintptr_t first, uintptr_t frame)
{
    sink = cst_stack_walk(first, frame, &bounds, FRAMES_WALKED, frames);
}

static void make_rules(uintptr_t first, uintptr_t frame)
{
    static size_t count;
    if (count == 0)
        count = cst_stack_walk(first, frame, &bounds, FRAMES_WALKED, frames);
    for (size_t i = 0; i < count; i++)
        sink = cst_frame_rule_make(frames[i]);
}

static void nothing(uintptr_t first, uintptr_t frame)
{
    sink = first + frame;
}

static __attribute__((noinline)) void door(void)
{
    current((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0));
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void call_often(void)
{
    const unsigned calls = current == make_rules ? CALLS / 100 : CALLS;
    double begin = now();
    for (unsigned i = 0; i < calls; i++)
        door();
    nanoseconds = (now() - begin) / calls;
}

/* The least of several rounds: what disturbs a measurement makes it longer. */
static double least(void (*descend)(unsigned, void (*)(void)), use *what)
{
    double least = 1e9;
    current = what;
    for (unsigned round = 0; round < ROUNDS; round++) {
        descend(DEPTH, call_often);
        least = nanoseconds < least ? nanoseconds : least;
    }
    return least;
}

static void measure(const char *name, void (*descend)(unsigned, void (*)(void)))
{
    double base = least(descend, nothing);
    printf("%-24s", name);
    printf("  %8.2f", (least(descend, get) - base) / FRAMES_WALKED);
    printf("  %8.2f", (least(descend, walk) - base) / FRAMES_WALKED);
    printf("  %8.0f\n", least(descend, make_rules) / FRAMES_WALKED);
}

int main(void)
{
    bounds = cst_stack_bounds_get();
    printf("ns a frame                   guess      walk  first time\n");
    measure("frame pointers, tables", frames_with_both);
    measure("tables", frames_with_tables);
    measure("frame pointers", frames_with_pointers);
    return 0;
}
