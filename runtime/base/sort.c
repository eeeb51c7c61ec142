/* Sorting in place: see sort.h. */
#include "base/sort.h"

#include <string.h>

struct sorting {
    char *elements;
    size_t size;
    bool (*before)(const void *a, const void *b);
};

static char *at(const struct sorting *sorting, size_t index)
{
    return sorting->elements + index * sorting->size;
}

static void swap(const struct sorting *sorting, size_t a, size_t b)
{
    char kept[CST_SORT_SIZE_MAX];
    memcpy(kept, at(sorting, a), sorting->size);
    memcpy(at(sorting, a), at(sorting, b), sorting->size);
    memcpy(at(sorting, b), kept, sorting->size);
}

/* Lets the element at `root` sink to its place among the first `count`, of which each belongs behind those below it. */
static void sink(const struct sorting *sorting, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && sorting->before(at(sorting, child), at(sorting, child + 1)))
            child++;
        if (!sorting->before(at(sorting, root), at(sorting, child)))
            return;
        swap(sorting, root, child);
    }
}

void cst_sort(void *elements, size_t count, size_t size, bool (*before)(const void *a, const void *b))
{
    const struct sorting sorting = {.elements = elements, .size = size, .before = before};
    for (size_t root = count / 2; root-- > 0;)
        sink(&sorting, root, count);
    for (size_t last = count; last-- > 1;) {
        swap(&sorting, 0, last);
        sink(&sorting, 0, last);
    }
}
