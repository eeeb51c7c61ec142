/* Tags: the slow paths of tag.h, and its density table. */
#include "core/tag.h"

#include "core/thread.h"

struct cst_shadow cst_shadow;
uint8_t cst_tag_density_table[257];

void cst_tag_start(void)
{
    for (size_t i = 0; i < sizeof cst_tag_density_table; i++)
        cst_tag_density_table[i] = (uint8_t)(CST_PAGE_SHIFT - (63 - __builtin_clzl(cst_tag_class(i << 4))));
}

static uintptr_t page_of(uintptr_t address)
{
    return address & ~(uintptr_t)(CST_PAGE_SIZE - 1);
}

/* A thread that makes small blocks in pages beyond all that it used before will soon need the next ones: they are touched at
 * once, up to the next multiple of AHEAD, which memory is committed by as well. Not in the first FEW bytes, so that a small
 * process takes no more memory than it needs, nor a system call that a sandbox may not know. */
#define AHEAD ((uintptr_t)64 << 10)
#define FEW ((size_t)4 << 20)

static void touch_ahead(uintptr_t page)
{
    if (page < cst_shadow.base + cst_thread.touched || page - cst_shadow.base < FEW)
        return;
    cst_thread.touched = ((page + AHEAD) & ~(AHEAD - 1)) - cst_shadow.base;
    cst_sys_populate((void *)page, cst_shadow.base + cst_thread.touched - page);
}

void cst_tag_enter_page(uintptr_t address, uint8_t density)
{
    uint8_t *of_page = &cst_shadow.density[(address - cst_shadow.base) >> CST_PAGE_SHIFT];
    if (cst_tag_page_density(address) == 0)
        touch_ahead(page_of(address));
    __atomic_store_n(of_page, density, __ATOMIC_RELAXED);
}

static struct cst_tag_hit hit(uintptr_t start, struct cst_tag *tag)
{
    return (struct cst_tag_hit){.state = cst_tag_state(tag), .start = start, .tag = tag};
}

/* The last live block that starts in `page` at or before `address`. */
static struct cst_tag *last_live_in_page(uintptr_t page, uintptr_t address)
{
    uint8_t density = cst_tag_page_density(page);
    size_t step = CST_PAGE_SIZE >> density;
    uintptr_t last = address - page < CST_PAGE_SIZE ? address : page + CST_PAGE_SIZE - 1;
    for (uintptr_t at = last & ~(step - 1);; at -= step) {
        struct cst_tag *tag = cst_tag_slot(at, density);
        if (cst_tag_state(tag) == CST_STATE_LIVE && cst_tag_start_in(page, tag) <= address)
            return tag;
        if (at <= page)
            return NULL;
    }
}

/* The live block that covers `address`: only the last that starts at or before it can, and it starts at `begin` or later. */
static struct cst_tag_hit find_covering(uintptr_t address, uintptr_t begin)
{
    for (uintptr_t page = page_of(address);; page -= CST_PAGE_SIZE) {
        struct cst_tag *tag = last_live_in_page(page, address);
        if (tag) {
            uintptr_t start = cst_tag_start_in(page, tag);
            size_t size = cst_tag_size(tag);
            if (address - start < (size ? size : 1))
                return hit(start, tag);
            return (struct cst_tag_hit){0};
        }
        if (page <= begin)
            return (struct cst_tag_hit){0};
    }
}

struct cst_tag_hit cst_tag_find(uintptr_t address, uintptr_t begin)
{
    struct cst_tag *tag = cst_tag_of(address);
    bool starts = cst_tag_state(tag) != CST_STATE_NONE && cst_tag_starts_at(tag, address);
    if (starts && cst_tag_state(tag) == CST_STATE_LIVE)
        return hit(address, tag);
    struct cst_tag_hit covering = find_covering(address, begin);
    if (covering.tag)
        return covering;
    return starts ? hit(address, tag) : (struct cst_tag_hit){0};
}
