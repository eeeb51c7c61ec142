/* DWARF units and scopes; see symbol_units.h. */
#include "symbol_units.h"

#include "demangle.h"
#include "say.h"

#include <dwarf.h>
#include <stdlib.h>

static void add_range(struct cst_symbol_units *units, const struct cst_symbol_unit *unit)
{
    if ((units->count & (units->count - 1)) == 0) {
        size_t capacity = units->count ? units->count * 2 : 1;
        void *larger = realloc(units->items, capacity * sizeof *units->items);
        if (!larger) {
            cst_say_and_exit("out of memory");
        }
        units->items = larger;
    }
    units->items[units->count++] = *unit;
}

static void add_unit(struct cst_symbol_units *units, Dwarf_Die *lines, Dwarf_Die *scopes)
{
    struct cst_symbol_unit unit = {.lines = *lines, .scopes = *scopes};
    Dwarf_Addr base, lo, hi;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(lines, offset, &base, &lo, &hi)) > 0) {
        unit.lo = lo;
        unit.hi = hi;
        /* A function that the linker dropped leaves a range at or near address zero. */
        if (lo < hi && lo != 0) {
            add_range(units, &unit);
        }
    }
}

static int by_address(const void *left, const void *right)
{
    const struct cst_symbol_unit *a = left;
    const struct cst_symbol_unit *b = right;
    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

struct cst_symbol_units cst_symbol_units_make(Dwarf *dwarf)
{
    struct cst_symbol_units units = {0};
    Dwarf_CU *unit = NULL;
    Dwarf_Die die, split;
    uint8_t type;
    while (dwarf && dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, &split) == 0) {
        bool is_split = type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;
        if (type == DW_UT_compile || type == DW_UT_skeleton) {
            add_unit(&units, &die, is_split ? &split : &die);
        }
    }
    if (units.count > 1) {
        qsort(units.items, units.count, sizeof *units.items, by_address);
    }
    return units;
}

static struct cst_symbol_unit *find_unit(const struct cst_symbol_units *units, uint64_t address)
{
    size_t lo = 0, hi = units->count; /* the first unit that begins past the address lies in [lo, hi] */
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (units->items[middle].lo <= address) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo > 0 && address < units->items[lo - 1].hi ? &units->items[lo - 1] : NULL;
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

/* Turns the scopes around an address, innermost first, into calls. `place` is where the instruction is from. */
static struct cst_calls calls_of_scopes(struct cst_arena *arena, struct cst_symbol_unit *unit, Dwarf_Die *scopes,
                                        int count, struct cst_call place)
{
    struct cst_calls calls = {0};
    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) {
            continue;
        }
        calls.items = cst_arena_extend(arena, calls.items, calls.count, sizeof *calls.items);
        struct cst_call *call = &calls.items[calls.count++];
        *call = place;
        call->function = function_name(arena, &scopes[i]);
        call->inlined = tag == DW_TAG_inlined_subroutine;
        if (!call->inlined) {
            break;
        }
        place = (struct cst_call){0};
        place_of_inlining(arena, unit, &scopes[i], &place);
    }
    return calls;
}

struct cst_calls cst_symbol_units_lookup(const struct cst_symbol_units *units, struct cst_arena *arena,
                                         uint64_t address)
{
    struct cst_calls calls = {0};
    struct cst_symbol_unit *unit = find_unit(units, address);
    if (!unit) {
        return calls;
    }
    struct cst_call place = {0};
    place_at_address(arena, unit, address, &place);

    /* dwarf_getscopes finds the innermost scope, but leaves the physical nesting at the first inlined function for its
     * definition's; asked about that scope's own DIE, libdw gives the nesting. */
    Dwarf_Die *around = NULL, *nested = NULL;
    int found = dwarf_getscopes(&unit->scopes, address, &around);
    int count = found > 0 ? dwarf_getscopes_die(&around[0], &nested) : 0;
    calls = calls_of_scopes(arena, unit, nested, count, place);
    free(around);
    free(nested);
    if (calls.count == 0 && place.line > 0) {
        calls.items = cst_arena_alloc(arena, sizeof *calls.items);
        calls.items[0] = place;
        calls.count = 1;
    }
    return calls;
}

void cst_symbol_units_free(struct cst_symbol_units *units)
{
    free(units->items);
    *units = (struct cst_symbol_units){0};
}
