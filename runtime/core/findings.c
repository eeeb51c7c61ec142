/* Findings on their way out: see findings.h. An open-addressed table of identities; an entry is taken by setting its
 * identity, and whoever set it tells the sink. */
#include "core/findings.h"

#include <stdatomic.h>
#include <string.h>

#define SLOTS (2 * CST_FINDINGS_MAX)

/* Where entries come first, so that those of a process with few lie in few pages; each looks at so many slots there. */
#define FIRST_SLOTS ((size_t)2048)
#define FIRST_PROBES ((size_t)8)

struct entry {
    _Atomic uint64_t identity; /* 0: free */
    _Atomic uint64_t count, key;
};

static struct entry entries[SLOTS];
static _Atomic unsigned entry_count, note_count;
static _Atomic uint64_t by_severity[CUSTODY_SEVERITY_ERROR + 1];
static cst_finding_sink *the_sink;

void cst_findings_start(cst_finding_sink *sink)
{
    the_sink = sink;
}

static bool is_full(enum custody_severity severity)
{
    return atomic_load(&entry_count) >= CST_FINDINGS_MAX ||
           (severity == CUSTODY_SEVERITY_NOTE && atomic_load(&note_count) >= CST_FINDINGS_NOTES_MAX);
}

static void count_entry(enum custody_severity severity)
{
    atomic_fetch_add(&entry_count, 1);
    if (severity == CUSTODY_SEVERITY_NOTE)
        atomic_fetch_add(&note_count, 1);
}

/* Where `identity` is looked for, and put, in turn. */
static size_t slot_of(uint64_t identity, size_t probe)
{
    return probe < FIRST_PROBES ? (identity + probe) % FIRST_SLOTS : (identity + probe) % SLOTS;
}

/* The entry of `identity`, taking a free one when it is new (*out_fresh). NULL when there is none for it. */
static struct entry *find_or_take(uint64_t identity, enum custody_severity severity, bool *out_fresh)
{
    for (size_t probe = 0;; probe++) {
        size_t slot = slot_of(identity, probe);
        uint64_t found = atomic_load(&entries[slot].identity);
        if (found == 0) {
            if (is_full(severity))
                return NULL;
            if (atomic_compare_exchange_strong(&entries[slot].identity, &found, identity)) {
                count_entry(severity);
                *out_fresh = true;
                return &entries[slot];
            }
        }
        if (found == identity)
            return &entries[slot];
    }
}

void cst_findings_raise(const struct cst_finding *finding, uint64_t identity)
{
    bool fresh = false;
    struct entry *entry = find_or_take(identity ? identity : 1, finding->severity, &fresh);
    if (entry)
        atomic_fetch_add(&entry->count, 1);
    if (fresh || !entry)
        atomic_fetch_add(&by_severity[finding->severity], 1);
    if (fresh)
        atomic_store(&entry->key, the_sink(finding));
}

uint64_t cst_findings_count(enum custody_severity severity)
{
    return atomic_load(&by_severity[severity]);
}

void cst_findings_each_repeat(void (*visit)(uint64_t key, uint64_t count, void *data), void *data)
{
    size_t left = atomic_load(&entry_count);
    for (size_t slot = 0; slot < SLOTS && left > 0; slot++) {
        left -= atomic_load(&entries[slot].identity) != 0;
        uint64_t count = atomic_load(&entries[slot].count);
        if (count > 1)
            visit(atomic_load(&entries[slot].key), count, data);
    }
}

void cst_findings_after_fork(void)
{
    if (!entry_count)
        return;
    for (size_t slot = 0; slot < SLOTS; slot++)
        if (entries[slot].identity) /* what was never used need not be there */
            memset(&entries[slot], 0, sizeof entries[slot]);
    memset(by_severity, 0, sizeof by_severity);
    entry_count = note_count = 0;
}
