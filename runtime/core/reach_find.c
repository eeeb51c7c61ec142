/* What a word points to: see reach_find.h. */
#include "core/reach_find.h"

#include "site/allocator.h"

#include <string.h>

/* A slot is as wide as the largest power of two not above the size class, so a block reaches into at most two slots
 * behind the one it starts in. */
#define SLOTS_BACK 2

/* The last live block of `page` that starts at or before `address`, which lies in the page; NULL when there is none among
 * those that could reach it. */
static struct cst_tag *last_start(uintptr_t page, uintptr_t address, uintptr_t *out_start)
{
    uint8_t density = cst_tag_page_density(page);
    struct cst_tag *first = cst_tag_slot(page, density), *at = cst_tag_slot(address, density);
    for (unsigned back = 0; back <= SLOTS_BACK && at >= first; back++, at--)
        if (cst_tag_state(at) == CST_STATE_LIVE && (*out_start = cst_tag_start_in(page, at)) <= address)
            return at;
    return NULL;
}

struct cst_tag *cst_reach_find_before(const struct cst_reach *reach, uintptr_t address, uintptr_t *out_start)
{
    uintptr_t page = cst_reach_page_of(address);
    struct cst_tag *tag = last_start(page, address, out_start);
    size_t index = (page - cst_shadow.base) >> CST_PAGE_SHIFT;
    if (tag || index >= reach->pages || reach->heads[index] == 0)
        return tag;
    page -= (size_t)reach->heads[index] << CST_PAGE_SHIFT;
    return last_start(page, page + CST_PAGE_SIZE - 1, out_start);
}

/* The first of `ranges` that ends behind `address`; they are in order. */
static size_t first_behind(const struct cst_reach_range *ranges, size_t count, uintptr_t address)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].hi <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool cst_reach_is_barred(const struct cst_reach *reach, uintptr_t lo, uintptr_t hi)
{
    size_t at = first_behind(reach->barred, reach->barred_count, lo);
    return at < reach->barred_count && reach->barred[at].lo < hi;
}

static bool is_in_image(const struct cst_reach *reach, uintptr_t address)
{
    size_t at = first_behind(reach->images, reach->image_count, address);
    return at < reach->image_count && reach->images[at].lo <= address;
}

static uintptr_t word_at(uintptr_t address)
{
    uintptr_t word;
    memcpy(&word, (const void *)address, sizeof word);
    return word;
}

/* An allocator that aligns by hand keeps the beginning of the block right in front of what it hands out. */
static bool has_header(uintptr_t start, size_t offset)
{
    return offset >= sizeof(uintptr_t) && word_at(start + offset - sizeof(uintptr_t)) == start;
}

/* Both base classes of an object begin with a pointer to a table in some module. */
static bool has_second_base(const struct cst_reach *reach, uintptr_t start, size_t size, size_t offset)
{
    return offset % sizeof(uintptr_t) == 0 && offset + sizeof(uintptr_t) <= size &&
           is_in_image(reach, word_at(start)) && is_in_image(reach, word_at(start + offset));
}

/* The characters of a string that is shared by counting (libstdc++'s old std::string, and its exceptions' messages), behind
 * length, capacity and count. */
static bool has_string_header(uintptr_t start, size_t size, size_t offset)
{
    const size_t header = 3 * sizeof(uintptr_t);
    return offset == header && word_at(start + sizeof(uintptr_t)) == size - header - 1 &&
           word_at(start) <= size - header - 1;
}

/* The number of elements, in front of an array whose elements have destructors (Itanium C++ ABI, 2.7). */
static bool has_cookie(size_t offset)
{
    return offset == sizeof(uintptr_t) || offset == 2 * sizeof(uintptr_t);
}

/* What an Arc or Rc holds, behind the counts of strong and weak references. */
static bool has_counts(const struct cst_tag *tag, uintptr_t start, size_t offset)
{
    const uintptr_t most = (uintptr_t)INT32_MAX;
    size_t align = cst_tag_align(tag), header = 2 * sizeof(uintptr_t);
    uintptr_t strong = word_at(start), weak = word_at(start + sizeof(uintptr_t));
    return offset == (align > header ? align : header) && strong > 0 && strong < most && weak > 0 && weak < most;
}

/* A hash table is never full: a control byte without an element has its highest bit set. */
static bool has_vacancy(const unsigned char *control, size_t buckets)
{
    for (size_t i = 0; i < buckets; i++)
        if (control[i] & 0x80)
            return true;
    return false;
}

/* The control bytes of a hash table of Rust (hashbrown, raw table): its elements lie in front of them, one for each bucket,
 * and a group more behind, the first bytes again. The table keeps nothing but a pointer to the control bytes. */
static bool has_buckets(uintptr_t start, size_t size, size_t offset)
{
    const size_t group = 16;
    size_t buckets = size - offset > group ? size - offset - group : 0;
    if (buckets < 4 || (buckets & (buckets - 1)) != 0 || offset % group != 0 || offset < buckets)
        return false;
    const unsigned char *control = (const unsigned char *)start + offset;
    size_t again = buckets < group ? buckets : group;
    return memcmp(control + (buckets < group ? group : buckets), control, again) == 0 && has_vacancy(control, buckets);
}

bool cst_reach_is_whole(const struct cst_reach *reach, const struct cst_tag *tag, uintptr_t start, uintptr_t address)
{
    const struct cst_reach_party *owner = &reach->room->parties[cst_tag_side(tag)];
    size_t offset = address - start, size = cst_tag_size(tag);
    if (offset < sizeof(uintptr_t) || owner->runtime)
        return true;
    if (reach->barred_count > 0 && cst_reach_is_barred(reach, start, start + size))
        return false;
    if (has_header(start, offset) || cst_allocator_cuts(cst_tag_contract(tag)))
        return true;
    switch (cst_tag_contract(tag)) {
    case CUSTODY_CONTRACT_NEW:
        return has_second_base(reach, start, size, offset) || has_string_header(start, size, offset);
    case CUSTODY_CONTRACT_NEW_ARRAY:
        return has_cookie(offset);
    case CUSTODY_CONTRACT_RUST:
        return has_counts(tag, start, offset) || has_buckets(start, size, offset);
    default: /* Rust's standard library takes some of its own straight from malloc */
        return owner->rust_module && (has_counts(tag, start, offset) || has_buckets(start, size, offset));
    }
}
