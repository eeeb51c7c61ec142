/* Leaks on request by a signal (setting `leak_signal`). A handler may do little, whatever it interrupted; so a thread of the
 * runtime's own waits for it and looks for leaks in its stead. Only with this setting does the runtime have a thread. */
#ifndef CST_ENTRY_LEAK_SIGNAL_H
#define CST_ENTRY_LEAK_SIGNAL_H

/** Sets up the handler and the thread when the setting asks for it, once libc is ready for threads. A bad name is said. */
void cst_leak_signal_start(void);

/** After fork, in the child: the thread is the parent's, so the child gets one of its own. */
void cst_leak_signal_after_fork(void);

#endif
