/* Room on the stack. A program may end, or ask for its leaks, where little is left: in a handler on a small signal stack,
 * on a thread's or a coroutine's. What takes more than a call of malloc does is then done on a stack of our own. */
#ifndef CST_ENTRY_ROOM_H
#define CST_ENTRY_ROOM_H

/** Calls `function` with `argument`: on the present stack when that is known to have enough room left, or when there is no
 * memory for another. By a thread that is ready, which needs some 512 bytes for it. */
void cst_room_call(void (*function)(void *argument), void *argument);

#endif
