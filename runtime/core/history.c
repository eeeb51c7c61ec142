/* Histories: see history.h. Entries are linked, oldest first; when there are too many, the one behind the first half goes. */
#include "core/history.h"

#include "base/lock.h"
#include "base/pool.h"
#include "core/side.h"
#include "plat/sys.h"
#include "site/stack.h"

#include <string.h>

/* Of a long history the first moments say what it is about; the others are the latest. */
#define OLDEST_KEPT (CST_MOMENTS_MAX / 2)

struct cst_history_entry {
    struct cst_history_entry *next;
    struct cst_deed what;
    char thread[16];
};

/* Entries that are in nobody's history. */
static struct cst_history_entry *unused;
static struct cst_lock lock = CST_LOCK_INIT;

uint32_t cst_history_stack(const struct cst_call *call)
{
    if (cst_thread.stacks == 0)
        return 0;
    return cst_stack_get(call->return_address, call->frame, &cst_thread.bounds, cst_thread.stacks);
}

static struct cst_history_entry *take_entry(void)
{
    cst_lock_acquire(&lock);
    struct cst_history_entry *entry = unused;
    if (entry)
        unused = entry->next;
    cst_lock_release(&lock);
    return entry ? entry : cst_pool_alloc(sizeof *entry);
}

static void give_entries(struct cst_history_entry *first, struct cst_history_entry *last)
{
    cst_lock_acquire(&lock);
    last->next = unused;
    unused = first;
    cst_lock_release(&lock);
}

static void leave_middle_out(struct cst_history *history)
{
    struct cst_history_entry *before = history->first;
    for (unsigned i = 1; i < OLDEST_KEPT; i++)
        before = before->next;
    struct cst_history_entry *gone = before->next;
    before->next = gone->next;
    give_entries(gone, gone);
    history->kept--;
    history->left_out++;
}

void cst_history_add(struct cst_history *history, const struct cst_deed *deed)
{
    struct cst_history_entry *entry = take_entry();
    if (!entry) {
        history->left_out++;
        return;
    }
    *entry = (struct cst_history_entry){.what = *deed};
    if (!deed->is_past)
        cst_sys_thread_name(entry->thread);
    if (history->last)
        history->last->next = entry;
    else
        history->first = entry;
    history->last = entry;
    if (++history->kept > CST_MOMENTS_MAX - 1)
        leave_middle_out(history);
}

static struct cst_party party_of(uint16_t number, enum custody_contract contract)
{
    const struct cst_side *side = cst_side_get(number);
    return (struct cst_party){.side = side->name, .lang = side->lang, .contract = contract};
}

static struct cst_moment moment_of(const struct cst_deed *deed)
{
    return (struct cst_moment){.deed = deed->deed,
                               .by = party_of(deed->by, CUSTODY_CONTRACT_UNKNOWN),
                               .has_to = deed->to != CST_SIDE_UNKNOWN,
                               .to = party_of(deed->to, deed->contract),
                               .stack = deed->stack};
}

void cst_history_copy(const struct cst_history *history, struct cst_history_copy *out_copy)
{
    out_copy->count = 0;
    out_copy->left_out = history->left_out;
    for (const struct cst_history_entry *entry = history->first; entry; entry = entry->next) {
        struct cst_moment *moment = &out_copy->moments[out_copy->count++];
        *moment = moment_of(&entry->what);
        memcpy(moment->thread, entry->thread, sizeof moment->thread);
    }
}

void cst_history_copy_add(struct cst_history_copy *copy, const struct cst_deed *deed)
{
    if (copy->count == CST_MOMENTS_MAX)
        return;
    struct cst_moment *moment = &copy->moments[copy->count++];
    *moment = moment_of(deed);
    cst_sys_thread_name(moment->thread);
}

void cst_history_clear(struct cst_history *history)
{
    if (history->first)
        give_entries(history->first, history->last);
    *history = (struct cst_history){0};
}

void cst_history_after_fork(void)
{
    cst_lock_reset(&lock);
}
