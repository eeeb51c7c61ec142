/* Looking for words that may be pointers, for a mark (reach.h): in blocks, and in the memory of roots. */
#ifndef CST_CORE_REACH_SCAN_H
#define CST_CORE_REACH_SCAN_H

#include "core/reach.h"

/** Takes a word that lies in the heap's range, on its way to what it points to. reach.c's. */
void cst_reach_put(struct cst_reach *reach, const struct cst_reach_word *word);

/** Looks through the `size` bytes of the block that starts at `start`, of the side `holder`. What points into the block
 * itself is passed over. */
void cst_reach_scan_block(struct cst_reach *reach, uintptr_t start, size_t size, uint16_t holder);

#endif
