/* The ledger: see ledger.h. What is found under the lock becomes a report, which is told when the lock is free. */
#include "core/ledger.h"

#include "base/lock.h"
#include "core/adopted.h"
#include "core/engine.h"
#include "core/ledger_report.h"
#include "core/rules.h"
#include "core/watch.h"

#include <string.h>

static struct cst_lock lock = CST_LOCK_INIT;
static bool is_over; /* the end has been told: nothing is judged any more */

static bool ask(const struct cst_watched *what);
static void resized(const struct cst_watched *what, const struct cst_watch_move *move);
static const struct cst_watcher watcher = {.id = CST_WATCHER_LEDGER, .ask = ask, .resized = resized};

/* ---- who is who ---- */

/* True when these are two parties for certain. */
static bool are_two(uint16_t a, uint16_t b)
{
    if (a == b || a == CST_SIDE_UNKNOWN || b == CST_SIDE_UNKNOWN)
        return false;
    const struct cst_side *one = cst_side_get(a), *other = cst_side_get(b);
    if (!one->module || !other->module)
        return !one->module && !other->module;
    return one->module != other->module && strcmp(one->name, other->name) != 0;
}

static struct cst_rule_party party(uint16_t side, enum custody_contract contract)
{
    const struct cst_side *facts = cst_side_get(side);
    return (struct cst_rule_party){.side = side,
                                   .module = facts->module,
                                   .contract = contract,
                                   .name = side == CST_SIDE_UNKNOWN ? NULL : facts->name};
}

/* Whether who releases a block that was handed over is its owner; how it does so is for the rules to judge. */
static bool may_release(const struct cst_ledger_entry *entry, const struct cst_origin *origin)
{
    const struct cst_rule_party owner = party(entry->owner, entry->contract),
                                by = party(origin->side, (enum custody_contract)origin->contract);
    return cst_rules_may_release(&owner, &by);
}

/* Who owns a block of which nothing was said before: blocks that Custody makes belong to the side that they are made for. Of
 * others whoever says so, since the side that a program registered may be the module that made it. */
static uint16_t first_owner(const struct cst_ledger_block *block, uint16_t from)
{
    bool is_told = block->is_seen && cst_tag_contract(&block->tag) == CUSTODY_CONTRACT_CUSTODY;
    return is_told ? cst_tag_side(&block->tag) : from;
}

/* ---- what the program says ---- */

static void note_made(struct cst_ledger_entry *entry)
{
    const struct cst_tag *tag = &entry->block.tag;
    if (!entry->block.is_seen || cst_tag_contract(tag) == CUSTODY_CONTRACT_UNKNOWN)
        return;
    const struct cst_deed made = {
        .deed = CUSTODY_DEED_MADE, .by = cst_tag_side(tag), .stack = cst_tag_alloc_stack(tag), .is_past = true};
    cst_history_add(&entry->history, &made);
}

/* The entry of the block, which is opened where there is none; NULL when memory is out. */
static struct cst_ledger_entry *entry_of(const struct cst_ledger_block *block, uint16_t from)
{
    struct cst_ledger_entry *entry = cst_book_find(block);
    if (entry)
        return entry;
    entry = cst_book_open(block, first_owner(block, from), &watcher);
    if (entry)
        note_made(entry);
    return entry;
}

static void send_event(const char *event, const struct cst_deed *deed, uint64_t number,
                       const struct cst_ledger_block *block)
{
    cst_breach_event(event, deed, number, block->start, block->is_seen ? cst_tag_size(&block->tag) : 0, NULL);
}

/* The tag of the block says whose it is, so that the rules judge its release by that. */
static void hand_on(const struct cst_ledger_entry *entry)
{
    const struct cst_ledger_block *block = &entry->block;
    uint16_t owner = cst_owner_make(entry->contract, entry->owner);
    struct cst_adopted before;
    if (block->is_ours) {
        cst_engine_hand_on(cst_tag_of(block->start), owner);
    } else if (block->is_seen && cst_adopted_hand_on(block->start, owner, &before)) {
        cst_count_free(cst_tag_side(&before.tag), cst_tag_size(&before.tag));
        cst_count_alloc(entry->owner, cst_tag_size(&before.tag));
    }
}

static void change_owner(struct cst_ledger_entry *entry, const struct cst_ledger_act *act,
                         enum custody_contract release)
{
    if (release == CUSTODY_CONTRACT_UNKNOWN && !entry->is_transferred && entry->block.is_seen)
        release = cst_tag_contract(&entry->block.tag);
    if (release != CUSTODY_CONTRACT_UNKNOWN)
        entry->contract = release;
    entry->owner = act->deed.to;
    entry->is_transferred = true;
    entry->generation = cst_thread.generation;
    cst_history_add(&entry->history, &act->deed);
    hand_on(entry);
}

static void transfer(const struct cst_ledger_act *act, const struct cst_ledger_block *block,
                     enum custody_contract release, struct cst_ledger_report *report)
{
    if (block->is_dead) {
        cst_ledger_report_dead(report, act, block);
        return;
    }
    struct cst_ledger_entry *entry = entry_of(block, act->deed.by);
    if (!entry)
        return;
    if (cst_book_own_loan(entry->out))
        cst_ledger_report_lent(report, act, entry);
    else if (are_two(entry->owner, act->deed.by))
        cst_ledger_report_not_owner(report, act, entry);
    else
        change_owner(entry, act, release);
}

bool cst_ledger_transfer(const struct cst_call *call, uintptr_t address, uint16_t from, uint16_t to,
                         enum custody_contract release)
{
    struct cst_ledger_report report = {.found = false};
    const struct cst_ledger_act act = {.call = call,
                                       .function = "custody_transfer",
                                       .deed = {.deed = CUSTODY_DEED_TRANSFERRED,
                                                .by = from,
                                                .to = to,
                                                .contract = release,
                                                .stack = cst_history_stack(call)}};
    cst_lock_acquire(&lock);
    const struct cst_ledger_block block = cst_book_locate(address);
    if (!is_over)
        transfer(&act, &block, release, &report);
    cst_lock_release(&lock);
    cst_ledger_report_refused(&report, CUSTODY_DEED_TRANSFER_REFUSED);
    if (!report.found)
        send_event("transfer", &act.deed, 0, &block);
    return cst_ledger_report_tell(&report);
}

static bool excludes(const struct cst_loan_parts *parts, bool is_exclusive)
{
    return parts->exclusive > 0 || (is_exclusive && parts->out > 0);
}

static bool may_lend_on(const struct cst_loan *loan, bool is_exclusive)
{
    return (loan->is_exclusive || !is_exclusive) && !excludes(&loan->parts, is_exclusive);
}

/* As what a side lends: as the owner, or from a loan that it has. */
struct role {
    bool is_any, is_allowed;
    struct cst_loan *lender; /* NULL for the owner */
};

static bool is_it(uint16_t known, uint16_t from, bool for_certain)
{
    return for_certain ? known == from : !are_two(known, from);
}

/* Takes a role in which lending is allowed, if there is one. */
static void find_role(struct cst_ledger_entry *entry, uint16_t from, bool for_certain, bool is_exclusive,
                      struct role *role)
{
    if (is_it(entry->owner, from, for_certain)) {
        role->is_any = true;
        role->is_allowed = !excludes(&entry->parts, is_exclusive);
    }
    for (struct cst_loan *loan = entry->out; loan && !role->is_allowed; loan = loan->next) {
        if (is_it(loan->to, from, for_certain)) {
            role->is_any = true;
            role->is_allowed = may_lend_on(loan, is_exclusive);
            role->lender = loan;
        }
    }
}

static struct role role_of(struct cst_ledger_entry *entry, uint16_t from, bool is_exclusive)
{
    struct role role = {.is_any = false};
    find_role(entry, from, true, is_exclusive, &role);
    if (!role.is_allowed) {
        role.lender = NULL;
        find_role(entry, from, false, is_exclusive, &role);
    }
    return role;
}

static uint64_t lend(const struct cst_ledger_act *act, const struct cst_ledger_block *block, bool is_exclusive,
                     struct cst_ledger_report *report)
{
    struct cst_ledger_entry *entry = entry_of(block, act->deed.by);
    if (!entry)
        return 0;
    const struct role role = role_of(entry, act->deed.by, is_exclusive);
    if (!role.is_any) {
        cst_ledger_report_not_owner(report, act, entry);
        return 0;
    }
    if (!role.is_allowed) {
        cst_ledger_report_conflict(report, act, entry);
        return 0;
    }
    const struct cst_loan *loan = cst_book_lend(entry, role.lender, act->deed.by, act->deed.to, is_exclusive);
    if (!loan)
        return 0;
    cst_history_add(&entry->history, &act->deed);
    return loan->number;
}

bool cst_ledger_lend(const struct cst_call *call, uintptr_t address, uint16_t from, uint16_t to, bool is_exclusive,
                     uint64_t *out_loan)
{
    struct cst_ledger_report report = {.found = false};
    const struct cst_ledger_act act = {
        .call = call,
        .function = "custody_lend",
        .deed = {.deed = is_exclusive ? CUSTODY_DEED_LENT_EXCLUSIVELY : CUSTODY_DEED_LENT,
                 .by = from,
                 .to = to,
                 .stack = cst_history_stack(call)}};
    cst_lock_acquire(&lock);
    const struct cst_ledger_block block = cst_book_locate(address);
    *out_loan = is_over ? 0 : lend(&act, &block, is_exclusive, &report);
    cst_lock_release(&lock);
    if (*out_loan)
        send_event("lend", &act.deed, *out_loan, &block);
    cst_ledger_report_refused(&report, CUSTODY_DEED_LEND_REFUSED);
    return cst_ledger_report_tell(&report);
}

/* The last loan that is out of what was lent on from `loan`, directly or not; NULL when there is none. Nothing was lent on
 * from that one. */
static struct cst_loan *last_part_of(const struct cst_loan *loan)
{
    for (struct cst_loan *part = loan->parts.out ? loan->entry->out : NULL; part; part = part->next) {
        for (const struct cst_loan *lender = part->lender; lender; lender = lender->lender) {
            if (lender == loan)
                return part;
        }
    }
    return NULL;
}

/* Memory whose release is not seen may be anything as soon as nobody has it on loan. */
static void close_unseen(struct cst_ledger_entry *entry)
{
    if (!entry->block.is_seen && !entry->is_transferred && !entry->out)
        cst_book_close(entry, CST_LOAN_LAPSED);
}

static void end_loan(struct cst_ledger_act *act, struct cst_loan *loan)
{
    struct cst_ledger_entry *entry = loan->entry;
    act->deed.by = loan->to;
    act->deed.to = loan->from;
    cst_history_add(&entry->history, &act->deed);
    cst_book_end_loan(loan, CST_LOAN_RETURNED);
    close_unseen(entry);
}

/* One step of a return, under the lock: a part of the loan that is out, or the loan itself. */
enum step { STEP_PART, STEP_DONE, STEP_REFUSED };

static enum step return_loan(struct cst_ledger_act *act, struct cst_loan *loan, struct cst_ledger_report *report,
                             struct cst_ledger_block *out_block)
{
    act->deed.by = loan->to;
    act->deed.to = loan->from;
    *out_block = loan->entry->block;
    struct cst_loan *part = last_part_of(loan);
    if (part) {
        if (part->generation == cst_thread.generation)
            cst_ledger_report_outlived(report, act, part, "before what it is a part of is returned");
        cst_book_end_loan(part, CST_LOAN_TAKEN_BACK);
        return STEP_PART;
    }
    enum cst_loan_state state = loan->state;
    switch (state) {
    case CST_LOAN_OUT:
        end_loan(act, loan);
        return STEP_DONE;
    case CST_LOAN_RETURNED:
        cst_ledger_report_outlived(report, act, loan, "once");
        return STEP_REFUSED;
    case CST_LOAN_GONE:
        cst_ledger_report_outlived(report, act, loan, "before the block is released");
        break;
    case CST_LOAN_TAKEN_BACK: /* which was told */
    case CST_LOAN_LAPSED:
        break;
    }
    loan->state = CST_LOAN_RETURNED;
    return state == CST_LOAN_LAPSED ? STEP_DONE : STEP_REFUSED;
}

bool cst_ledger_return(const struct cst_call *call, uint64_t number)
{
    struct cst_ledger_act act = {.call = call,
                                 .function = "custody_return",
                                 .deed = {.deed = CUSTODY_DEED_RETURNED, .stack = cst_history_stack(call)}};
    bool is_good = true;
    for (;;) {
        struct cst_ledger_report report = {.found = false};
        struct cst_ledger_block block = {.start = 0};
        enum step step = STEP_DONE;
        cst_lock_acquire(&lock);
        struct cst_loan *loan = is_over ? NULL : cst_book_loan(number);
        if (loan)
            step = return_loan(&act, loan, &report, &block);
        else if (!is_over)
            cst_ledger_report_no_loan(&report, &act, number);
        cst_lock_release(&lock);
        if (step == STEP_DONE && block.start)
            send_event("lend", &act.deed, number, &block);
        if (step == STEP_REFUSED || !loan)
            cst_ledger_report_refused(&report, CUSTODY_DEED_RETURN_REFUSED);
        is_good &= cst_ledger_report_tell(&report) && step != STEP_REFUSED;
        if (step != STEP_PART)
            return is_good;
    }
}

/* ---- the end of a block ---- */

/* Closes the entry of a block that is released by `act`. */
static void end_block(const struct cst_ledger_act *act, struct cst_ledger_entry *entry)
{
    cst_history_add(&entry->history, &act->deed);
    cst_book_close(entry, CST_LOAN_GONE);
}

bool cst_ledger_releasing(const struct cst_call *call, uint16_t side, uintptr_t address)
{
    struct cst_ledger_report report = {.found = false};
    const struct cst_ledger_act act = {
        .call = call,
        .function = "custody_releasing",
        .deed = {.deed = CUSTODY_DEED_RELEASED, .by = side, .stack = cst_history_stack(call)}};
    cst_lock_acquire(&lock);
    const struct cst_ledger_block block = cst_book_locate(address);
    struct cst_ledger_entry *entry = is_over || block.is_dead ? NULL : cst_book_find(&block);
    if (entry) {
        if (cst_book_own_loan(entry->out))
            cst_ledger_report_lent(&report, &act, entry);
        else if (are_two(entry->owner, side))
            cst_ledger_report_not_owner(&report, &act, entry);
        cst_watch_clear(&watcher, block.start);
        end_block(&act, entry);
    }
    cst_lock_release(&lock);
    if (entry)
        send_event("transfer", &act.deed, 0, &block);
    return cst_ledger_report_tell(&report);
}

static struct cst_ledger_act act_of(const struct cst_watched *what)
{
    return (struct cst_ledger_act){
        .call = what->call,
        .deed = {.deed = CUSTODY_DEED_RELEASED, .by = what->origin->side, .stack = what->origin->stack}};
}

/* Who resizes a block must own it; whether it may be on loan meanwhile depends on what becomes of it. */
static bool ask(const struct cst_watched *what)
{
    struct cst_ledger_report report = {.found = false};
    const struct cst_ledger_act act = act_of(what);
    struct cst_ledger_block block = {.start = 0};
    cst_lock_acquire(&lock);
    struct cst_ledger_entry *entry = is_over ? NULL : cst_book_find_start(what->start);
    bool is_owner = !entry || !entry->is_transferred || what->handed_over || may_release(entry, what->origin);
    if (entry && cst_book_own_loan(entry->out) && !what->resizes)
        cst_ledger_report_lent(&report, &act, entry);
    else if (!is_owner)
        cst_ledger_report_not_owner(&report, &act, entry);
    if (entry && !what->resizes) {
        block = entry->block;
        end_block(&act, entry);
    }
    cst_lock_release(&lock);
    if (block.start)
        send_event("transfer", &act.deed, 0, &block);
    (void)cst_ledger_report_tell(&report);
    return is_owner;
}

/* What was handed over is the receiver's still, whoever resized it: that has been told. */
static void resized(const struct cst_watched *what, const struct cst_watch_move *move)
{
    struct cst_ledger_report report = {.found = false};
    const struct cst_ledger_act act = act_of(what);
    cst_lock_acquire(&lock);
    struct cst_ledger_entry *entry = is_over ? NULL : cst_book_find_start(what->start);
    if (entry) {
        if (entry->out && (move->to != what->start || move->size_after < move->size_before))
            cst_ledger_report_lent(&report, &act, entry);
        cst_book_move(entry, move->to);
        if (entry->is_transferred)
            hand_on(entry);
    }
    cst_lock_release(&lock);
    (void)cst_ledger_report_tell(&report);
}

/* ---- questions, and the end ---- */

/* The entry of the block, for a question about it; under the lock. */
static const struct cst_ledger_entry *look(uintptr_t address)
{
    const struct cst_ledger_block block = cst_book_locate(address);
    return is_over ? NULL : cst_book_find(&block);
}

size_t cst_ledger_loans(uintptr_t address)
{
    size_t count = 0;
    cst_lock_acquire(&lock);
    const struct cst_ledger_entry *entry = look(address);
    for (const struct cst_loan *loan = entry ? entry->out : NULL; loan; loan = loan->next)
        count++;
    cst_lock_release(&lock);
    return count;
}

void cst_ledger_history(uintptr_t address, struct cst_history_copy *out_copy)
{
    out_copy->count = out_copy->left_out = 0;
    cst_lock_acquire(&lock);
    const struct cst_ledger_entry *entry = look(address);
    if (entry)
        cst_history_copy(&entry->history, out_copy);
    cst_lock_release(&lock);
}

static void tell_leak(const struct cst_ledger_entry *entry)
{
    struct cst_ledger_report report;
    cst_ledger_report_left(&report, entry);
    (void)cst_ledger_report_tell(&report);
}

static bool is_leaked(const struct cst_ledger_entry *entry)
{
    return cst_book_is_current(entry) && entry->is_transferred && entry->generation == cst_thread.generation;
}

static void tell_left(struct cst_ledger_entry *entry, void *data)
{
    (void)data;
    if (!cst_book_is_current(entry))
        return;
    if (is_leaked(entry))
        tell_leak(entry);
    for (const struct cst_loan *loan = entry->out; loan; loan = loan->next) {
        struct cst_ledger_report report;
        const struct cst_ledger_act act = {.call = NULL};
        if (loan->generation != cst_thread.generation)
            continue;
        cst_ledger_report_outlived(&report, &act, loan, "before the process ends");
        (void)cst_ledger_report_tell(&report);
    }
}

static void mark_told(struct cst_ledger_entry *entry, void *data)
{
    (void)data;
    if (is_leaked(entry))
        cst_watch_told(&watcher, entry->block.start);
}

/* Since nothing is entered any more, the book needs no lock; but whoever releases a block waits for it. */
void cst_ledger_farewell(void)
{
    cst_lock_acquire(&lock);
    bool was_over = is_over;
    is_over = true;
    if (!was_over)
        cst_book_each(mark_told, NULL);
    cst_lock_release(&lock);
    if (!was_over)
        cst_book_each(tell_left, NULL);
}

void cst_ledger_after_fork(void)
{
    cst_lock_reset(&lock);
}
