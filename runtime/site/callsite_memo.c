/* Traces that are not made twice; see the header. */
#include "site/callsite_memo.h"

#include "base/lock.h"
#include "site/module.h"

#include <string.h>

#define ROWS 512U

/* A trace may rest on which functions are redirected, and whose Rust entries are known; that changes when a module comes. */
static struct row {
    uintptr_t function; /* where it begins; 0: none is kept here */
    struct cst_goal goal;
    uint32_t modules; /* that were known */
    struct cst_tail tail;
    struct cst_grounds grounds; /* that it rests on */
} rows[ROWS];

static struct cst_lock lock = CST_LOCK_INIT;

static struct row *row_of(uintptr_t function, enum custody_door door)
{
    uint64_t hash = ((uint64_t)function + (uint64_t)door) * UINT64_C(0x9e3779b97f4a7c15);
    return &rows[(hash >> 32) % ROWS];
}

static bool holds(const struct row *row, const struct row *wanted)
{
    return row->function == wanted->function && row->goal.name == wanted->goal.name &&
           row->goal.door == wanted->goal.door && row->modules == wanted->modules &&
           cst_grounds_are_as_noted(&row->grounds);
}

/* Fills in the answer to what is wanted, when it is kept. */
static bool find(struct row *wanted)
{
    cst_lock_acquire(&lock);
    const struct row *row = row_of(wanted->function, wanted->goal.name);
    bool found = holds(row, wanted);
    if (found) {
        *wanted = *row;
    }
    cst_lock_release(&lock);
    return found;
}

static void keep(const struct row *what)
{
    cst_lock_acquire(&lock);
    *row_of(what->function, what->goal.name) = *what;
    cst_lock_release(&lock);
}

struct cst_tail cst_memo_trace(const struct cst_landing *start, const struct cst_goal *goal,
                               struct cst_grounds *grounds)
{
    struct row what = {.function = start->function.lo, .goal = *goal, .modules = cst_module_count()};
    if (!find(&what)) {
        what.tail = cst_tail_trace(start, goal, &what.grounds);
        if (!what.tail.passing && !what.grounds.too_many) {
            keep(&what);
        }
    }
    for (size_t i = 0; i < what.grounds.count; i++) {
        cst_grounds_add(grounds, what.grounds.words[i].variable, what.grounds.words[i].value);
    }
    grounds->too_many |= what.grounds.too_many;
    return what.tail;
}

void cst_memo_forget(void)
{
    cst_lock_acquire(&lock);
    memset(rows, 0, sizeof rows);
    cst_lock_release(&lock);
}

void cst_memo_after_fork(void)
{
    cst_lock_reset(&lock);
}
