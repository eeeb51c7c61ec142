/* Rust entries: see rust.h. */
#include "site/rust.h"

#include "base/elf.h"
#include "site/rust_own.h"
#include "site/rust_pattern.h"
#include "site/rust_survey.h"
#include "site/rust_thunks.h"

#include <stdatomic.h>
#include <string.h>

static const struct cst_rust_answer absent = {CST_RUST_ABSENT, CST_RUST_BY_NONE, false};
static const struct cst_rust_answer inferred = {CST_RUST_INFERRED, CST_RUST_BY_NONE, false};

static _Atomic(cst_rust_router *) router;

static _Atomic(const struct cst_rust_own_hooks *) own_hooks;

void cst_rust_route(cst_rust_router *new_router)
{
    atomic_store(&router, new_router);
}

void cst_rust_route_own(const struct cst_rust_own_hooks *hooks)
{
    atomic_store(&own_hooks, hooks);
}

/* Rust's standard library as a shared object: `libstd-<hash>.so`. It has the entries of whoever links it so. */
static bool needs_shared_std(const struct cst_elf *elf)
{
    const char *name;
    for (size_t i = 0; (name = cst_elf_dynamic_string(elf, DT_NEEDED, i)) != NULL; i++) {
        if (strncmp(name, "libstd-", 7) == 0) {
            return true;
        }
    }
    return false;
}

static struct cst_rust_answer exact(enum cst_rust_by by)
{
    return (struct cst_rust_answer){CST_RUST_EXACT, by, false};
}

/* The default allocator, or else one of the module's own: which has no function of the default one left for its entries to
 * lead to, and bodies in their place. */
static struct cst_rust_answer hook_by_symbols(const struct cst_module *module, const struct cst_elf *elf,
                                              const struct cst_rust_survey *survey)
{
    if (cst_rust_thunks_hook(elf, module, survey, false, atomic_load(&router))) {
        return exact(CST_RUST_BY_SYMBOLS);
    }
    const struct cst_rust_own *own =
        survey->has_default ? NULL : cst_rust_own_hook(module, elf, survey, atomic_load(&own_hooks));
    return own != NULL ? (struct cst_rust_answer){CST_RUST_EXACT, CST_RUST_BY_ALLOCATOR, !own->closed} : inferred;
}

static bool is_stripped(const struct cst_elf *elf)
{
    return cst_elf_symbols(elf, CST_ELF_SYMTAB).entries.size == 0;
}

/* In a module without symbols, or with symbols that say nothing of Rust. */
static struct cst_rust_answer hook_by_pattern(const struct cst_module *module, const struct cst_elf *elf, bool present)
{
    struct cst_rust_survey found;
    enum cst_rust_pattern pattern =
        is_stripped(elf) ? cst_rust_pattern_find(module, elf, &found) : CST_RUST_PATTERN_NONE;
    if (pattern == CST_RUST_PATTERN_ENTRIES && cst_rust_thunks_hook(elf, module, &found, true, atomic_load(&router))) {
        return exact(CST_RUST_BY_PATTERN);
    }
    return present || pattern != CST_RUST_PATTERN_NONE ? inferred : absent;
}

struct cst_rust_answer cst_rust_hook(const struct cst_module *module, const struct cst_elf *elf,
                                     const struct cst_rust_survey *survey)
{
    if (survey->count != 0) {
        return hook_by_symbols(module, elf, survey);
    }
    if (survey->imports_entries || needs_shared_std(elf)) {
        return exact(CST_RUST_BY_SHARED);
    }
    return hook_by_pattern(module, elf, survey->other || cst_elf_section_has(elf, ".comment", "rustc version"));
}
