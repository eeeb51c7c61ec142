/* Room on the stack: see room.h. */
#include "entry/room.h"

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

void cst_room_call(void (*function)(void *argument), void *argument)
{
    size_t room = room_below((uintptr_t)__builtin_frame_address(0));
    char *stack = room < ENOUGH ? cst_own_map(SIZE) : NULL;
    if (!stack) {
        function(argument);
        return;
    }
    cst_aside_call(function, argument, (uintptr_t)stack + SIZE);
    cst_own_unmap(stack, SIZE);
}
