/* Units of debug information; see facts_unit.h. */
#include "facts_unit.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

/* Languages that <dwarf.h> does not know yet, or no more. */
enum {
    LANG_RUST_OLD = 0x9000,
    LANG_C17 = 0x2c,
    LANG_CXX17 = 0x2a,
    LANG_CXX20 = 0x2b,
    LANG_C23 = 0x3e,
    LANG_CXX23 = 0x3a,
};

enum custody_lang cst_facts_unit_lang(Dwarf_Die *die)
{
    switch (dwarf_srclang(die)) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case LANG_C17:
    case LANG_C23:
        return CUSTODY_LANG_C;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case LANG_CXX17:
    case LANG_CXX20:
    case LANG_CXX23:
        return CUSTODY_LANG_CXX;
    case DW_LANG_Rust:
    case LANG_RUST_OLD:
        return CUSTODY_LANG_RUST;
    default:
        return CUSTODY_LANG_NONE;
    }
}

static const char *text_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

/* Rust's own libraries, and those they are made with, come compiled: their debug information says where that was
 * done. */
static bool is_of_rust_itself(Dwarf_Die *die)
{
    static const char *const places[] = {"/rustc/", "/rust/deps/", "library/"};
    const char *directory = text_attribute(die, DW_AT_comp_dir);
    const char *name = text_attribute(die, DW_AT_name);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t length = strlen(places[i]);
        if ((directory && strncmp(directory, places[i], length) == 0) ||
            (name && strncmp(name, places[i], length) == 0)) {
            return true;
        }
    }
    return false;
}

/* Reads the unit's entry. False when it has no code that can be told. */
static bool read_unit(Dwarf_CU *handle, uint8_t type, Dwarf_Die *die, Dwarf_Die *split, struct cst_facts_unit *unit)
{
    Dwarf_Die unused;
    *unit = (struct cst_facts_unit){.lines = *die, .scopes = *die};
    if (type == DW_UT_skeleton) {
        if (dwarf_tag(split) == DW_TAG_invalid) {
            return false;
        }
        unit->scopes = *split;
    } else if (type != DW_UT_compile) {
        return false;
    }
    const char *producer = text_attribute(&unit->scopes, DW_AT_producer);
    unit->lang = cst_facts_unit_lang(&unit->scopes);
    unit->of_rust_itself = is_of_rust_itself(&unit->scopes);
    unit->from_gcc_lto = producer && strncmp(producer, "GNU GIMPLE", 10) == 0;
    unit->from_llvm = !producer || strstr(producer, "clang") || strstr(producer, "LLVM");
    return unit->lang != CUSTODY_LANG_NONE &&
           dwarf_cu_die(handle, &unused, NULL, &unit->abbreviations, NULL, NULL, NULL, NULL);
}

static void add_unit(struct cst_arena *arena, struct cst_facts_unit_list *list, const struct cst_facts_unit *unit)
{
    list->items = cst_arena_extend(arena, list->items, list->count, sizeof *list->items);
    list->items[list->count++] = *unit;
    if (unit->lang == CUSTODY_LANG_RUST) {
        list->own_rust = list->own_rust || !unit->of_rust_itself;
        list->rust_objects =
            cst_arena_extend(arena, list->rust_objects, list->rust_object_count, sizeof *list->rust_objects);
        list->rust_objects[list->rust_object_count++] = unit->abbreviations;
    }
}

static int by_offset(const void *left, const void *right)
{
    const Dwarf_Off *a = left;
    const Dwarf_Off *b = right;
    return *a < *b ? -1 : *a > *b;
}

struct cst_facts_unit_list cst_facts_unit_list(struct cst_arena *arena, Dwarf *dwarf)
{
    struct cst_facts_unit_list list = {0};
    Dwarf_CU *handle = NULL;
    Dwarf_Die die, split;
    uint8_t type;
    while (dwarf_get_units(dwarf, handle, &handle, NULL, &type, &die, &split) == 0) {
        struct cst_facts_unit unit;
        list.rewritten = list.rewritten || type == DW_UT_partial;
        if (read_unit(handle, type, &die, &split, &unit)) {
            add_unit(arena, &list, &unit);
        }
    }
    if (list.rust_object_count > 1) {
        qsort(list.rust_objects, list.rust_object_count, sizeof *list.rust_objects, by_offset);
    }
    return list;
}

bool cst_facts_unit_exists(Dwarf *dwarf)
{
    Dwarf_CU *handle = NULL;
    Dwarf_Die die, split;
    uint8_t type;
    while (dwarf_get_units(dwarf, handle, &handle, NULL, &type, &die, &split) == 0) {
        struct cst_facts_unit unit;
        if (read_unit(handle, type, &die, &split, &unit)) {
            return true;
        }
    }
    return false;
}

static bool shares_object_with_rust(const struct cst_facts_unit_list *list, const struct cst_facts_unit *unit)
{
    return bsearch(&unit->abbreviations, list->rust_objects, list->rust_object_count, sizeof *list->rust_objects,
                   by_offset) != NULL;
}

bool cst_facts_unit_is_mixed(const struct cst_facts_unit_list *list, const struct cst_facts_unit *unit)
{
    if (list->rust_object_count == 0 || unit->lang == CUSTODY_LANG_RUST) {
        return false;
    }
    return unit->from_gcc_lto || (unit->from_llvm && (list->rewritten || shares_object_with_rust(list, unit)));
}
