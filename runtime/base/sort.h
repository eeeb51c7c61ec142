/* Sorting in place, where libc's qsort will not do: it may allocate. A heap sort; no memory, no lock, any thread. */
#ifndef CST_BASE_SORT_H
#define CST_BASE_SORT_H

#include <stdbool.h>
#include <stddef.h>

/** Largest element, in bytes. */
#define CST_SORT_SIZE_MAX ((size_t)128)

/** Puts `count` elements of `size` bytes in order: `before(a, b)` says that `a` belongs in front of `b`. Elements of which
 * neither does may come in any order. */
void cst_sort(void *elements, size_t count, size_t size, bool (*before)(const void *a, const void *b));

#endif
