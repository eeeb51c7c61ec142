/* Room on the stack: see room.h. */
#include "entry/room.h"

#include "core/stacks.h"
#include "core/thread.h"
#include "plat/aside.h"
#include "plat/own.h"
#include "plat/process.h"
#include "site/stack_place.h"

/* What is done takes less than a third of this; handlers of the program's may run on top of it. */
#define ENOUGH ((size_t)64 << 10)
#define SIZE ((size_t)256 << 10)

/* Bytes left below `here`; 0 when it is not known what stack this is. */
static size_t room_below(uintptr_t here)
{
    if (cst_process_on_signal_stack(here))
        return here - cst_process_signal_stack();
    return cst_stack_holds(&cst_thread.bounds, here) ? here - cst_thread.bounds.lo : 0;
}

struct work {
    void (*function)(void *argument);
    void *argument;
};

/* Begins and ends with every signal held back. */
static void work_off_signal_stack(void *data)
{
    const struct work *work = data;
    struct cst_signal_stack before;
    cst_process_drop_signal_stack(&before);
    (void)!cst_process_block_signals();
    work->function(work->argument);
    (void)!cst_process_block_halt();
    cst_process_put_signal_stack(&before);
}

/* A signal that is to be handled on the stack for signals would be handled from its upper end on, over the frames that were
 * left there: the kernel sees that the thread is not on it. So it has none meanwhile. Nor are other signals of the program's
 * handled than faults, for a handler that leaves by a jump would leave the thread without. */
static void leave_signal_stack(struct work *work, uintptr_t top)
{
    cst_signals blocked = cst_process_block_halt();
    cst_aside_call(work_off_signal_stack, work, top);
    cst_process_restore_signals(blocked);
}

void cst_room_call(void (*function)(void *argument), void *argument)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct work work = {function, argument};
    char *stack = room_below(here) < ENOUGH ? cst_own_map(SIZE) : NULL;
    if (!stack) {
        function(argument);
        return;
    }
    unsigned place = cst_stacks_leave(here);
    if (cst_process_on_signal_stack(here))
        leave_signal_stack(&work, (uintptr_t)stack + SIZE);
    else
        cst_aside_call(function, argument, (uintptr_t)stack + SIZE);
    cst_stacks_come_back(place);
    cst_own_unmap(stack, SIZE);
}
