/* Debug information of code; see facts_units.h. Units in C and C++ are taken as a whole, by their ranges, unless
 * others' code may be in them; those in Rust are walked through, function by function, for what is inlined into
 * them. */
#include "facts_units.h"

#include "facts_code.h"
#include "facts_name.h"
#include "facts_unit.h"

#include <dwarf.h>
#include <string.h>

/* Deeper trees are damage. rustc nests some hundred inlined functions and blocks. */
#define DEPTH_MAX 2000

/* More ranges than a row file can hold are damage, such as many functions that share one long list. */
#define RANGES_MAX ((size_t)CUSTODY_FACTS_ROWS_MAX)

/* A reading under way. */
struct reading {
    struct cst_arena *arena;
    const struct cst_facts_spans *code;
    uint64_t bias;
    struct cst_facts_unit_list units;
    size_t range_count;
    struct cst_facts_units found;
};

/* A walk through one unit. */
struct walk {
    struct reading *reading;
    const struct cst_facts_unit *unit;
    Dwarf_Off at;  /* offset of the newest entry: they ascend */
    uint8_t flags; /* of its functions */
};

/* Adds the code of `die`. Returns whether there was any. */
static bool add_ranges(struct reading *reading, Dwarf_Die *die, struct cst_facts_spans *spans, enum custody_lang lang,
                       uint8_t flags)
{
    Dwarf_Addr base, lo, hi;
    ptrdiff_t offset = 0;
    size_t before = spans->count;
    while (reading->range_count < RANGES_MAX && (offset = dwarf_ranges(die, offset, &base, &lo, &hi)) > 0) {
        const struct cst_facts_span *section = cst_facts_code_find(reading->code, lo + reading->bias);
        reading->range_count++;
        if (section && lo < hi) { /* a function that the linker dropped is at 0, 1 or all ones */
            uint64_t start = lo + reading->bias;
            uint64_t size = hi - lo < section->hi - start ? hi - lo : section->hi - start;
            cst_facts_spans_add(reading->arena, spans,
                                (struct cst_facts_span){start, start + size, (uint8_t)lang, flags});
        }
    }
    return spans->count > before;
}

/* Names of a function, its own or those of what it is an instance of. */
struct names {
    const char *linkage; /* the linker's */
    const char *plain;
};

static struct names names_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    struct names names = {.plain = dwarf_diename(die)};
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
        dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute)) {
        names.linkage = dwarf_formstring(&attribute);
    }
    return names;
}

static bool is_allocator(const struct names *names)
{
    return (names->linkage && cst_facts_name_is_rust_allocator(names->linkage)) ||
           (names->plain && cst_facts_name_is_rust_allocator(names->plain));
}

static void note_allocator(struct cst_facts_units *found, const struct names *names, bool inlined)
{
    bool by_default = names->plain && strncmp(names->plain, "__rdl_", 6) == 0;
    found->inlined = found->inlined || inlined;
    found->functions_of_allocator = found->functions_of_allocator || (by_default && !inlined);
    found->custom = found->custom || !by_default;
}

/* The language of a function that GCC's linking brought together with those of other units. */
static enum custody_lang lang_of_origin(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Die origin, unit;
    return dwarf_formref_die(dwarf_attr(die, DW_AT_abstract_origin, &attribute), &origin) &&
                   dwarf_diecu(&origin, &unit, NULL, NULL)
               ? cst_facts_unit_lang(&unit)
               : CUSTODY_LANG_NONE;
}

/* Takes a function with its code. False when it has none: a declaration, or what was inlined everywhere. */
static bool take_function(struct walk *walk, Dwarf_Die *die)
{
    struct reading *reading = walk->reading;
    enum custody_lang lang = walk->unit->from_gcc_lto ? lang_of_origin(die) : walk->unit->lang;
    if ((!dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges)) ||
        !add_ranges(reading, die, &reading->found.functions, lang, walk->flags)) {
        return false;
    }
    struct names names = names_of(die);
    if (lang == CUSTODY_LANG_RUST && is_allocator(&names)) {
        note_allocator(&reading->found, &names, false);
        add_ranges(reading, die, &reading->found.allocators, CUSTODY_LANG_RUST, CUSTODY_FACTS_RUST_ALLOCATOR);
    }
    return true;
}

/* Takes an inlined function. False when nothing that is inlined into it matters. */
static bool take_inlined(struct walk *walk, Dwarf_Die *die)
{
    struct reading *reading = walk->reading;
    struct names names = names_of(die);
    if (!names.linkage && !names.plain) {
        reading->found.inlined = true; /* it may be anything */
    }
    if (!is_allocator(&names)) {
        return true;
    }
    note_allocator(&reading->found, &names, true);
    add_ranges(reading, die, &reading->found.allocators, CUSTODY_LANG_RUST, CUSTODY_FACTS_RUST_ALLOCATOR);
    return false;
}

/* Takes an entry. Whether there may be functions below it. */
static bool take(struct walk *walk, Dwarf_Die *die)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_subprogram:
        return take_function(walk, die);
    case DW_TAG_inlined_subroutine:
        return take_inlined(walk, die);
    case DW_TAG_lexical_block:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
        return true;
    default:
        return false;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): a tree, bounded by DEPTH_MAX */
static void walk_children(struct walk *walk, Dwarf_Die *parent, int depth)
{
    Dwarf_Die child;
    int result = dwarf_child(parent, &child);
    while (result == 0 && depth < DEPTH_MAX && dwarf_dieoffset(&child) > walk->at) {
        walk->at = dwarf_dieoffset(&child);
        if (take(walk, &child) && dwarf_haschildren(&child) == 1) {
            walk_children(walk, &child, depth + 1);
        }
        result = dwarf_siblingof(&child, &child);
    }
    if (result <= 0) { /* it did not come to its end */
        walk->reading->found.inlined = true;
    }
}

static void read_functions(struct reading *reading, struct cst_facts_unit *unit)
{
    bool mixed = cst_facts_unit_is_mixed(&reading->units, unit);
    uint8_t flags = CUSTODY_FACTS_DESCRIBED | (mixed ? CUSTODY_FACTS_MERGED : 0);
    if (unit->lang != CUSTODY_LANG_RUST && !mixed && !unit->from_gcc_lto &&
        add_ranges(reading, &unit->lines, &reading->found.functions, unit->lang, flags)) {
        return;
    }
    struct walk walk = {.reading = reading, .unit = unit, .at = dwarf_dieoffset(&unit->scopes), .flags = flags};
    walk_children(&walk, &unit->scopes, 0);
}

struct cst_facts_units cst_facts_units_read(struct cst_arena *arena, Dwarf *dwarf, uint64_t bias,
                                            const struct cst_facts_spans *code)
{
    struct reading reading = {.arena = arena, .code = code, .bias = bias, .units = cst_facts_unit_list(arena, dwarf)};
    reading.found.rust = reading.units.rust_object_count > 0;
    reading.found.own_rust = reading.units.own_rust;
    for (size_t i = 0; i < reading.units.count; i++) {
        read_functions(&reading, &reading.units.items[i]);
    }
    reading.found.inlined = reading.found.inlined || reading.range_count == RANGES_MAX;
    return reading.found;
}
