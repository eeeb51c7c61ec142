/* Live blocks: what has not been released, summed by side, contract and allocation stack. Blocks that a parent process
 * made before a fork are not counted, nor are the runtime's own. Reads tags of a running process: other threads may go
 * on meanwhile, and what they do then may or may not be seen. Under the recursion guard. */
#ifndef CST_CORE_LIVE_H
#define CST_CORE_LIVE_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Live blocks with one side, contract and allocation stack. */
struct cst_live {
    uint16_t side;
    enum custody_contract contract;
    uint32_t stack; /**< 0 when summed over all stacks */
    size_t blocks, bytes;
    uintptr_t example; /**< start of one of them */
    size_t example_size;
};

/** Calls `visit` with each sum, most bytes first; `by_stack` false sums over stacks too. Returns how many sums there
 * were; when memory for the sums runs out, later sites are summed into earlier ones' stack 0. */
size_t cst_live_each(bool by_stack, void (*visit)(const struct cst_live *live, void *data), void *data);

#endif
