/* Custody compiled out: the functions as the headers define them, made into functions that Rust can call. Hidden, so that
 * each module has its own; what they register is shared with C of the same process that is compiled so, too. */
#define CUSTODY_DISABLE
#define CUSTODY_API __attribute__((visibility("hidden")))
#include "custody/custody.h"
