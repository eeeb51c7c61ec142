/* DWARF units and scopes; see symbol_units.h. */
#include "symbol_units.h"

#include "demangle.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static void add_unit(struct cst_arena *arena, struct cst_symbol_units *units, Dwarf_Die *lines, Dwarf_Die *scopes)
{
    units->items = cst_arena_extend(arena, units->items, units->count, sizeof *units->items);
    units->items[units->count++] = (struct cst_symbol_unit){.lines = *lines, .scopes = *scopes};
    Dwarf_Addr base, lo, hi;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(lines, offset, &base, &lo, &hi)) > 0) {
        /* A function that the linker dropped leaves a range at address zero. */
        if (lo < hi && lo != 0) {
            units->ranges = cst_arena_extend(arena, units->ranges, units->range_count, sizeof *units->ranges);
            units->ranges[units->range_count++] = (struct cst_symbol_range){lo, hi, units->count - 1};
        }
    }
}

static int by_address(const void *left, const void *right)
{
    const struct cst_symbol_range *a = left;
    const struct cst_symbol_range *b = right;
    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

struct cst_symbol_units cst_symbol_units_make(struct cst_arena *arena, Dwarf *dwarf)
{
    struct cst_symbol_units units = {0};
    Dwarf_CU *unit = NULL;
    Dwarf_Die die, split;
    uint8_t type;
    while (dwarf && dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, &split) == 0) {
        bool is_split = type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;
        if (type == DW_UT_compile || type == DW_UT_skeleton) {
            add_unit(arena, &units, &die, is_split ? &split : &die);
        }
    }
    if (units.range_count > 1) {
        qsort(units.ranges, units.range_count, sizeof *units.ranges, by_address);
    }
    return units;
}

static struct cst_symbol_unit *find_unit(const struct cst_symbol_units *units, uint64_t address)
{
    size_t lo = 0, hi = units->range_count; /* the first range that begins past the address is in [lo, hi] */
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (units->ranges[middle].lo <= address) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    bool covered = lo > 0 && address < units->ranges[lo - 1].hi;
    return covered ? &units->items[units->ranges[lo - 1].unit] : NULL;
}

/* The name of a function's DIE: the linker's where there is one, because only that tells the whole path. */
static const char *function_name(struct cst_arena *arena, Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *name = NULL;
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
        dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute)) {
        name = dwarf_formstring(&attribute);
    }
    if (!name) {
        name = dwarf_diename(die);
    }
    return name ? cst_demangle(arena, name) : NULL;
}

/* A file name with the directory of compilation in front when it is relative. */
static const char *absolute_file(struct cst_arena *arena, Dwarf_Die *unit, const char *file)
{
    Dwarf_Attribute attribute;
    if (!file || file[0] == '/') {
        return cst_arena_copy(arena, file);
    }
    const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    return directory ? cst_arena_format(arena, "%s/%s", directory, file) : cst_arena_copy(arena, file);
}

/* Where the instruction itself is from. */
static void place_at_address(struct cst_arena *arena, struct cst_symbol_unit *unit, uint64_t address,
                             struct cst_call *call)
{
    Dwarf_Line *line = dwarf_getsrc_die(&unit->lines, address);
    if (line) {
        call->file = absolute_file(arena, &unit->lines, dwarf_linesrc(line, NULL, NULL));
        (void)dwarf_lineno(line, &call->line);
        (void)dwarf_linecol(line, &call->column);
    }
}

/* The crate that a function was written in, by the unit of its definition, which for an inlined one may be another than the
 * unit it was inlined into. rustc names units "src/lib.rs/@/<crate>.<hash>-cgu.<number>". */
static const char *crate_of(struct cst_arena *arena, Dwarf_Die *function)
{
    static const char mark[] = "/@/";
    Dwarf_Attribute attribute;
    Dwarf_Die origin, unit;
    Dwarf_Die *written = dwarf_formref_die(dwarf_attr(function, DW_AT_abstract_origin, &attribute), &origin);
    if (!dwarf_diecu(written ? written : function, &unit, NULL, NULL)) {
        return NULL;
    }
    const char *name = dwarf_diename(&unit);
    const char *crate = name ? strstr(name, mark) : NULL;
    if (!crate) {
        return NULL;
    }
    crate += sizeof mark - 1;
    return cst_arena_format(arena, "%.*s", (int)strcspn(crate, "."), crate);
}

static int number_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0 || value > 0x7fffffff) {
        return 0;
    }
    return (int)value;
}

/* Where the call that was replaced by the inlined function `die` stood. */
static void place_of_inlining(struct cst_arena *arena, struct cst_symbol_unit *unit, Dwarf_Die *die,
                              struct cst_call *call)
{
    Dwarf_Files *files;
    if (dwarf_getsrcfiles(&unit->scopes, &files, NULL) == 0) {
        int index = number_attribute(die, DW_AT_call_file);
        call->file = absolute_file(arena, &unit->lines, dwarf_filesrc(files, (size_t)index, NULL, NULL));
    }
    call->line = number_attribute(die, DW_AT_call_line);
    call->column = number_attribute(die, DW_AT_call_column);
}

/* Turns the functions at an address, innermost first, into calls. `place` is where the instruction is from. */
static struct cst_calls calls_of(struct cst_arena *arena, struct cst_symbol_unit *unit, Dwarf_Die *functions,
                                 size_t count, struct cst_call place)
{
    struct cst_calls calls = {.items = cst_arena_alloc(arena, count * sizeof *calls.items), .count = count};
    for (size_t i = 0; i < count; i++) {
        struct cst_call *call = &calls.items[i];
        *call = place;
        call->function = function_name(arena, &functions[i]);
        call->inlined = i + 1 < count;
        call->crate = crate_of(arena, &functions[i]);
        if (call->inlined) {
            place = (struct cst_call){0};
            place_of_inlining(arena, unit, &functions[i], &place);
        }
    }
    return calls;
}

struct cst_calls cst_symbol_units_lookup(struct cst_symbol_units *units, struct cst_arena *arena, uint64_t address)
{
    struct cst_symbol_unit *unit = find_unit(units, address);
    if (!unit) {
        return (struct cst_calls){0};
    }
    if (!unit->listed) {
        unit->functions = cst_symbol_scopes_list(arena, &unit->scopes);
        unit->listed = true;
    }
    struct cst_call place = {0};
    place_at_address(arena, unit, address, &place);
    Dwarf_Die functions[CST_SYMBOL_SCOPES_MAX];
    size_t count = cst_symbol_scopes_at(&unit->functions, address, functions);
    if (count > 0) {
        return calls_of(arena, unit, functions, count, place);
    }
    struct cst_calls only_place = {0};
    if (place.line > 0) {
        only_place.items = cst_arena_alloc(arena, sizeof *only_place.items);
        only_place.items[0] = place;
        only_place.count = 1;
    }
    return only_place;
}
