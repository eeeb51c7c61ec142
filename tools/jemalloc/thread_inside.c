/* What jemalloc keeps for each thread, where jemalloc has put it: in static thread-local storage. For the preloaded library,
 * which is there when the program starts. See je.h for the contracts. */
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern CST_THREAD_LOCAL char je_tsd_tls[];
extern const size_t cst_je_thread_state_size;
uintptr_t cst_je_thread_state(void);
bool cst_je_thread_begin(void);

/* As the archive says it. */
const size_t cst_je_thread_state_size = CST_JE_THREAD_STATE_SIZE;

uintptr_t cst_je_thread_state(void)
{
    return (uintptr_t)je_tsd_tls;
}

bool cst_je_thread_begin(void)
{
    return true;
}
