/* What functions that hand control on by jumps were found to do: many call sites call the same ones (a library's own free), and
 * reading one again takes as long as the first time. Kept only where nothing can change the answer but a module that comes
 * or goes; a newcomer takes the place of another. */
#ifndef CST_SITE_CALLSITE_MEMO_H
#define CST_SITE_CALLSITE_MEMO_H

#include "site/callsite_tail.h"

/** As cst_tail_trace, from memory when the same was asked before. Any thread; takes a lock of its own, holding it across no
 * other call. */
struct cst_tail cst_memo_trace(const struct cst_landing *start, const struct cst_goal *goal,
                               struct cst_grounds *grounds);

/** Forgets everything: a module was unloaded, whose code may have been read. */
void cst_memo_forget(void);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_memo_after_fork(void);

#endif
