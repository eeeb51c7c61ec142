/* The ledger's book: see ledger_book.h. */
#include "core/ledger_book.h"

#include "core/adopted.h"
#include "core/heap.h"

/* Loans of one block that have ended and are still known. */
#define ENDED_KEPT 8U

/* Blocks that are gone and whose loans are still known. */
#define CLOSED_KEPT 64U

static struct cst_ledger_entry *entries, *unused_entries;
static struct cst_loan *loans, *unused_loans;
static struct cst_ledger_entry *closed[CLOSED_KEPT]; /* a ring */
static size_t closed_count;
static uint64_t last_number;

struct cst_ledger_block cst_book_locate(uintptr_t address)
{
    struct cst_ledger_block block = {.start = address};
    struct cst_adopted adopted;
    if (cst_tag_covers(address)) {
        struct cst_tag_hit hit = cst_heap_find(address);
        block.is_seen = block.is_ours = hit.state == CST_STATE_LIVE;
        block.is_dead = hit.state == CST_STATE_RELEASED;
        if (block.is_seen) {
            block.start = hit.start;
            block.tag = cst_tag_read(hit.tag);
        }
    } else if (cst_adopted_find(address, &adopted)) {
        block.is_seen = cst_tag_state(&adopted.tag) == CST_STATE_LIVE;
        block.is_dead = !block.is_seen;
        block.tag = adopted.tag;
    }
    return block;
}

/* A block that is not watched is none that was entered; another allocator's is the same while it was made at the same place,
 * too. */
bool cst_book_is_current(const struct cst_ledger_entry *entry)
{
    const struct cst_ledger_block *known = &entry->block;
    if (!known->is_seen)
        return !cst_book_locate(known->start).is_seen;
    struct cst_ledger_block now = cst_book_locate(known->start);
    if (!now.is_seen || now.start != known->start)
        return false;
    if (!cst_watch_is_by(CST_WATCHER_LEDGER, known->start))
        return false;
    return now.is_ours || (cst_tag_alloc_stack(&now.tag) == cst_tag_alloc_stack(&known->tag) &&
                           cst_tag_size(&now.tag) == cst_tag_size(&known->tag));
}

struct cst_ledger_entry *cst_book_find_start(uintptr_t start)
{
    struct cst_ledger_entry *found;
    HASH_FIND(hh, entries, &start, sizeof start, found);
    return found;
}

struct cst_ledger_entry *cst_book_find(const struct cst_ledger_block *block)
{
    struct cst_ledger_entry *entry = cst_book_find_start(block->start);
    if (!entry || cst_book_is_current(entry))
        return entry;
    cst_book_close(entry, CST_LOAN_LAPSED);
    return NULL;
}

static bool add(struct cst_ledger_entry *entry)
{
    HASH_ADD(hh, entries, block.start, sizeof entry->block.start, entry);
    return entry->hh.tbl != NULL;
}

static void take_from_table(struct cst_ledger_entry *entry)
{
    HASH_DEL(entries, entry);
}

static struct cst_ledger_entry *take_entry(void)
{
    struct cst_ledger_entry *entry = unused_entries;
    if (!entry)
        return cst_pool_alloc(sizeof *entry);
    unused_entries = entry->next;
    return entry;
}

static void free_entry(struct cst_ledger_entry *entry)
{
    cst_history_clear(&entry->history);
    entry->next = unused_entries;
    unused_entries = entry;
}

const struct cst_loan *cst_book_own_loan(const struct cst_loan *loan)
{
    while (loan && loan->generation != cst_thread.generation)
        loan = loan->next;
    return loan;
}

struct cst_ledger_entry *cst_book_open(const struct cst_ledger_block *block, uint16_t owner,
                                       const struct cst_watcher *watcher)
{
    struct cst_ledger_entry *entry = take_entry();
    if (!entry)
        return NULL;
    *entry = (struct cst_ledger_entry){.block = *block, .owner = owner};
    if (!add(entry)) {
        free_entry(entry);
        return NULL;
    }
    if (block->is_seen && !cst_watch_set(watcher, block->start)) {
        take_from_table(entry);
        free_entry(entry);
        return NULL;
    }
    return entry;
}

static void free_loan(struct cst_loan *loan)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the last loan of the table is not deleted twice */
    HASH_DEL(loans, loan);
    loan->next = unused_loans;
    unused_loans = loan;
}

static void free_ended(struct cst_loan **from)
{
    while (*from) {
        struct cst_loan *loan = *from;
        *from = loan->next;
        free_loan(loan);
    }
}

/* An entry that is not in the table stays in the ring for a while. */
static void retire(struct cst_ledger_entry *entry, enum cst_loan_state state)
{
    while (entry->out)
        cst_book_end_loan(entry->out, state);
    struct cst_ledger_entry **place = &closed[closed_count++ % CLOSED_KEPT];
    if (*place) {
        free_ended(&(*place)->ended);
        free_entry(*place);
    }
    *place = entry;
}

void cst_book_close(struct cst_ledger_entry *entry, enum cst_loan_state state)
{
    take_from_table(entry);
    retire(entry, state);
}

void cst_book_move(struct cst_ledger_entry *entry, uintptr_t to)
{
    take_from_table(entry);
    struct cst_ledger_entry *other = cst_book_find_start(to);
    if (other)
        cst_book_close(other, CST_LOAN_LAPSED);
    entry->block = cst_book_locate(to);
    entry->block.start = to;
    if (!add(entry))
        retire(entry, CST_LOAN_LAPSED);
}

static struct cst_loan *take_loan(void)
{
    struct cst_loan *loan = unused_loans;
    if (!loan)
        return cst_pool_alloc(sizeof *loan);
    unused_loans = loan->next;
    return loan;
}

static void put(struct cst_loan **list, struct cst_loan *loan)
{
    loan->prev = NULL;
    loan->next = *list;
    if (*list)
        (*list)->prev = loan;
    *list = loan;
}

static void take_out(struct cst_loan **list, struct cst_loan *loan)
{
    if (loan->prev)
        loan->prev->next = loan->next;
    else
        *list = loan->next;
    if (loan->next)
        loan->next->prev = loan->prev;
}

static void forget_oldest(struct cst_ledger_entry *entry)
{
    struct cst_loan *loan = entry->ended;
    for (unsigned i = 1; loan && i < ENDED_KEPT; i++)
        loan = loan->next;
    if (loan)
        free_ended(&loan->next);
}

struct cst_loan *cst_book_lend(struct cst_ledger_entry *entry, struct cst_loan *lender, uint16_t from, uint16_t to,
                               bool is_exclusive)
{
    struct cst_loan *loan = take_loan();
    if (!loan)
        return NULL;
    *loan = (struct cst_loan){.number = last_number + 1,
                              .entry = entry,
                              .lender = lender,
                              .from = from,
                              .to = to,
                              .generation = cst_thread.generation,
                              .is_exclusive = is_exclusive};
    HASH_ADD(hh, loans, number, sizeof loan->number, loan);
    if (!loan->hh.tbl) {
        loan->next = unused_loans;
        unused_loans = loan;
        return NULL;
    }
    last_number++;
    put(&entry->out, loan);
    struct cst_loan_parts *parts = cst_book_parts(entry, lender);
    parts->out++;
    parts->exclusive += is_exclusive;
    return loan;
}

void cst_book_end_loan(struct cst_loan *loan, enum cst_loan_state state)
{
    struct cst_ledger_entry *entry = loan->entry;
    struct cst_loan_parts *parts = cst_book_parts(entry, loan->lender);
    parts->out--;
    parts->exclusive -= loan->is_exclusive;
    loan->state = state;
    loan->lender = NULL;
    take_out(&entry->out, loan);
    put(&entry->ended, loan);
    forget_oldest(entry);
}

struct cst_loan *cst_book_loan(uint64_t number)
{
    struct cst_loan *found;
    HASH_FIND(hh, loans, &number, sizeof number, found);
    return found;
}

void cst_book_each(void (*visit)(struct cst_ledger_entry *entry, void *data), void *data)
{
    for (struct cst_ledger_entry *entry = entries; entry; entry = entry->hh.next)
        visit(entry, data);
}
