/* The registry of modules: see module.h. Records are made once under the registry's lock and published with a release
 * store; readers take no lock. What a module's facts tell of it is looked for without the lock; who meets that module
 * meanwhile waits, who meets another does not. The dynamic linker is never called with the lock held: its own lock may be held by a
 * thread that waits for ours, having come here through malloc. */
#include "site/module.h"

#include "base/lock.h"
#include "base/maps.h"
#include "base/pool.h"
#include "plat/own.h"
#include "plat/process.h"
#include "plat/sys.h"
#include "site/detour.h"
#include "site/facts_request.h"
#include "site/module_facts.h"
#include "site/module_file.h"
#include "site/module_headers.h"
#include "site/module_record.h"
#include "site/rust.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>

/* Twice the number of modules, so that probes stay short. */
#define BUCKET_COUNT ((size_t)2 * CST_MODULE_MAX)

/* By id, [0, module_count). */
static _Atomic(struct cst_module_record *) records[CST_MODULE_MAX];
static _Atomic uint32_t record_count;
/* By the dynamic linker's record, open addressing; a loaded module takes the place of an unloaded one. */
static _Atomic(struct cst_module_record *) buckets[BUCKET_COUNT];
static struct cst_lock registry_lock = CST_LOCK_INIT;
static const struct cst_module_watch *watch; /* set at start */

static bool is_unloaded(const struct cst_module_record *record)
{
    return __atomic_load_n(&record->module.unloaded, __ATOMIC_ACQUIRE);
}

static size_t bucket_of(const struct link_map *map)
{
    return (size_t)(((uintptr_t)map >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % BUCKET_COUNT;
}

static const struct link_map *map_of(const struct cst_module_record *record)
{
    return atomic_load_explicit(&record->map, memory_order_relaxed);
}

static bool is_same(const struct cst_module_record *record, const struct dl_find_object *object)
{
    const uintptr_t lo = (uintptr_t)object->dlfo_map_start, hi = (uintptr_t)object->dlfo_map_end;
    bool covers = record->in_parts ? record->module.lo <= lo && record->module.hi >= hi
                                   : record->module.lo == lo && record->module.hi == hi;
    return map_of(record) == object->dlfo_link_map && covers && !is_unloaded(record);
}

static struct cst_module_record *lookup(const struct dl_find_object *object)
{
    size_t at = bucket_of(object->dlfo_link_map);
    for (size_t probes = 0; probes < BUCKET_COUNT; probes++, at = (at + 1) % BUCKET_COUNT) {
        struct cst_module_record *record = atomic_load_explicit(&buckets[at], memory_order_acquire);
        if (record == NULL || is_same(record, object)) {
            return record;
        }
    }
    return NULL;
}

static void insert(struct cst_module_record *record)
{
    size_t at = bucket_of(map_of(record));
    struct cst_module_record *resident;
    while ((resident = atomic_load_explicit(&buckets[at], memory_order_relaxed)) != NULL && !is_unloaded(resident)) {
        at = (at + 1) % BUCKET_COUNT;
    }
    atomic_store_explicit(&buckets[at], record, memory_order_release);
}

/* Takes an unloaded record out. A chain must not end where it was. */
static void withdraw(const struct cst_module_record *record)
{
    static struct cst_module_record vacant = {.module = {.unloaded = true}};
    size_t at = bucket_of(map_of(record));
    const struct cst_module_record *resident;
    while ((resident = atomic_load_explicit(&buckets[at], memory_order_relaxed)) != NULL && resident != record) {
        at = (at + 1) % BUCKET_COUNT;
    }
    if (resident == record) {
        atomic_store_explicit(&buckets[at], &vacant, memory_order_release);
    }
}

/* The program is the first module of the first link namespace, and the only module without a name. */
static bool is_program(const struct link_map *map)
{
    return map->l_prev == NULL && map->l_name[0] == '\0';
}

/* What the calling thread is to settle once it has given the lock back. */
static void leave_open(struct cst_module_record *record)
{
    atomic_store(&record->settler, cst_sys_tid());
    atomic_fetch_add(&record->open, 1);
}

static void settle(struct cst_module_record *record)
{
    cst_module_settle(&record->module);
    uint32_t open = atomic_load(&record->open);
    while (open > 0 && !atomic_compare_exchange_weak(&record->open, &open, open - 1)) {
    }
    if (open == 1) {
        cst_process_wake(&record->open);
    }
}

/* Twice as long as facts may take at most: whoever was looking for them has left that by a jump. */
#define PATIENCE_NS (2 * CST_FACTS_REQUEST_SECONDS * UINT64_C(1000000000))
#define WAIT_NS UINT64_C(100000000)

/* What a module is decides what its blocks are: none must be taken for another's until it is known, or nobody is left who
 * could tell. */
static CST_COLD void await_settled(struct cst_module_record *record)
{
    const uint64_t began = cst_sys_monotonic_ns();
    for (uint32_t open; (open = atomic_load(&record->open)) != 0 && atomic_load(&record->settler) != cst_sys_tid();) {
        if (!cst_process_exists(atomic_load(&record->settler)) || cst_sys_monotonic_ns() - began > PATIENCE_NS) {
            atomic_store(&record->open, 0);
            return;
        }
        cst_process_wait(&record->open, open, WAIT_NS);
    }
}

static struct cst_module_record *add(const struct cst_module_record *fresh, bool program)
{
    uint32_t id = atomic_load_explicit(&record_count, memory_order_relaxed);
    struct cst_module_record *record = id < CST_MODULE_MAX ? cst_module_record_keep(fresh) : NULL;
    if (record != NULL) {
        record->module.id = id;
        record->module.epoch = id + 1;
        if (cst_module_classify(program, &record->module)) {
            leave_open(record);
        }
        atomic_store_explicit(&records[id], record, memory_order_release);
        atomic_store_explicit(&record_count, id + 1, memory_order_release);
        insert(record);
    }
    return record;
}

static struct cst_module_record *record_at(uint32_t id)
{
    return atomic_load_explicit(&records[id], memory_order_acquire);
}

/* The record of a module that was unloaded and is loaded again now, from the same file to the same place: all that is
 * known of it is still true. NULL when there is none. */
static struct cst_module_record *find_again(const struct cst_module_record *fresh)
{
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        struct cst_module_record *record = record_at(id);
        if (is_unloaded(record) && cst_module_record_equal(record, fresh)) {
            return record;
        }
    }
    return NULL;
}

/* Only its Rust has to be hooked anew. */
static void revive(struct cst_module_record *record, const struct cst_module_record *fresh)
{
    struct cst_module again = record->module;
    withdraw(record);
    atomic_store_explicit(&record->map, map_of(fresh), memory_order_relaxed);
    if (atomic_exchange(&record->displaced, false) && watch != NULL) {
        watch->restored(&record->module);
    }
    if (cst_module_classify(false, &again)) {
        leave_open(record);
    }
    record->module.rust = again.rust;
    record->module.rust_by = again.rust_by;
    record->module.rust_mingles = again.rust_mingles;
    record->module.rust_by_site = again.rust_by_site;
    record->module.lang = again.lang;
    __atomic_store_n(&record->module.unloaded, false, __ATOMIC_RELEASE);
    insert(record);
}

/* Marks a module as unloaded; its hooks are gone with it. False when it was so already. */
static CST_MUST_USE bool end(struct cst_module_record *record)
{
    bool ended = !__atomic_exchange_n(&record->module.unloaded, true, __ATOMIC_ACQ_REL);
    if (ended) {
        cst_rust_forget(record->module.id);
        cst_detour_forget(record->module.id);
    }
    return ended;
}

static bool overlaps(const struct cst_module *one, const struct cst_module *other)
{
    return one->lo < other->hi && other->lo < one->hi;
}

/* A module in parts leaves room for others between them, and is not displaced by these. */
static void displace(const struct cst_module_record *fresh, const struct cst_module_record *same)
{
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        struct cst_module_record *record = record_at(id);
        if (record == same || record->displaced || record->in_parts || fresh->in_parts ||
            !overlaps(&record->module, &fresh->module)) {
            continue;
        }
        (void)!end(record);
        record->displaced = true;
        if (watch != NULL) {
            watch->displaced(&record->module);
        }
    }
}

/* False when the module that was just looked at is being unloaded by another thread: it may have been gone already. */
static bool is_still(const struct dl_find_object *object)
{
    struct dl_find_object now;
    return _dl_find_object(object->dlfo_map_start, &now) == 0 && now.dlfo_link_map == object->dlfo_link_map;
}

/* A module that is not registered. Gives its record, and whether it is one from before. The registry is locked. */
static struct cst_module_record *admit(const struct dl_find_object *object, bool *out_again)
{
    static struct cst_module_headers headers; /* too long for some threads' stacks */
    struct cst_module_record fresh;
    *out_again = false;
    cst_module_record_read(object, &headers, &fresh);
    if (!is_still(object)) {
        return NULL;
    }
    struct cst_module_record *record = find_again(&fresh);
    *out_again = record != NULL;
    displace(&fresh, record);
    if (record != NULL) {
        revive(record, &fresh);
        return record;
    }
    return add(&fresh, is_program(object->dlfo_link_map));
}

static void tell(const struct cst_module *module, bool again)
{
    if (watch != NULL && again) {
        watch->returned(module);
    } else if (watch != NULL) {
        watch->found(module);
    }
}

static CST_COLD const struct cst_module *register_module(const struct dl_find_object *object)
{
    bool again = false, mine = false;
    cst_lock_acquire(&registry_lock);
    struct cst_module_record *record = lookup(object);
    bool is_new = record == NULL;
    if (is_new) {
        record = admit(object, &again);
        mine = record != NULL && atomic_load(&record->open) != 0 && atomic_load(&record->settler) == cst_sys_tid();
    }
    cst_lock_release(&registry_lock);
    if (record == NULL) {
        return NULL;
    }
    if (mine) {
        settle(record);
    }
    await_settled(record);
    if (is_new) {
        tell(&record->module, again);
    }
    return &record->module;
}

const struct cst_module *cst_module_find(uintptr_t address)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)address, &object) != 0) {
        return NULL;
    }
    struct cst_module_record *record = lookup(&object);
    if (CST_UNLIKELY(record == NULL)) {
        return register_module(&object);
    }
    if (CST_UNLIKELY(atomic_load_explicit(&record->open, memory_order_acquire) != 0)) {
        await_settled(record);
    }
    return &record->module;
}

const struct cst_module *cst_module_get(uint32_t id)
{
    if (id >= cst_module_count()) {
        return NULL;
    }
    return &atomic_load_explicit(&records[id], memory_order_acquire)->module;
}

uint32_t cst_module_count(void)
{
    return atomic_load_explicit(&record_count, memory_order_acquire);
}

const struct cst_module *cst_module_recall(uintptr_t address)
{
    const struct cst_module *module = cst_module_find(address);
    for (uint32_t id = cst_module_count(); module == NULL && id-- > 0;) {
        const struct cst_module_record *past = record_at(id);
        if (!past->displaced && address >= past->module.lo && address < past->module.hi) {
            module = &past->module;
        }
    }
    return module;
}

void cst_module_watch(const struct cst_module_watch *new_watch)
{
    watch = new_watch;
}

const struct cst_module *cst_module_end(const void *loader_record)
{
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        struct cst_module_record *record = record_at(id);
        if (map_of(record) == loader_record && end(record)) {
            return &record->module;
        }
    }
    return NULL;
}

const void *cst_module_loader_record(const struct cst_module *module)
{
    return map_of((const struct cst_module_record *)module);
}

/* Addresses of loaded modules, one each. */
struct census {
    uintptr_t *addresses; /* [CST_MODULE_MAX] */
    size_t count;
};

/* Called by the dynamic linker under its lock, once per module. */
static int note_address(struct dl_phdr_info *info, size_t size, void *context)
{
    struct census *census = context;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum && census->count < CST_MODULE_MAX; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            census->addresses[census->count++] = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            break;
        }
    }
    return 0;
}

void cst_module_scan(void)
{
    size_t size = CST_MODULE_MAX * sizeof(uintptr_t);
    struct census census = {cst_own_map(size), 0};
    if (census.addresses == NULL) {
        return;
    }
    dl_iterate_phdr(note_address, &census);
    for (size_t i = 0; i < census.count; i++) {
        (void)!cst_module_find(census.addresses[i]);
    }
    cst_own_unmap(census.addresses, size);
}

/* The first mapping of a module that is not known. */
static bool is_strange(const struct cst_mapping *mapping)
{
    struct dl_find_object object;
    return mapping->inode != 0 && mapping->offset == 0 && _dl_find_object((void *)mapping->lo, &object) == 0 &&
           lookup(&object) == NULL;
}

static bool find_strange(const struct cst_mapping *mapping, void *found)
{
    return !(*(bool *)found = is_strange(mapping));
}

static bool meet_strange(const struct cst_mapping *mapping, void *unused)
{
    (void)unused;
    if (is_strange(mapping)) {
        (void)!cst_module_find(mapping->lo);
    }
    return true;
}

/* Called by the dynamic linker under its lock, so that what is mapped stays so. */
static int meet_locked(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info;
    (void)size;
    (void)cst_maps_each(meet_strange, unused);
    return 1;
}

static void count_thread(int tid, void *count)
{
    (void)tid;
    ++*(unsigned *)count;
}

/* The child of a fork must not wait for a lock that a thread of its parent had: alone, it needs none. */
static bool is_alone(void)
{
    unsigned count = 0;
    return cst_process_each_number("/proc/self/task", count_thread, &count) && count == 1;
}

void cst_module_meet(void)
{
    bool found = false;
    (void)cst_maps_each(find_strange, &found);
    if (found && is_alone()) {
        (void)cst_maps_each(meet_strange, NULL);
    } else if (found) {
        dl_iterate_phdr(meet_locked, NULL);
    }
}

/* Whether the record's module is what the dynamic linker has at its address now. Its lock is held, so that what it
 * answers stays true and mapped while it is looked at. */
static bool is_loaded(const struct cst_module_record *record)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)record->module.lo, &object) != 0 || !is_same(record, &object) ||
        strcmp(object.dlfo_link_map->l_name, record->loader_name) != 0) {
        return false;
    }
    struct cst_module_headers headers;
    struct cst_module now = {.base = object.dlfo_link_map->l_addr, .lo = record->module.lo, .hi = record->module.hi};
    cst_module_headers_read(&now, &headers);
    now.headers = headers.bytes;
    now.headers_size = headers.size;
    cst_module_identify(&now);
    return cst_module_record_same_file(&now, &record->module);
}

struct sweep {
    cst_module_observer *gone;
    size_t marked;
};

/* Called by the dynamic linker under its lock; all modules at the first call. */
static int mark_unloaded(struct dl_phdr_info *info, size_t size, void *context)
{
    struct sweep *sweep = context;
    (void)info;
    (void)size;
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        struct cst_module_record *record = record_at(id);
        if (is_unloaded(record) || is_loaded(record)) {
            continue;
        }
        if (end(record)) {
            sweep->marked++;
            if (sweep->gone != NULL) {
                sweep->gone(&record->module);
            }
        }
    }
    return 1;
}

size_t cst_module_sweep(cst_module_observer *gone)
{
    struct sweep sweep = {.gone = gone, .marked = 0};
    dl_iterate_phdr(mark_unloaded, &sweep);
    return sweep.marked;
}

void cst_module_after_fork(void)
{
    cst_lock_reset(&registry_lock);
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        atomic_store(&record_at(id)->open, 0);
    }
    cst_detour_after_fork();
}
