/* mimalloc in the place of libc's allocator: its own functions may be mixed with malloc and free.
 *
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin -pthread -Wl,--no-as-needed -lmimalloc
 * @run freed
 * @expect cross-allocator-free note inferred owner=$prog/c/mi_malloc by=$prog/c/malloc call=free size=61
 * @run reallocated
 * @expect cross-allocator-free note inferred owner=$prog/c/mi_malloc by=$prog/c/malloc call=realloc size=62
 * @run taken
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_free size=63
 * @run grown
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_realloc size=64
 * @run copied
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_free size=39
 * @run twice
 * @expect double-free error exact owner=$prog/c/mi_malloc by=$prog/c/mi_malloc call=mi_free size=65 first=$prog
 * @run copy-to-free
 * @expect cross-allocator-free note inferred owner=$prog/c/mi_malloc by=$prog/c/malloc call=free advice=mi_free alloc=$prog
 * @run copies
 * @run arrays
 * @run heaps
 * @run outs
 * @run measured-by-libc
 * @run good
 */
#include "mimalloc_runs.h"
