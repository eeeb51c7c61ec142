/* Findings by key; see finding_index.h. */
#include "finding_index.h"

#include "say.h"
#include "site_key.h"

#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* What findings that are one come to. */
struct sum {
    uint64_t blocks, bytes;
    size_t processes; /* the largest number that one of them came in */
};

struct key_entry {
    struct sum sum;
    UT_hash_handle hh;
};

struct site_entry {
    uint64_t site;
    struct sum sum;
    UT_hash_handle hh;
};

struct cst_finding_index {
    struct cst_arena arena;
    const struct cst_groups *groups;
    struct cst_symbols *symbols;
    struct key_entry *by_key;
    struct site_entry *by_site;
    bool sites_made;
};

static void add(struct sum *sum, const struct cst_group *group)
{
    sum->blocks += group->leak_blocks;
    sum->bytes += group->leak_bytes;
    sum->processes = group->processes > sum->processes ? group->processes : sum->processes;
}

struct cst_finding_index *cst_finding_index_new(const struct cst_groups *groups, struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    struct cst_finding_index *index = cst_arena_alloc(&arena, sizeof *index);
    index->arena = arena;
    index->groups = groups;
    index->symbols = symbols;
    for (size_t i = 0; i < groups->count; i++) {
        const char *key = groups->items[i].first->key;
        if (*key) {
            struct key_entry *entry = cst_arena_alloc(&index->arena, sizeof *entry);
            add(&entry->sum, &groups->items[i]);
            HASH_ADD_KEYPTR(hh, index->by_key, key, strlen(key), entry);
        }
    }
    return index;
}

static struct site_entry *find_site(const struct cst_finding_index *index, uint64_t site)
{
    struct site_entry *entry = NULL;
    HASH_FIND(hh, index->by_site, &site, sizeof site, entry);
    return entry;
}

static void make_sites(struct cst_finding_index *index)
{
    index->sites_made = true;
    for (size_t i = 0; i < index->groups->count; i++) {
        uint64_t site = cst_site_key(index->symbols, index->groups->items[i].first);
        if (site == 0) {
            continue;
        }
        struct site_entry *entry = find_site(index, site);
        if (!entry) {
            entry = cst_arena_alloc(&index->arena, sizeof *entry);
            entry->site = site;
            HASH_ADD(hh, index->by_site, site, sizeof site, entry);
        }
        add(&entry->sum, &index->groups->items[i]);
    }
}

static const struct sum *find_by_site(struct cst_finding_index *index, const struct cst_group *group)
{
    if (!index->sites_made) {
        make_sites(index);
    }
    uint64_t site = cst_site_key(index->symbols, group->first);
    const struct site_entry *entry = site ? find_site(index, site) : NULL;
    return entry ? &entry->sum : NULL;
}

static const struct sum *find_by_key(const struct cst_finding_index *index, const char *key)
{
    struct key_entry *entry = NULL;
    HASH_FIND_STR(index->by_key, key, entry);
    return entry ? &entry->sum : NULL;
}

bool cst_finding_index_has(struct cst_finding_index *index, const struct cst_group *group)
{
    return find_by_key(index, group->first->key) || find_by_site(index, group);
}

static uint64_t share_of(uint64_t whole, size_t processes)
{
    return processes > 1 ? whole / processes + (whole % processes != 0) : whole;
}

static struct cst_finding_amount amount_of(const struct sum *sum)
{
    return (struct cst_finding_amount){share_of(sum->blocks, sum->processes), share_of(sum->bytes, sum->processes)};
}

enum cst_finding_standing cst_finding_index_compare(struct cst_finding_index *before, struct cst_finding_index *now,
                                                    const struct cst_group *group,
                                                    struct cst_finding_amount *out_before,
                                                    struct cst_finding_amount *out_now)
{
    struct sum alone = {group->leak_blocks, group->leak_bytes, group->processes};
    const struct sum *sum_now = &alone;
    const struct sum *sum_before = find_by_key(before, group->first->key);
    if (!sum_before) {
        sum_before = find_by_site(before, group);
        sum_now = sum_before ? find_by_site(now, group) : NULL;
    }
    if (!sum_before || !sum_now) {
        return CST_FINDING_FRESH;
    }
    *out_before = amount_of(sum_before);
    *out_now = amount_of(sum_now);
    bool grew = out_now->bytes > out_before->bytes || out_now->blocks > out_before->blocks;
    return grew ? CST_FINDING_GREW : CST_FINDING_KNOWN;
}

void cst_finding_index_free(struct cst_finding_index *index)
{
    HASH_CLEAR(hh, index->by_key);
    HASH_CLEAR(hh, index->by_site);
    struct cst_arena arena = index->arena; /* which the index itself lies in */
    cst_arena_free(&arena);
}
