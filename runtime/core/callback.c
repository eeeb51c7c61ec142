/* Callbacks: see callback.h. What a call did is settled under the lock of the callback's record, on copies of which it is told
 * after that. */
#include "core/callback.h"

#include "base/names.h"
#include "base/text.h"
#include "core/breach.h"
#include "core/callback_table.h"
#include "core/heap.h"
#include "core/watch.h"
#include "plat/sys.h"

#include <string.h>

/* How a call of the API does not fit. */
enum fault {
    FINE,
    NO_NUMBER,   /* the number was never given */
    GONE,        /* the callback was dropped */
    NOT_ENTERED, /* it is left, but was not entered */
    RUNNING,     /* it is dropped while it runs */
    RELEASED,    /* its data is released while it is registered */
};

/* What is known of a callback that a call is about, copied. */
struct case_facts {
    enum fault fault;
    const char *name; /* NULL when nothing is known */
    uint16_t keeper;
    uint64_t number;
    uintptr_t data;
    uint32_t entered; /* stack of the last call that was entered; 0 when there is none */
    char entered_in[16];
    struct cst_history_copy history;
};

/* A call of the API, on its way to history and log. */
struct use {
    const struct cst_call *call;
    const char *function;
    uint64_t number;
    struct cst_deed deed;
    struct case_facts facts; /* filled by judge, and by note as far as events need them */
};

static _Atomic bool is_closed[CST_SIDE_MAX];

/* False where the runtime could not be started. */
static bool is_audited(void)
{
    return cst_shadow.size != 0;
}

static void begin(struct use *use, const struct cst_call *call, const char *function, uint64_t number,
                  enum custody_deed deed)
{
    use->call = call;
    use->function = function;
    use->number = number;
    use->deed = (struct cst_deed){.deed = deed};
    use->facts.fault = FINE;
    use->facts.name = NULL;
    use->facts.keeper = CST_SIDE_UNKNOWN;
    use->facts.number = number;
    use->facts.data = 0;
    use->facts.entered = 0;
    use->facts.history.count = use->facts.history.left_out = 0;
    if (is_audited()) {
        use->deed.by = cst_origin_side_at(call->return_address - 1);
        use->deed.stack = cst_history_stack(call);
    }
}

static enum cst_callback_state state_of(const struct cst_callback *callback)
{
    return (enum cst_callback_state)atomic_load_explicit(&callback->state, memory_order_relaxed);
}

static void set_state(struct cst_callback *callback, enum cst_callback_state state)
{
    atomic_store(&callback->state, (uint8_t)state);
}

static void copy_facts(const struct cst_callback *callback, struct case_facts *out_facts)
{
    out_facts->name = callback->name;
    out_facts->keeper = callback->keeper;
    out_facts->number = callback->number;
    out_facts->data = (uintptr_t)atomic_load_explicit(&callback->data, memory_order_relaxed);
    out_facts->entered = callback->running > 0 ? callback->entered : 0;
    memcpy(out_facts->entered_in, callback->entered_in, sizeof out_facts->entered_in);
    cst_history_copy(&callback->history, &out_facts->history);
}

/* Under the lock, as all that follows up to the telling. */
static void fail(struct use *use, const struct cst_callback *callback, enum fault fault)
{
    use->facts.fault = fault;
    copy_facts(callback, &use->facts);
}

/* What a call did, for the event of it. */
static void note(struct use *use, struct cst_callback *callback)
{
    use->facts.name = callback->name;
    use->facts.data = (uintptr_t)atomic_load_explicit(&callback->data, memory_order_relaxed);
}

static void note_in_history(struct use *use, struct cst_callback *callback)
{
    if (is_audited())
        cst_history_add(&callback->history, &use->deed);
}

/* --- Telling --------------------------------------------------------------------------------------------------- */

static void write_advice(struct cst_text *text, const struct use *use)
{
    const char *name = use->facts.name ? use->facts.name : "the callback";
    switch (use->facts.fault) {
    case NO_NUMBER:
        cst_text_string(text, "a number that custody_callback_register() gave");
        return;
    case GONE:
        cst_text_format(text, "no use of %s after it was dropped, or its library closed", name);
        return;
    case NOT_ENTERED:
        cst_text_format(text, "custody_callback_leave() once after each call of %s that was entered", name);
        return;
    case RUNNING:
        cst_text_format(text, "to drop %s after its last call", name);
        return;
    case RELEASED:
        cst_text_format(text, "to drop %s before its data is released, and by nobody else where it has a drop function",
                        name);
        return;
    case FINE:
        break;
    }
}

/* The call that runs, as it was entered: perhaps by another thread than this. */
static void add_entered(struct case_facts *facts)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    size_t before = facts->history.count;
    if (cst_stack_load(facts->entered, frames) == 0)
        return;
    const struct cst_deed deed = {
        .deed = CUSTODY_DEED_ENTERED, .by = cst_origin_side_at(frames[0] - 1), .stack = facts->entered};
    cst_history_copy_add(&facts->history, &deed);
    if (facts->history.count > before)
        memcpy(facts->history.moments[before].thread, facts->entered_in, sizeof facts->entered_in);
}

/* `by` is CST_SIDE_UNKNOWN where the code that calls says it. */
static void tell(struct use *use, uint16_t by)
{
    char advice[384];
    struct cst_text text;
    struct case_facts *facts = &use->facts;
    if (!is_audited())
        return;
    cst_text_init(&text, advice, sizeof advice, 0);
    write_advice(&text, use);
    if (facts->fault == RUNNING)
        add_entered(facts);
    const struct cst_breach breach = {
        .kind = facts->fault == RUNNING || facts->fault == RELEASED ? CUSTODY_FINDING_RELEASED_WHILE_LENT
                                                                    : CUSTODY_FINDING_STALE_HANDLE,
        .address = facts->data,
        .by = by,
        .call = use->call,
        .told = {.function = use->function,
                 .advice = advice,
                 .type = facts->name ? facts->name : "callback",
                 .number = facts->number},
        .history = &facts->history,
        .owner = facts->keeper,
    };
    cst_breach_tell(&breach);
}

/* The end of every use: sends what was done, tells what was wrong. True when nothing was. */
static bool finish(struct use *use, bool is_done)
{
    if (is_done && is_audited())
        cst_breach_event("handle", &use->deed, use->facts.number, use->facts.data, 0, use->facts.name);
    if (use->facts.fault != FINE)
        tell(use, CST_SIDE_UNKNOWN);
    return use->facts.fault == FINE;
}

/* --- Watching --- the data, as far as it is a block whose release is seen. */

static bool released(const struct cst_watched *what);

static void moved(const struct cst_watched *what, const struct cst_watch_move *move);

static const struct cst_watcher watcher = {.id = CST_WATCHER_CALLBACK, .ask = released, .resized = moved};

/* Several callbacks may have the same data, so the block is watched until it is released. */
static void watch(void *data)
{
    if (is_audited() && cst_watch_sees((uintptr_t)data))
        (void)!cst_watch_set(&watcher, (uintptr_t)data);
}

/* Copies what is known of a callback of this process that is registered with the data at `start`. */
static bool copy_user(struct cst_callback *callback, uintptr_t start, struct case_facts *out_facts)
{
    if (state_of(callback) != CST_CALLBACK_LIVE || (uintptr_t)atomic_load(&callback->data) != start)
        return false;
    cst_callbacks_lock(callback);
    bool is_user = state_of(callback) == CST_CALLBACK_LIVE && (uintptr_t)atomic_load(&callback->data) == start &&
                   callback->generation == cst_thread.generation;
    if (is_user)
        copy_facts(callback, out_facts);
    cst_callbacks_unlock(callback);
    return is_user;
}

/* Callbacks are registered with data that is gone: the first of them is told of. */
static void tell_users(const struct cst_watched *what)
{
    struct use use = {.call = what->call};
    struct cst_callback *callback;
    for (size_t i = 0; (callback = cst_callbacks_at(i)) != NULL; i++) {
        if (copy_user(callback, what->start, &use.facts)) {
            use.facts.fault = RELEASED;
            tell(&use, what->origin->side);
            return;
        }
    }
}

static bool released(const struct cst_watched *what)
{
    if (!what->resizes)
        tell_users(what);
    return true;
}

static void moved(const struct cst_watched *what, const struct cst_watch_move *move)
{
    if (move->to != what->start)
        tell_users(what);
}

/* --- Beginning ------------------------------------------------------------------------------------------------- */

/* False when the keeper was closed meanwhile. */
static bool fill(struct use *use, struct cst_callback *callback, uint16_t keeper, const char *name, void *data,
                 void (*drop)(void *data))
{
    cst_callbacks_lock(callback);
    callback->keeper = keeper;
    callback->generation = cst_thread.generation;
    callback->name = name;
    callback->drop = drop;
    atomic_store(&callback->data, data);
    bool is_open = !atomic_load(&is_closed[keeper]);
    set_state(callback, is_open ? CST_CALLBACK_LIVE : CST_CALLBACK_DROPPED);
    use->facts.number = callback->number;
    note(use, callback);
    note_in_history(use, callback);
    cst_callbacks_unlock(callback);
    if (!is_open)
        cst_callbacks_retire(callback);
    return is_open;
}

custody_status cst_callback_register(const struct cst_call *call, uint16_t keeper, const char *name, void *data,
                                     void (*drop)(void *data), uint64_t *out_number)
{
    struct use use;
    if (keeper >= CST_SIDE_MAX || atomic_load(&is_closed[keeper]))
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    const char *kept = cst_names_keep(name);
    struct cst_callback *callback = cst_callbacks_add();
    if (!callback)
        return CUSTODY_STATUS_EXHAUSTED;
    begin(&use, call, "custody_callback_register", 0, CUSTODY_DEED_REGISTERED);
    use.deed.to = keeper;
    if (!fill(&use, callback, keeper, kept ? kept : "callback", data, drop))
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_number = use.facts.number;
    watch(data);
    (void)finish(&use, true);
    return CUSTODY_STATUS_OK;
}

/* --- Use ------------------------------------------------------------------------------------------------------- */

/* The record of the number, locked; NULL, with what is wrong, when there is none that has this number still. */
static struct cst_callback *take(struct use *use)
{
    struct cst_callback *callback = cst_callbacks_find(use->number);
    use->facts.fault = callback ? GONE : NO_NUMBER;
    if (!callback)
        return NULL;
    cst_callbacks_lock(callback);
    if (callback->number == use->number) {
        use->facts.fault = FINE;
        return callback;
    }
    if (callback->number < use->number)
        use->facts.fault = NO_NUMBER;
    cst_callbacks_unlock(callback);
    return NULL;
}

static bool enter(struct use *use, struct cst_callback *callback)
{
    if (state_of(callback) != CST_CALLBACK_LIVE) {
        fail(use, callback, GONE);
        return false;
    }
    callback->running++;
    callback->entered = use->deed.stack;
    cst_sys_thread_name(callback->entered_in);
    note(use, callback);
    return true;
}

bool cst_callback_enter(const struct cst_call *call, uint64_t number, void **out_data)
{
    struct use use;
    begin(&use, call, "custody_callback_enter", number, CUSTODY_DEED_ENTERED);
    struct cst_callback *callback = take(&use);
    bool is_entered = false;
    if (callback) {
        is_entered = enter(&use, callback);
        *out_data = atomic_load(&callback->data);
        cst_callbacks_unlock(callback);
    }
    return finish(&use, is_entered);
}

/* The data may be dropped: the record is free to be used again. */
static void finish_drop(struct cst_callback *callback, struct cst_drop *out_drop)
{
    *out_drop = (struct cst_drop){.function = callback->drop, .data = atomic_load(&callback->data)};
    set_state(callback, CST_CALLBACK_DROPPED);
}

static bool leave(struct use *use, struct cst_callback *callback, struct cst_drop *out_drop)
{
    if (callback->running == 0) {
        fail(use, callback, NOT_ENTERED);
        return false;
    }
    note(use, callback);
    if (--callback->running == 0 && state_of(callback) == CST_CALLBACK_DROPPING)
        finish_drop(callback, out_drop);
    return true;
}

/* Unlocks the record, which is to be used again when this call has dropped the callback. */
static void put(struct cst_callback *callback, bool was_dropped)
{
    bool is_dropped = state_of(callback) == CST_CALLBACK_DROPPED;
    cst_callbacks_unlock(callback);
    if (is_dropped && !was_dropped)
        cst_callbacks_retire(callback);
}

bool cst_callback_leave(const struct cst_call *call, uint64_t number, struct cst_drop *out_drop)
{
    struct use use;
    *out_drop = (struct cst_drop){.function = NULL};
    begin(&use, call, "custody_callback_leave", number, CUSTODY_DEED_LEFT);
    struct cst_callback *callback = take(&use);
    bool is_left = false;
    if (callback) {
        bool was_dropped = state_of(callback) == CST_CALLBACK_DROPPED;
        is_left = leave(&use, callback, out_drop);
        put(callback, was_dropped);
    }
    return finish(&use, is_left);
}

/* Calls that the parent of this process was in are no fault of this one, though they are never left here. */
static bool drop(struct use *use, struct cst_callback *callback, struct cst_drop *out_drop)
{
    if (state_of(callback) != CST_CALLBACK_LIVE) {
        fail(use, callback, GONE);
        return false;
    }
    if (callback->running > 0) {
        set_state(callback, CST_CALLBACK_DROPPING);
        if (callback->generation == cst_thread.generation)
            fail(use, callback, RUNNING);
    } else {
        finish_drop(callback, out_drop);
    }
    note(use, callback);
    note_in_history(use, callback);
    return true;
}

bool cst_callback_drop(const struct cst_call *call, uint64_t number, struct cst_drop *out_drop)
{
    struct use use;
    *out_drop = (struct cst_drop){.function = NULL};
    begin(&use, call, "custody_callback_drop", number, CUSTODY_DEED_DROPPED);
    struct cst_callback *callback = take(&use);
    bool is_dropped = false;
    if (callback) {
        bool was_dropped = state_of(callback) == CST_CALLBACK_DROPPED;
        is_dropped = drop(&use, callback, out_drop);
        put(callback, was_dropped);
    }
    return finish(&use, is_dropped);
}

/* --- Closing --------------------------------------------------------------------------------------------------- */

void cst_callback_close(uint16_t side)
{
    if (side < CST_SIDE_MAX)
        atomic_store(&is_closed[side], true);
}

void cst_callback_open(uint16_t side)
{
    if (side < CST_SIDE_MAX)
        atomic_store(&is_closed[side], false);
}

static bool drop_if_kept_by(struct use *use, struct cst_callback *callback, uint16_t side, struct cst_drop *out_drop)
{
    cst_callbacks_lock(callback);
    bool is_kept = callback->keeper == side && state_of(callback) == CST_CALLBACK_LIVE;
    if (is_kept) {
        use->facts.number = callback->number;
        (void)drop(use, callback, out_drop);
    }
    put(callback, !is_kept);
    return is_kept;
}

bool cst_callback_drop_next(const struct cst_call *call, uint16_t side, size_t *place, struct cst_drop *out_drop)
{
    struct cst_callback *callback;
    *out_drop = (struct cst_drop){.function = NULL};
    while ((callback = cst_callbacks_at((*place)++)) != NULL) {
        struct use use;
        if (state_of(callback) != CST_CALLBACK_LIVE)
            continue;
        begin(&use, call, "custody_close", 0, CUSTODY_DEED_CLOSED);
        if (drop_if_kept_by(&use, callback, side, out_drop)) {
            (void)finish(&use, true);
            return true;
        }
    }
    return false;
}

/* --- Moments --------------------------------------------------------------------------------------------------- */

void cst_callback_each_data(void (*visit)(uintptr_t word, void *data), void *data)
{
    struct cst_callback *callback;
    for (size_t i = 0; (callback = cst_callbacks_at(i)) != NULL; i++) {
        enum cst_callback_state state = state_of(callback);
        if (state == CST_CALLBACK_LIVE || state == CST_CALLBACK_DROPPING)
            visit((uintptr_t)atomic_load(&callback->data), data);
    }
}

static void tell_leak(const struct case_facts *facts)
{
    const struct cst_breach breach = {
        .kind = CUSTODY_FINDING_HANDLE_LEAK,
        .address = facts->data,
        .told = {.advice = "custody_callback_drop(), or custody_close() of the library that keeps it",
                 .type = facts->name,
                 .number = facts->number},
        .history = &facts->history,
        .owner = facts->keeper,
    };
    cst_breach_tell(&breach);
}

/* Data that stays the program's is not for the library to drop; who ends in a callback that is to be dropped after it has
 * done what there was to do. */
static bool is_left(const struct cst_callback *callback)
{
    return state_of(callback) == CST_CALLBACK_LIVE && callback->drop && callback->generation == cst_thread.generation;
}

void cst_callback_farewell(void)
{
    struct cst_callback *callback;
    for (size_t i = 0; (callback = cst_callbacks_at(i)) != NULL; i++) {
        struct case_facts facts;
        cst_callbacks_lock(callback);
        bool tells = is_left(callback);
        if (tells)
            copy_facts(callback, &facts);
        cst_callbacks_unlock(callback);
        if (tells)
            tell_leak(&facts);
    }
}

void cst_callback_after_fork(void)
{
    cst_callbacks_after_fork();
}
