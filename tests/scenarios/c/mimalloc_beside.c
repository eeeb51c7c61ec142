/* mimalloc beside libc's allocator, which comes first: each knows its own blocks only.
 *
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin -pthread -Wl,--no-as-needed -lc -lmimalloc
 * @run freed
 * @expect cross-allocator-free error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=free size=61 advice=mi_free alloc=$prog release=$prog
 * @run reallocated
 * @expect cross-allocator-free error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=realloc size=62 advice=mi_free
 * @run taken
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_free size=63 advice=free
 * @run grown
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_realloc size=64 advice=free
 * @run copied
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mi_malloc call=mi_free size=39 advice=free
 * @run twice
 * @expect double-free error exact owner=$prog/c/mi_malloc by=$prog/c/mi_malloc call=mi_free size=65 first=$prog
 * @run copy-to-free
 * @expect cross-allocator-free error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=free advice=mi_free alloc=$prog
 * @run copies
 * @run arrays
 * @run heaps
 * @run outs
 * @run owned
 * @run measured-by-libc
 * @run good
 */
#include "mimalloc_runs.h"
