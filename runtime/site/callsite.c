/* The table of call sites; see the header. Rows are found by linear probing over a bounded run; a row is filled under the
 * lock, and read without. A site whose run is full is worked out anew each time. */
#include "site/callsite.h"

#include "base/lock.h"
#include "site/callsite_memo.h"
#include "site/callsite_read.h"

_Static_assert(CUSTODY_DOOR_COUNT <= 254, "a key has 8 bits for the door, and two values of its own");
_Static_assert(CST_MODULE_MAX < 0xffff, "a packed call site has 16 bits for the module");

#define ROW_COUNT ((size_t)1 << CST_CALLSITE_BITS)
#define PROBES_MAX 32

/* How often a call is read anew whose answer may change. After that it stays unknown. */
#define READINGS_MAX 31

struct cst_callsite_row cst_callsite_table[ROW_COUNT];

static struct cst_lock table_lock = CST_LOCK_INIT;
static const uintptr_t *door_addresses;
static const struct cst_callsite_resolver *the_resolver;

void cst_callsite_setup(const uintptr_t doors[CUSTODY_DOOR_COUNT], const struct cst_callsite_resolver *resolver)
{
    door_addresses = doors;
    the_resolver = resolver;
}

static struct cst_callsite_row *row_at(uint64_t key, size_t probe)
{
    return &cst_callsite_table[(cst_callsite_home(key) + probe) % ROW_COUNT];
}

uintptr_t cst_callsite_door(enum custody_door door)
{
    return door_addresses ? door_addresses[door] : 0;
}

static bool lookup(uint64_t key, uint64_t *out_value)
{
    for (size_t probe = 0; probe < PROBES_MAX; probe++) {
        struct cst_callsite_row *row = row_at(key, probe);
        uint64_t seen = atomic_load_explicit(&row->key, memory_order_acquire);
        if (seen == CST_CALLSITE_FREE) {
            return false;
        }
        if (seen == key) {
            *out_value = atomic_load_explicit(&row->value, memory_order_acquire);
            return atomic_load_explicit(&row->key, memory_order_relaxed) == key;
        }
    }
    return false;
}

/* The row of `key`, else the first that it may take; NULL when its run is full. Under the lock. */
static struct cst_callsite_row *row_for(uint64_t key)
{
    struct cst_callsite_row *vacant = NULL;
    for (size_t probe = 0; probe < PROBES_MAX; probe++) {
        struct cst_callsite_row *row = row_at(key, probe);
        uint64_t seen = atomic_load_explicit(&row->key, memory_order_relaxed);
        if (seen == key) {
            return row;
        }
        if (!vacant && (seen == CST_CALLSITE_FREE || seen == CST_CALLSITE_GONE)) {
            vacant = row;
        }
        if (seen == CST_CALLSITE_FREE) {
            break;
        }
    }
    return vacant;
}

static void remember(uint64_t key, uint64_t value)
{
    cst_lock_acquire(&table_lock);
    struct cst_callsite_row *row = row_for(key);
    if (row) {
        atomic_store_explicit(&row->value, value, memory_order_release);
        atomic_store_explicit(&row->key, key, memory_order_release);
    }
    cst_lock_release(&table_lock);
}

/* The hooks of Rust's entries and the public API are told whose they are called: there is nothing to find out. */
static bool knows_its_caller(enum custody_door door)
{
    enum custody_contract contract = custody_door_contract(door);
    return contract == CUSTODY_CONTRACT_RUST || contract == CUSTODY_CONTRACT_CUSTODY;
}

static struct cst_caller nobody(enum custody_door door)
{
    return (struct cst_caller){.module = NULL, .contract = custody_door_contract(door)};
}

static struct cst_callsite resolve(uintptr_t return_address, enum cst_callsite_how how, const struct cst_caller *caller)
{
    return (struct cst_callsite){
        .module = caller->module ? caller->module->id : CST_MODULE_NONE,
        .how = (uint8_t)how,
        .owner = the_resolver ? the_resolver->owner(caller) : 0,
        .site = the_resolver ? the_resolver->site(return_address) : 0,
    };
}

/* The answer when the caller is not known, at the same place. */
static struct cst_callsite without_caller(struct cst_callsite answer, enum custody_door door)
{
    const struct cst_caller unknown = nobody(door);
    answer.module = CST_MODULE_NONE;
    answer.how = CST_HOW_UNKNOWN;
    answer.owner = the_resolver ? the_resolver->owner(&unknown) : 0;
    return answer;
}

/* What an answer that may change rests on; CST_GROUNDS_NONE when it is good for one call only. */
static uint16_t keep_grounds(const struct cst_callsite_reading *reading, uint32_t module)
{
    if (reading->passing || reading->how == CST_HOW_RUST) {
        return CST_GROUNDS_NONE;
    }
    cst_lock_acquire(&table_lock);
    uint16_t grounds = cst_grounds_keep(&reading->grounds, module);
    cst_lock_release(&table_lock);
    return grounds;
}

/* What is to be kept of an answer: all of it, for good or as long as variables hold what they do; or, when it is good for
 * one call only, that the call must be read `left` times more. */
static uint64_t value_of(struct cst_callsite answer, const struct cst_callsite_reading *reading, enum custody_door door,
                         unsigned left)
{
    if (!reading->passing && reading->grounds.count == 0) {
        return cst_callsite_pack(&answer, 0);
    }
    uint16_t grounds = keep_grounds(reading, answer.module);
    if (grounds != CST_GROUNDS_NONE) {
        return cst_callsite_pack_variable(&answer, grounds);
    }
    answer = without_caller(answer, door);
    return cst_callsite_pack(&answer, left);
}

/* Reads the call and remembers what it says. An answer that is good for one call is read anew `left` times more. */
static struct cst_callsite read_anew(uintptr_t return_address, enum custody_door door, unsigned left)
{
    struct cst_callsite_reading reading = {.how = CST_HOW_UNKNOWN, .caller = nobody(door)};
    if (!knows_its_caller(door)) {
        struct cst_goal goal = {.name = door, .door = cst_callsite_door(door)};
        reading = cst_callsite_read(return_address, &goal);
    }
    struct cst_callsite answer = resolve(return_address, reading.how, &reading.caller);
    if (the_resolver) {
        remember(cst_callsite_key(return_address, door), value_of(answer, &reading, door, left));
    }
    return answer;
}

struct cst_callsite cst_callsite_get_slow(uintptr_t return_address, enum custody_door door)
{
    uint64_t value;
    if (!lookup(cst_callsite_key(return_address, door), &value)) {
        return read_anew(return_address, door, READINGS_MAX);
    }
    struct cst_callsite known = cst_callsite_unpack(value);
    unsigned left = cst_callsite_readings_left(value);
    bool stale = known.how == CST_HOW_VARIABLE && !cst_grounds_hold(cst_callsite_grounds(value));
    return left || stale ? read_anew(return_address, door, left ? left - 1 : READINGS_MAX) : known;
}

bool cst_callsite_steady(uintptr_t return_address, enum custody_door door, uint16_t *out_owner, uint32_t *out_site)
{
    uint64_t value;
    if (!lookup(cst_callsite_key(return_address, door), &value) || !cst_callsite_is_plain(value)) {
        return false;
    }
    *out_owner = (uint16_t)(value >> 48);
    *out_site = (uint32_t)value >> 8;
    return true;
}

/* True when the row's call returns into [lo, hi), or was made by a module that lies there, or rests on what does. */
static bool concerns(const struct cst_callsite_row *row, uint64_t key, uintptr_t lo, uintptr_t hi)
{
    uintptr_t return_address = key >> 8;
    uint64_t value = atomic_load_explicit(&row->value, memory_order_relaxed);
    struct cst_callsite callsite = cst_callsite_unpack(value);
    const struct cst_module *module = cst_module_get(callsite.module);
    bool rests = callsite.how == CST_HOW_VARIABLE && cst_grounds_lie_in(cst_callsite_grounds(value), lo, hi);
    return (return_address >= lo && return_address < hi) || (module && module->lo >= lo && module->lo < hi) || rests;
}

void cst_callsite_forget(uintptr_t lo, uintptr_t hi)
{
    cst_lock_acquire(&table_lock);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct cst_callsite_row *row = &cst_callsite_table[i];
        uint64_t key = atomic_load_explicit(&row->key, memory_order_relaxed);
        if (key != CST_CALLSITE_FREE && key != CST_CALLSITE_GONE && concerns(row, key, lo, hi)) {
            atomic_store_explicit(&row->key, CST_CALLSITE_GONE, memory_order_release);
        }
    }
    cst_lock_release(&table_lock);
    cst_memo_forget();
}

void cst_callsite_after_fork(void)
{
    cst_lock_reset(&table_lock);
    cst_memo_after_fork();
}
