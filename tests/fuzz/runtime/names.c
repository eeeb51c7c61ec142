/* Any bytes as names of symbols and languages: what is said of them is said within their bounds, and is one of the words. */
#include "../fuzz.h"

#include "base/names.h"
#include "site/family.h"
#include "site/mangling.h"
#include "site/rust_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *name = text_of(bytes, size);
    enum cst_rust_entry entry = CST_RUST_ENTRY_COUNT;
    enum cst_rust_name rust = cst_rust_name(name, &entry);
    bool tells = rust == CST_RUST_NAME_ENTRY || rust == CST_RUST_NAME_DEFAULT;
    require(!tells || entry < CST_RUST_ENTRY_COUNT);
    require(cst_mangling_lang(name) < CUSTODY_LANG_COUNT);
    require(cst_mangling_operator(name) < CUSTODY_CONTRACT_COUNT);
    enum custody_contract family = cst_family_of(name);
    require(family < CUSTODY_CONTRACT_COUNT);
    use(cst_mangling_is_malloc(name));
    use(cst_family_find(family, name) != NULL);
    free(name);
    return 0;
}
