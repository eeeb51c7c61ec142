/* Crossings: how often blocks of one side were released by another. A fixed table without locks; when it is full further
 * pairs are not counted. */
#ifndef CST_CORE_CROSSING_H
#define CST_CORE_CROSSING_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Distinct crossings that are told apart. */
#define CST_CROSSING_MAX 2048

struct cst_crossing {
    uint16_t from, to; /**< sides: owner, releaser */
    enum custody_contract contract;
    uint64_t count;
    bool allowed; /**< false when any of them was reported */
};

/** Where a crossing is counted. */
#define CST_CROSSING_NONE UINT32_MAX

/** Counts one release of a block of `from` by `to`. Any thread. Returns where that was counted, for cst_crossing_again;
 * CST_CROSSING_NONE when it was not. */
uint32_t cst_crossing_count(uint16_t from, uint16_t to, enum custody_contract contract, bool allowed);

/** The count at each place. */
extern _Atomic uint64_t cst_crossing_counts[2 * CST_CROSSING_MAX];

/** Counts another one that is allowed. */
CST_INLINE void cst_crossing_again(uint32_t place)
{
    atomic_fetch_add_explicit(&cst_crossing_counts[place], 1, memory_order_relaxed);
}

/** Writes up to CST_CROSSING_MAX crossings; returns how many. */
unsigned cst_crossing_list(struct cst_crossing out_crossings[CST_CROSSING_MAX]);

/** After fork, in the child: starts anew. */
void cst_crossing_after_fork(void);

#endif
