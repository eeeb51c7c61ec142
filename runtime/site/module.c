/* The registry of modules: see module.h. Records are made once under the registry's lock and published with a release
 * store; readers take no lock. The dynamic linker is never called with the lock held: its own lock may be held by a
 * thread that waits for ours, having come here through malloc. */
#include "site/module.h"

#include "base/lock.h"
#include "base/pool.h"
#include "plat/own.h"
#include "plat/sys.h"
#include "site/detour.h"
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
static _Atomic(cst_module_observer *) observer;

static bool is_unloaded(const struct cst_module_record *record)
{
    return __atomic_load_n(&record->module.unloaded, __ATOMIC_ACQUIRE);
}

static size_t bucket_of(const struct link_map *map)
{
    return (size_t)(((uintptr_t)map >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % BUCKET_COUNT;
}

static bool is_same(const struct cst_module_record *record, const struct dl_find_object *object)
{
    const uintptr_t lo = (uintptr_t)object->dlfo_map_start, hi = (uintptr_t)object->dlfo_map_end;
    bool covers = record->in_parts ? record->module.lo <= lo && record->module.hi >= hi
                                   : record->module.lo == lo && record->module.hi == hi;
    return record->map == object->dlfo_link_map && covers && !is_unloaded(record);
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
    size_t at = bucket_of(record->map);
    struct cst_module_record *resident;
    while ((resident = atomic_load_explicit(&buckets[at], memory_order_relaxed)) != NULL && !is_unloaded(resident)) {
        at = (at + 1) % BUCKET_COUNT;
    }
    atomic_store_explicit(&buckets[at], record, memory_order_release);
}

/* The program is the first module of the first link namespace, and the only module without a name. */
static bool is_program(const struct link_map *map)
{
    return map->l_prev == NULL && map->l_name[0] == '\0';
}

/* The end of the last segment of the module, where the dynamic linker agrees. */
static uintptr_t end_of(const struct cst_module *module, const struct cst_module_headers *headers)
{
    const struct cst_elf image = cst_elf_of_segments(headers->bytes, headers->size);
    uintptr_t last = module->hi;
    for (size_t i = 0; i < cst_elf_segment_count(&image); i++) {
        Elf64_Phdr segment = cst_elf_segment(&image, i);
        uintptr_t end = module->base + segment.p_vaddr + segment.p_memsz;
        struct dl_find_object object;
        if (segment.p_type == PT_LOAD && end > last && _dl_find_object((void *)(end - 1), &object) == 0 &&
            object.dlfo_link_map->l_addr == module->base) {
            last = end;
        }
    }
    return last;
}

/* Where the module lies: from the object at its load bias, where its headers are, to the end of its last segment. */
static void find_range(const struct dl_find_object *object, struct cst_module_record *record)
{
    struct cst_module *module = &record->module;
    struct cst_module_headers headers;
    struct dl_find_object first;
    module->base = object->dlfo_link_map->l_addr;
    if (_dl_find_object((void *)module->base, &first) != 0 || first.dlfo_link_map != object->dlfo_link_map) {
        first = *object;
    }
    module->lo = (uintptr_t)first.dlfo_map_start;
    module->hi = (uintptr_t)first.dlfo_map_end;
    cst_module_headers_read(module, &headers);
    module->hi = end_of(module, &headers);
    record->in_parts = module->hi != (uintptr_t)first.dlfo_map_end;
    if ((uintptr_t)object->dlfo_map_start >= module->hi) { /* not told by the headers: on its own */
        module->lo = (uintptr_t)object->dlfo_map_start;
        module->hi = (uintptr_t)object->dlfo_map_end;
        record->in_parts = false;
    }
}

/* Finds out what the module is recognised by. */
static void identify(struct cst_module *module)
{
    struct cst_module_headers headers;
    cst_module_headers_read(module, &headers);
    module->headers = headers.size != 0 ? cst_pool_copy((const char *)headers.bytes, headers.size) : NULL;
    module->headers_size = module->headers != NULL ? headers.size : 0;
    cst_module_identify(module);
}

static struct cst_module_record *make_record(const struct dl_find_object *object, uint32_t id)
{
    struct cst_module_record *record = cst_pool_alloc(sizeof *record);
    const struct link_map *map = object->dlfo_link_map;
    const char *loader_name = cst_pool_copy(map->l_name, strlen(map->l_name));
    if (record == NULL || loader_name == NULL) {
        return NULL;
    }
    record->map = map;
    record->loader_name = loader_name;
    record->module.id = id;
    record->module.epoch = id + 1;
    find_range(object, record);
    cst_module_name(loader_name, &record->module);
    identify(&record->module);
    cst_module_classify(is_program(map), &record->module);
    return record;
}

static struct cst_module_record *add(const struct dl_find_object *object)
{
    uint32_t id = atomic_load_explicit(&record_count, memory_order_relaxed);
    struct cst_module_record *record = id < CST_MODULE_MAX ? make_record(object, id) : NULL;
    if (record != NULL) {
        atomic_store_explicit(&records[id], record, memory_order_release);
        atomic_store_explicit(&record_count, id + 1, memory_order_release);
        insert(record);
    }
    return record;
}

static CST_COLD const struct cst_module *register_module(const struct dl_find_object *object)
{
    cst_lock_acquire(&registry_lock);
    struct cst_module_record *record = lookup(object);
    bool is_new = record == NULL;
    if (is_new) {
        record = add(object);
    }
    cst_lock_release(&registry_lock);
    if (record == NULL) {
        return NULL;
    }
    cst_module_observer *tell = atomic_load_explicit(&observer, memory_order_acquire);
    if (is_new && tell != NULL) {
        tell(&record->module);
    }
    return &record->module;
}

const struct cst_module *cst_module_find(uintptr_t address)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)address, &object) != 0) {
        return NULL;
    }
    const struct cst_module_record *record = lookup(&object);
    return CST_LIKELY(record != NULL) ? &record->module : register_module(&object);
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

void cst_module_observe(cst_module_observer *new_observer)
{
    atomic_store_explicit(&observer, new_observer, memory_order_release);
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

/* Whether the record's module is what the dynamic linker has at its address now. Its lock is held, so that what it
 * answers stays true and mapped while it is looked at. */
static bool is_loaded(const struct cst_module_record *record)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)record->module.lo, &object) != 0 || !is_same(record, &object) ||
        strcmp(record->map->l_name, record->loader_name) != 0) {
        return false;
    }
    struct cst_module_headers headers;
    struct cst_module now = {.base = record->map->l_addr, .lo = record->module.lo, .hi = record->module.hi};
    cst_module_headers_read(&now, &headers);
    now.headers = headers.bytes;
    now.headers_size = headers.size;
    cst_module_identify(&now);
    return now.fingerprint == record->module.fingerprint && now.build_id_size == record->module.build_id_size &&
           memcmp(now.build_id, record->module.build_id, now.build_id_size) == 0;
}

/* Called by the dynamic linker under its lock; all modules at the first call. */
static int mark_unloaded(struct dl_phdr_info *info, size_t size, void *context)
{
    size_t *marked = context;
    (void)info;
    (void)size;
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        struct cst_module_record *record = atomic_load_explicit(&records[id], memory_order_acquire);
        if (is_unloaded(record) || is_loaded(record)) {
            continue;
        }
        if (!__atomic_exchange_n(&record->module.unloaded, true, __ATOMIC_ACQ_REL)) {
            cst_rust_forget(id);
            cst_detour_forget(id);
            (*marked)++;
        }
    }
    return 1;
}

size_t cst_module_sweep(void)
{
    size_t marked = 0;
    dl_iterate_phdr(mark_unloaded, &marked);
    return marked;
}

void cst_module_after_fork(void)
{
    cst_lock_reset(&registry_lock);
    cst_detour_after_fork();
}
