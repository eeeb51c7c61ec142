/* The survey of Rust's symbols: see rust_survey.h. */
#include "site/rust_survey.h"

#include "site/rust_names.h"

static void add(struct cst_rust_survey *survey, const struct cst_elf_symbol *symbol, enum cst_rust_entry entry)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->found[i].address == symbol->value && survey->found[i].entry == entry) {
            return; /* in both symbol tables */
        }
    }
    if (survey->count == CST_RUST_ENTRIES_MAX) {
        survey->too_many = true;
        return;
    }
    survey->found[survey->count++] = (struct cst_rust_found){entry, symbol->value, symbol->size};
}

void cst_rust_survey_symbol(struct cst_rust_survey *survey, const struct cst_elf_symbol *symbol)
{
    enum cst_rust_entry entry;
    enum cst_rust_name name = cst_rust_name(symbol->name, &entry);
    if (CST_LIKELY(name == CST_RUST_NAME_NONE)) {
        return;
    }
    survey->other = true;
    survey->has_default |= name == CST_RUST_NAME_DEFAULT;
    if (name == CST_RUST_NAME_ENTRY && symbol->defined) {
        add(survey, symbol, entry);
    }
    survey->imports_entries |= name == CST_RUST_NAME_ENTRY && !symbol->defined;
}

bool cst_rust_survey_has(const struct cst_rust_survey *survey, enum cst_rust_entry entry)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->found[i].entry == entry) {
            return true;
        }
    }
    return false;
}
