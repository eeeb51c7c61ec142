/* Places: the mapping that covers an address is looked up first, then who it belongs to; the contract stands in the
 * header. */
#include "core/place.h"

#include "base/maps.h"
#include "base/text.h"
#include "plat/own.h"
#include "plat/sys.h"
#include "site/module.h"

#include <stdbool.h>
#include <string.h>

/* What is asked of the list of mappings, and its answer. */
struct search {
    uintptr_t address;
    char *name; /* the caller's buffer */
    size_t name_size;
    bool found;
    bool at_start;
    bool writable;
};

static void set_name(const struct search *search, const char *name)
{
    struct cst_text text;
    cst_text_init(&text, search->name, search->name_size, 0);
    cst_text_string(&text, name);
}

/* The end of our own memory, or of a module's data, around `address`; `address` itself when it is in neither. */
static uintptr_t pass_known(uintptr_t address)
{
    uintptr_t lo, hi;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++) {
        if (address >= lo && address < hi) {
            return hi;
        }
    }
    const struct cst_module *module = cst_module_find(address);
    return module != NULL ? (module->hi + CST_PAGE_SIZE - 1) & ~(uintptr_t)(CST_PAGE_SIZE - 1) : address;
}

/* Whether what was mapped at `lo` begins at `address`: the kernel makes one mapping of neighbours, of which the first may be
 * ours, or the zeroed data of a module. */
static bool begins_at(uintptr_t lo, uintptr_t address)
{
    uintptr_t next = lo;
    do {
        lo = next;
        next = lo < address ? pass_known(lo) : lo;
    } while (next != lo);
    return lo == address;
}

static bool look_at(const struct cst_mapping *mapping, void *context)
{
    struct search *search = context;
    if (search->address >= mapping->hi) {
        return true;
    }
    search->found = search->address >= mapping->lo;
    if (search->found) {
        search->at_start = begins_at(mapping->lo, search->address);
        search->writable = mapping->writable;
        set_name(search, mapping->name);
    }
    return false;
}

static bool is_on_stack(uintptr_t address, const struct cst_stack_bounds *stacks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (address >= stacks[i].lo && address < stacks[i].hi) {
            return true;
        }
    }
    return false;
}

/* Anonymous memory has no name, or one that the program gave it by prctl(PR_SET_VMA). */
static bool is_anonymous(const char *name)
{
    return name[0] == '\0' || strncmp(name, "[anon", strlen("[anon")) == 0;
}

static enum cst_place place_of_mapping(const struct search *search)
{
    if (strcmp(search->name, "[heap]") == 0) {
        return CST_PLACE_FOREIGN;
    }
    bool anonymous = is_anonymous(search->name);
    return anonymous && search->writable && !search->at_start ? CST_PLACE_FOREIGN : CST_PLACE_MAPPING;
}

enum cst_place cst_place_find(uintptr_t address, const struct cst_stack_bounds *stacks, size_t stack_count,
                              char *out_name, size_t size)
{
    struct search search = {.address = address, .name = out_name, .name_size = size};
    set_name(&search, "");
    bool listed = cst_maps_each(look_at, &search);
    if (listed && !search.found) {
        return CST_PLACE_WILD;
    }
    if (strcmp(out_name, "[stack]") == 0 || is_on_stack(address, stacks, stack_count)) {
        return CST_PLACE_STACK;
    }
    const struct cst_module *module = cst_module_find(address);
    if (module != NULL) {
        set_name(&search, module->name);
        return CST_PLACE_STATIC;
    }
    return listed ? place_of_mapping(&search) : CST_PLACE_FOREIGN;
}
