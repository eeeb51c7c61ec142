/* Functions and what is inlined into them; see symbol_scopes.h. */
#include "symbol_scopes.h"

#include <dwarf.h>
#include <stdlib.h>

/** Deeper trees are damage. */
#define DEPTH_MAX 200

/* A listing under way. */
struct listing {
    struct cst_arena *arena;
    struct cst_symbol_functions functions;
};

static void add_function(struct listing *listing, Dwarf_Die *die)
{
    struct cst_symbol_functions *functions = &listing->functions;
    Dwarf_Addr base, lo, hi;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(die, offset, &base, &lo, &hi)) > 0) {
        if (lo < hi && lo != 0) {
            functions->items =
                cst_arena_extend(listing->arena, functions->items, functions->count, sizeof *functions->items);
            functions->items[functions->count++] = (struct cst_symbol_function){lo, hi, *die};
        }
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): a tree, bounded by DEPTH_MAX */
static void list_children(struct listing *listing, Dwarf_Die *parent, int depth)
{
    Dwarf_Die child;
    if (depth > DEPTH_MAX || dwarf_child(parent, &child) != 0) {
        return;
    }
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram) {
            add_function(listing, &child);
        }
        if (tag != DW_TAG_inlined_subroutine && dwarf_haschildren(&child) == 1) {
            list_children(listing, &child, depth + 1);
        }
    } while (dwarf_siblingof(&child, &child) == 0);
}

static int by_address(const void *left, const void *right)
{
    const struct cst_symbol_function *a = left;
    const struct cst_symbol_function *b = right;
    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

struct cst_symbol_functions cst_symbol_scopes_list(struct cst_arena *arena, Dwarf_Die *unit)
{
    struct listing listing = {.arena = arena};
    list_children(&listing, unit, 0);
    if (listing.functions.count > 1) {
        qsort(listing.functions.items, listing.functions.count, sizeof *listing.functions.items, by_address);
    }
    return listing.functions;
}

static const struct cst_symbol_function *find_function(const struct cst_symbol_functions *functions, uint64_t address)
{
    size_t lo = 0, hi = functions->count; /* the first function that begins past the address is in [lo, hi] */
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (functions->items[middle].lo <= address) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo > 0 && address < functions->items[lo - 1].hi ? &functions->items[lo - 1] : NULL;
}

/* Goes from a function or block to the function inlined into it, or the block in it, at `address`. */
static bool step_inwards(Dwarf_Die *die, uint64_t address)
{
    Dwarf_Die child;
    if (dwarf_child(die, &child) != 0) {
        return false;
    }
    do {
        int tag = dwarf_tag(&child);
        bool scope = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
        if (scope && dwarf_haspc(&child, address) == 1) {
            *die = child;
            return true;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

size_t cst_symbol_scopes_at(const struct cst_symbol_functions *functions, uint64_t address,
                            Dwarf_Die out_dies[CST_SYMBOL_SCOPES_MAX])
{
    const struct cst_symbol_function *function = find_function(functions, address);
    if (!function) {
        return 0;
    }
    Dwarf_Die die = function->die;
    size_t count = 0;
    out_dies[count++] = die;
    while (count < CST_SYMBOL_SCOPES_MAX && step_inwards(&die, address)) {
        if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) {
            out_dies[count++] = die;
        }
    }
    for (size_t i = 0; i < count / 2; i++) {
        Dwarf_Die outer = out_dies[i];
        out_dies[i] = out_dies[count - 1 - i];
        out_dies[count - 1 - i] = outer;
    }
    return count;
}
