/* Tables of leaks; see leak_table.h. */
#include "leak_table.h"

#include "headline.h"
#include "say.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

const char *const cst_leak_by_words[] = {"side", "module", "crate", "site", NULL};

/* A row under construction. */
struct draft {
    const char *key;
    struct cst_leak_row row;
    UT_hash_handle hh;
};

static const char *module_name(const struct cst_bill *bill)
{
    return *bill->module ? bill->module : "no module";
}

static const char *name_crate(struct cst_arena *arena, const struct cst_bill *bill)
{
    if (*bill->crate) {
        return bill->crate;
    }
    const char *lang = *bill->lang ? bill->lang : "unknown";
    bool rust = strcmp(lang, "rust") == 0;
    if (rust && bill->machinery) {
        return cst_arena_format(arena, "%s (Rust's standard library)", module_name(bill));
    }
    return cst_arena_format(arena, "%s (%s%s)", module_name(bill), lang, rust ? ", crate not known" : "");
}

static const char *name_site(struct cst_arena *arena, const struct cst_bill *bill)
{
    bool line = *bill->file && bill->line > 0;
    if (*bill->function) {
        return line ? cst_arena_format(arena, "%s at %s:%d", bill->function, bill->file, bill->line)
                    : cst_arena_format(arena, "%s in %s", bill->function, module_name(bill));
    }
    if (line) {
        return cst_arena_format(arena, "%s:%d", bill->file, bill->line);
    }
    if (!bill->frame) {
        return cst_arena_format(arena, "no stack, %s", cst_headline_party(arena, bill->side, bill->lang));
    }
    return cst_arena_format(arena, "%s+0x%" PRIx64, module_name(bill), bill->frame->offset);
}

static const char *name_row(struct cst_arena *arena, const struct cst_group *group, const struct cst_bill *bill,
                            enum cst_leak_by by)
{
    const struct cst_log_finding *finding = group->first;
    switch (by) {
    case CST_LEAKS_BY_SIDE:
        return finding->has_owner ? cst_headline_party(arena, finding->owner.side, finding->owner.lang)
                                  : "an unknown side";
    case CST_LEAKS_BY_MODULE:
        return module_name(bill);
    case CST_LEAKS_BY_CRATE:
        return name_crate(arena, bill);
    case CST_LEAKS_BY_SITE:
        break;
    }
    return name_site(arena, bill);
}

/* What tells rows apart: the name, and the whole path where rows are files, since two may have the same last component. */
static const char *key_row(struct cst_arena *arena, const char *name, const struct cst_bill *bill, enum cst_leak_by by)
{
    bool file = by == CST_LEAKS_BY_MODULE || (by == CST_LEAKS_BY_SITE && bill->line <= 0);
    return file ? cst_arena_format(arena, "%s\n%s", name, bill->module_path) : name;
}

static void add(struct cst_leak_row *row, const struct cst_group *group)
{
    struct cst_leak_amount *class = &row->classes[cst_leak_class_of(group->first)];
    class->blocks += group->leak_blocks;
    class->bytes += group->leak_bytes;
    row->total.blocks += group->leak_blocks;
    row->total.bytes += group->leak_bytes;
}

static int most_first(const void *left, const void *right)
{
    const struct cst_leak_row *a = left;
    const struct cst_leak_row *b = right;
    if (a->total.bytes != b->total.bytes) {
        return a->total.bytes > b->total.bytes ? -1 : 1;
    }
    if (a->total.blocks != b->total.blocks) {
        return a->total.blocks > b->total.blocks ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

static struct draft *get_draft(struct cst_arena *arena, struct draft **drafts, const char *key)
{
    struct draft *draft = NULL;
    HASH_FIND_STR(*drafts, key, draft);
    if (!draft) {
        draft = cst_arena_alloc(arena, sizeof *draft);
        draft->key = key;
        HASH_ADD_KEYPTR(hh, *drafts, draft->key, strlen(draft->key), draft);
    }
    return draft;
}

static void collect(struct cst_arena *arena, struct cst_leak_table *table, struct draft *drafts)
{
    table->rows = cst_arena_alloc(arena, (HASH_COUNT(drafts) + 1) * sizeof *table->rows);
    for (const struct draft *draft = drafts; draft; draft = draft->hh.next) {
        table->rows[table->count++] = draft->row;
    }
    qsort(table->rows, table->count, sizeof *table->rows, most_first);
}

struct cst_leak_table cst_leak_table_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                          const struct cst_group *const *groups, size_t count, enum cst_leak_by by)
{
    struct cst_leak_table table = {.by = by, .sum.name = ""};
    struct draft *drafts = NULL;
    for (size_t i = 0; i < count; i++) {
        struct cst_bill bill = cst_bill_make(arena, symbols, groups[i]->first);
        const char *name = name_row(arena, groups[i], &bill, by);
        struct draft *draft = get_draft(arena, &drafts, key_row(arena, name, &bill, by));
        if (!draft->row.name) {
            draft->row.name = name;
            draft->row.bill = bill;
        }
        add(&draft->row, groups[i]);
        add(&table.sum, groups[i]);
    }
    collect(arena, &table, drafts);
    HASH_CLEAR(hh, drafts);
    return table;
}
