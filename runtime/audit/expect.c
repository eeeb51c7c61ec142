/* Advice by kind of finding; the contract stands in the header. */
#include "audit/expect.h"

#include <stddef.h>

static const char *release_of(const struct cst_finding *finding)
{
    return custody_contract_release(finding->has_block ? finding->owner.contract : CUSTODY_CONTRACT_UNKNOWN);
}

static void write_owner(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "%s; the owner is %s (%s)", release_of(finding), finding->owner.side,
                    custody_lang_name(finding->owner.lang));
}

static void write_layout(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "%s; the size and alignment to give are those of the block: %zu and %zu", release_of(finding),
                    finding->block_size, finding->block_align);
}

static void write_interior(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "%s; the pointer to give is the start of the block, %zu bytes before this one",
                    release_of(finding), (size_t)(finding->address - finding->block_address));
}

static void write_mapping(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "munmap() by whoever mapped this memory%s%s", finding->place_name != NULL ? ": " : "",
                    finding->place_name != NULL ? finding->place_name : "");
}

static void write_static(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "nothing: static data of %s lives as long as its module",
                    finding->place_name != NULL ? finding->place_name : "a module");
}

static void write_invalid(struct cst_text *text, const struct cst_finding *finding)
{
    switch (finding->place) {
    case CST_PLACE_STACK:
        cst_text_string(text, "nothing: memory on a stack ends with the function it belongs to");
        return;
    case CST_PLACE_STATIC:
        write_static(text, finding);
        return;
    case CST_PLACE_MAPPING:
        write_mapping(text, finding);
        return;
    case CST_PLACE_HEAP:
        cst_text_string(text, "nothing: no block begins at this address of the heap");
        return;
    case CST_PLACE_FOREIGN:
        cst_text_string(text, custody_contract_release(CUSTODY_CONTRACT_UNKNOWN));
        return;
    case CST_PLACE_WILD:
        cst_text_string(text,
                        "nothing: no memory is mapped there; the pointer is stale, uninitialised or miscalculated");
        return;
    case CST_PLACE_NONE:
        break;
    }
    cst_text_string(text, "nothing: this is no heap block");
}

void cst_expect_write(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->told != NULL) {
        cst_text_string(text, finding->told->advice);
        return;
    }
    switch (finding->kind) {
    case CUSTODY_FINDING_CROSS_ALLOCATOR_FREE:
    case CUSTODY_FINDING_CROSS_SIDE_FREE:
        write_owner(text, finding);
        return;
    case CUSTODY_FINDING_LAYOUT_MISMATCH:
        write_layout(text, finding);
        return;
    case CUSTODY_FINDING_INTERIOR_FREE:
        write_interior(text, finding);
        return;
    case CUSTODY_FINDING_INVALID_FREE:
        write_invalid(text, finding);
        return;
    case CUSTODY_FINDING_DOUBLE_FREE:
        cst_text_format(text, "one release only, through %s", release_of(finding));
        return;
    case CUSTODY_FINDING_FOREIGN_FREE:
        cst_text_format(text, "%s; Custody does not see that allocator%s", release_of(finding),
                        finding->has_namespaces ? ", perhaps that of another link namespace (dlmopen)" : "");
        return;
    default: /* the contract says it */
        cst_text_string(text, release_of(finding));
        return;
    }
}

const char *cst_expect_call(const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    return told != NULL && told->function != NULL ? told->function : custody_door_symbol(finding->call);
}

const char *cst_expect_place_name(enum cst_place place)
{
    switch (place) {
    case CST_PLACE_STACK:
        return "stack";
    case CST_PLACE_STATIC:
        return "static";
    case CST_PLACE_MAPPING:
        return "mapping";
    case CST_PLACE_HEAP:
        return "heap";
    case CST_PLACE_FOREIGN:
        return "foreign";
    case CST_PLACE_WILD:
        return "wild";
    case CST_PLACE_NONE:
        break;
    }
    return NULL;
}
