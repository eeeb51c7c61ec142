/* Objects: see object.h. What a call did is settled under the lock of the object's address, on copies of which it is told
 * after that. */
#include "core/object.h"

#include "base/text.h"
#include "core/breach.h"
#include "core/heap.h"
#include "core/object_table.h"
#include "core/watch.h"

#include <string.h>

/* How an object does not fit a call. */
enum fault {
    FINE,
    NO_TYPE,      /* the type that the call names is none */
    UNKNOWN,      /* no object is known at the address */
    STALE,        /* it has ended */
    OTHER_TYPE,   /* it is of another type than the call names */
    OTHER_THREAD, /* it is bound to another thread */
    NOT_COUNTED,  /* its type has no references */
};

/* What is known of an object that a call is about, copied. */
struct case_facts {
    enum fault fault;
    const struct cst_type *type; /* of the object; NULL when there is none */
    uint64_t number;
    bool is_made, is_lost;
    bool forgot; /* ended objects were forgotten: it may have been one of them */
    struct cst_history_copy history;
};

/* What a call names. */
struct use {
    const struct cst_call *call;
    const char *function;
    const struct cst_type *type; /* NULL: none */
    uintptr_t address;
    bool counts; /* references */
};

static uint32_t this_thread(void)
{
    static _Atomic uint32_t threads;
    if (cst_thread.number == 0)
        cst_thread.number = atomic_fetch_add(&threads, 1) + 1;
    return cst_thread.number;
}

/* False where the runtime could not be started. */
static bool is_audited(void)
{
    return cst_shadow.size != 0;
}

static struct cst_deed deed_of(const struct cst_call *call, enum custody_deed deed)
{
    struct cst_deed made = {.deed = deed};
    if (is_audited()) {
        made.by = cst_origin_side_at(call->return_address - 1);
        made.stack = cst_history_stack(call);
    }
    return made;
}

/* What a call did, on its way to history and log. */
struct event {
    struct cst_deed deed;
    const struct cst_type *type;
    uintptr_t address;
    uint64_t number;
    size_t size;
};

static void note(struct cst_object *object, enum custody_deed deed, struct event *event)
{
    event->deed.deed = deed;
    event->type = cst_object_type(object);
    event->number = object->number;
    event->size = object->size;
    if (is_audited())
        cst_history_add(&object->history, &event->deed);
}

static void send(const struct event *event)
{
    if (event->number && is_audited())
        cst_breach_event("handle", &event->deed, event->number, event->address, event->size, event->type->name);
}

/* --- Watching --- the memory of objects, as far as its release is seen: who releases it has to end the object before. */

static bool released(const struct cst_watched *what);
static void moved(const struct cst_watched *what, const struct cst_watch_move *move);

static const struct cst_watcher watcher = {.id = CST_WATCHER_OBJECT, .ask = released, .resized = moved};

static void watch(uintptr_t address)
{
    if (is_audited() && cst_watch_sees(address))
        (void)!cst_watch_set(&watcher, address);
}

/* What nobody watches any more has been released in a way that nobody is blamed for. */
static bool is_abandoned(uintptr_t address)
{
    bool is_seen = cst_tag_covers(address) || cst_watch_sees(address);
    return is_seen && !cst_watch_is_by(CST_WATCHER_OBJECT, address);
}

/* --- Beginning ------------------------------------------------------------------------------------------------- */

static bool is_live(const struct cst_object *object)
{
    return object && cst_object_state(object) == CST_OBJECT_LIVE;
}

static struct cst_object *add(const struct cst_type *type, uintptr_t address)
{
    struct cst_object *object = cst_objects_add(address);
    if (!object)
        return NULL;
    object->references = 1;
    object->generation = cst_thread.generation;
    uint32_t thread = type->flags & CUSTODY_TYPE_THREAD_BOUND ? this_thread() : 0;
    atomic_store(&object->word, cst_object_word(type->number, CST_OBJECT_LIVE, thread));
    return object;
}

custody_status cst_object_make(const struct cst_call *call, const struct cst_type *type, uintptr_t address, size_t size)
{
    struct event event = {.deed = deed_of(call, CUSTODY_DEED_MADE), .address = address};
    cst_objects_lock(address);
    struct cst_object *object = add(type, address);
    if (object) {
        object->is_made = true;
        object->size = size;
        note(object, CUSTODY_DEED_MADE, &event);
    }
    cst_objects_unlock(address);
    if (object)
        watch(address);
    send(&event);
    return object ? CUSTODY_STATUS_OK : CUSTODY_STATUS_EXHAUSTED;
}

custody_status cst_object_adopt(const struct cst_call *call, const struct cst_type *type, uintptr_t address)
{
    struct event event = {.deed = deed_of(call, CUSTODY_DEED_ADOPTED), .address = address};
    cst_objects_lock(address);
    bool is_taken = is_live(cst_objects_find(address)) && !is_abandoned(address);
    struct cst_object *object = is_taken ? NULL : add(type, address);
    if (object)
        note(object, CUSTODY_DEED_ADOPTED, &event);
    cst_objects_unlock(address);
    if (object)
        watch(address);
    send(&event);
    if (is_taken)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    return object ? CUSTODY_STATUS_OK : CUSTODY_STATUS_EXHAUSTED;
}

/* --- Judging --------------------------------------------------------------------------------------------------- */

static enum fault fault_of(const struct use *use, const struct cst_object *object)
{
    if (!object || cst_object_state(object) == CST_OBJECT_NONE)
        return use->type ? UNKNOWN : NO_TYPE;
    if (!is_live(object))
        return STALE;
    if (!use->type)
        return NO_TYPE;
    if (cst_object_type(object) != use->type)
        return OTHER_TYPE;
    if (cst_object_thread(object) != 0 && cst_object_thread(object) != this_thread())
        return OTHER_THREAD;
    return use->counts && !(use->type->flags & CUSTODY_TYPE_COUNTED) ? NOT_COUNTED : FINE;
}

static void copy_facts(const struct cst_object *object, struct case_facts *out_facts)
{
    out_facts->type = cst_object_type(object);
    out_facts->number = object->number;
    out_facts->is_made = object->is_made;
    out_facts->is_lost = cst_object_state(object) == CST_OBJECT_LOST;
    cst_history_copy(&object->history, &out_facts->history);
}

/* The object of a use that fits, under its lock; NULL and the facts of one that does not. */
static struct cst_object *judge(const struct use *use, struct case_facts *out_facts)
{
    struct cst_object *object = cst_objects_find(use->address);
    out_facts->fault = fault_of(use, object);
    if (out_facts->fault == FINE)
        return object;
    out_facts->type = NULL;
    out_facts->number = 0;
    out_facts->history.count = out_facts->history.left_out = 0;
    out_facts->forgot = cst_objects_forgot(use->address);
    if (out_facts->fault != UNKNOWN && object)
        copy_facts(object, out_facts);
    return NULL;
}

/* --- Telling --------------------------------------------------------------------------------------------------- */

/* Of an address at which nothing is known: whether something was there once. */
static bool may_have_ended(const struct case_facts *facts, uintptr_t address)
{
    struct cst_tag_hit hit = cst_heap_find(address);
    return facts->forgot || (hit.tag && hit.start == address && hit.state == CST_STATE_RELEASED);
}

static enum custody_finding_kind kind_of(const struct case_facts *facts, uintptr_t address)
{
    switch (facts->fault) {
    case STALE:
        return CUSTODY_FINDING_STALE_HANDLE;
    case OTHER_THREAD:
        return CUSTODY_FINDING_WRONG_THREAD;
    case UNKNOWN:
        return may_have_ended(facts, address) ? CUSTODY_FINDING_STALE_HANDLE : CUSTODY_FINDING_WRONG_TYPE;
    case FINE:
    case NO_TYPE:
    case OTHER_TYPE:
    case NOT_COUNTED:
        break;
    }
    return CUSTODY_FINDING_WRONG_TYPE;
}

/* What ends such an object: a function, or whatever else the type says in words. */
static void write_ending(struct cst_text *text, const struct case_facts *facts)
{
    const char *ending = facts->is_made ? "custody_destroy" : "custody_end";
    if (facts->type->destroy)
        ending = facts->type->destroy;
    cst_text_string(text, ending);
    cst_text_string(text, strpbrk(ending, " (") ? "" : "()");
}

static void write_advice(struct cst_text *text, const struct use *use, const struct case_facts *facts)
{
    switch (facts->fault) {
    case NO_TYPE:
        cst_text_string(text, "register the type with custody_type_register() first");
        return;
    case UNKNOWN:
        cst_text_format(text, "a living object of type %s; none is known at this address", use->type->name);
        return;
    case STALE:
        cst_text_format(text, "no use of the %s after ", facts->type->name);
        if (facts->is_lost)
            cst_text_string(text, "its memory was released");
        else
            write_ending(text, facts);
        return;
    case OTHER_TYPE:
        cst_text_format(text, "an object of type %s; this %s ends by ", use->type->name, facts->type->name);
        write_ending(text, facts);
        return;
    case OTHER_THREAD:
        cst_text_format(text, "to use and end the %s in the thread that made it", facts->type->name);
        return;
    case NOT_COUNTED:
        cst_text_format(text, "CUSTODY_TYPE_COUNTED where the type %s is registered", facts->type->name);
        return;
    case FINE:
        break;
    }
}

static void tell(const struct use *use, const struct case_facts *facts)
{
    char advice[640];
    struct cst_text text;
    if (!is_audited())
        return;
    cst_text_init(&text, advice, sizeof advice, 0);
    write_advice(&text, use, facts);
    const struct cst_breach breach = {
        .kind = kind_of(facts, use->address),
        .address = use->address,
        .call = use->call,
        .told = {.function = use->function,
                 .advice = advice,
                 .type = facts->type ? facts->type->name : NULL,
                 .expected_type = facts->fault != STALE && use->type ? use->type->name : NULL,
                 .number = facts->number},
        .history = &facts->history,
        .owner = facts->type ? facts->type->side : CST_SIDE_UNKNOWN,
    };
    cst_breach_tell(&breach);
}

/* --- Use ------------------------------------------------------------------------------------------------------- */

bool cst_object_is_fine(uint32_t type, uintptr_t address)
{
    if (type >= CST_TYPES_MAX)
        return false;
    uint64_t word = cst_object_word(type, CST_OBJECT_LIVE, 0);
    return cst_objects_match(address, word, word | (uint64_t)cst_thread.number << 32);
}

bool cst_object_check(const struct cst_call *call, uint32_t type, uintptr_t address)
{
    const struct use use = {call, "custody_check", cst_type_get(type), address, false};
    struct case_facts facts;
    cst_objects_lock(address);
    bool is_fine = judge(&use, &facts);
    cst_objects_unlock(address);
    if (!is_fine)
        tell(&use, &facts);
    return is_fine;
}

bool cst_object_retain(const struct cst_call *call, uint32_t type, uintptr_t address)
{
    const struct use use = {call, "custody_retain", cst_type_get(type), address, true};
    struct event event = {.deed = deed_of(call, CUSTODY_DEED_RETAINED), .address = address};
    struct case_facts facts;
    cst_objects_lock(address);
    struct cst_object *object = judge(&use, &facts);
    if (object) {
        object->references++;
        note(object, CUSTODY_DEED_RETAINED, &event);
    }
    cst_objects_unlock(address);
    send(&event);
    if (!object)
        tell(&use, &facts);
    return object;
}

static enum custody_ending let_go(struct cst_object *object, struct event *event)
{
    if (--object->references > 0) {
        note(object, CUSTODY_DEED_LET_GO, event);
        return CUSTODY_KEPT;
    }
    note(object, CUSTODY_DEED_ENDED, event);
    cst_objects_end(object, CST_OBJECT_ENDED);
    return CUSTODY_ENDED;
}

enum custody_ending cst_object_end(const struct cst_call *call, const char *function, uint32_t type, uintptr_t address,
                                   bool *out_is_made)
{
    const struct use use = {call, function, cst_type_get(type), address, false};
    struct event event = {.deed = deed_of(call, CUSTODY_DEED_ENDED), .address = address};
    struct case_facts facts;
    enum custody_ending ending = CUSTODY_REFUSED;
    cst_objects_lock(address);
    struct cst_object *object = judge(&use, &facts);
    if (object) {
        *out_is_made = object->is_made;
        ending = let_go(object, &event);
    }
    cst_objects_unlock(address);
    if (ending == CUSTODY_ENDED && cst_watch_has(address))
        cst_watch_clear(&watcher, address);
    send(&event);
    if (ending == CUSTODY_REFUSED)
        tell(&use, &facts);
    return ending;
}

const char *cst_object_type_name(uintptr_t address)
{
    cst_objects_lock(address);
    const struct cst_object *object = cst_objects_find(address);
    const char *name = is_live(object) ? cst_object_type(object)->name : NULL;
    cst_objects_unlock(address);
    return name;
}

void cst_object_history(uintptr_t address, struct cst_history_copy *out_copy)
{
    out_copy->count = out_copy->left_out = 0;
    cst_objects_lock(address);
    const struct cst_object *object = cst_objects_find(address);
    if (object)
        cst_history_copy(&object->history, out_copy);
    cst_objects_unlock(address);
}

/* --- Moments --------------------------------------------------------------------------------------------------- */

static void tell_leak(uintptr_t address, const struct case_facts *facts)
{
    char advice[320];
    struct cst_text text;
    cst_text_init(&text, advice, sizeof advice, 0);
    write_ending(&text, facts);
    cst_text_string(&text, facts->is_lost ? " before its memory is released" : "");
    const struct cst_breach breach = {
        .kind = CUSTODY_FINDING_HANDLE_LEAK,
        .address = address,
        .told = {.advice = advice, .type = facts->type->name, .number = facts->number},
        .history = &facts->history,
        .owner = facts->type->side,
    };
    cst_breach_tell(&breach);
}

/* Memory is released with an object in it. What the parent of this process made is not this one's to end. */
static bool released(const struct cst_watched *what)
{
    struct event event = {.deed = {.by = what->origin->side, .stack = what->origin->stack}, .address = what->start};
    struct case_facts facts;
    if (what->resizes)
        return true;
    cst_objects_lock(what->start);
    struct cst_object *object = cst_objects_find(what->start);
    bool is_lost = is_live(object), tells = is_lost && object->generation == cst_thread.generation;
    if (is_lost) {
        note(object, CUSTODY_DEED_RELEASED, &event);
        cst_objects_end(object, CST_OBJECT_LOST);
        copy_facts(object, &facts);
    }
    cst_objects_unlock(what->start);
    send(&event);
    if (tells)
        tell_leak(what->start, &facts);
    return true;
}

/* An object whose memory is resized by whoever owns it lives on where it is now. */
static void moved(const struct cst_watched *what, const struct cst_watch_move *move)
{
    struct cst_object taken;
    if (move->to == what->start)
        return;
    cst_objects_lock(what->start);
    struct cst_object *object = cst_objects_find(what->start);
    bool is_moved = is_live(object);
    if (is_moved) {
        cst_objects_take(object, &taken);
        cst_objects_end(object, CST_OBJECT_LOST);
    }
    cst_objects_unlock(what->start);
    if (!is_moved)
        return;
    cst_objects_lock(move->to);
    if ((object = cst_objects_add(move->to)) != NULL)
        cst_objects_give(object, &taken);
    else
        cst_history_clear(&taken.history);
    cst_objects_unlock(move->to);
}

void cst_object_farewell(void)
{
    for (const struct cst_object *object = cst_objects_next(NULL); object; object = cst_objects_next(object)) {
        struct case_facts facts;
        uintptr_t address = atomic_load(&object->address);
        cst_objects_lock(address);
        bool is_left =
            atomic_load(&object->address) == address && is_live(object) && object->generation == cst_thread.generation;
        if (is_left)
            copy_facts(object, &facts);
        if (is_left && object->is_made)
            cst_watch_told(&watcher, address); /* who releases it has to end the object first, under this lock */
        cst_objects_unlock(address);
        if (is_left)
            tell_leak(address, &facts);
    }
}

void cst_object_after_fork(void)
{
    cst_type_after_fork();
    cst_objects_after_fork();
}
