/* The table of objects: see object_table.h. Each shard is a hash table with chains, whose array of buckets doubles. A reader
 * without the lock may be led astray by a record that changes chains, so it takes a limited number of steps and believes
 * only what it finds.
 *
 * Whenever another thread forks, the child must find a whole table: putting a record into a chain and taking it out are
 * one store each, and an array that was being filled is filled again (cst_objects_after_fork). */
#include "core/object_table.h"

#include "base/lock.h"
#include "base/pool.h"

/* Buckets of a shard's first array. */
#define BUCKETS_MIN ((size_t)64)

/* Records that a reader without a lock looks at. */
#define STEPS_MAX 32

struct buckets {
    size_t count; /* a power of two */
    struct cst_object *_Atomic heads[];
};

struct ended {
    struct cst_object *object;
    uint64_t number; /* it has another one by now: the record is used again */
};

struct shard {
    struct cst_lock lock;
    atomic_bool is_linking; /* the chains are being made anew */
    bool forgot;
    uint32_t ended; /* objects ever: the next place in `oldest` */
    struct buckets *_Atomic buckets;
    struct cst_object *_Atomic records; /* all of them */
    struct cst_object *unused;
    size_t in_use;
    struct ended oldest[CST_OBJECTS_ENDED_MAX]; /* a ring */
} __attribute__((aligned(64)));

static struct shard shards[CST_OBJECT_SHARDS];
static _Atomic uint64_t numbers;

static uint64_t hash_of(uintptr_t address)
{
    return (uint64_t)(address >> 3) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct shard *shard_of(uintptr_t address)
{
    return &shards[hash_of(address) >> 58];
}
_Static_assert(CST_OBJECT_SHARDS == 1 << 6, "six bits of the hash");

static struct cst_object *_Atomic *head_of(struct buckets *buckets, uintptr_t address)
{
    return &buckets->heads[hash_of(address) >> 24 & (buckets->count - 1)];
}

static struct buckets *buckets_of(const struct shard *shard)
{
    return atomic_load_explicit(&shard->buckets, memory_order_acquire);
}

static struct cst_object *follow(struct cst_object *_Atomic *link)
{
    return atomic_load_explicit(link, memory_order_acquire);
}

static void set_link(struct cst_object *_Atomic *link, struct cst_object *object)
{
    atomic_store_explicit(link, object, memory_order_release);
}

static uintptr_t address_of(const struct cst_object *object)
{
    return atomic_load_explicit(&object->address, memory_order_acquire);
}

static void set_address(struct cst_object *object, uintptr_t address)
{
    atomic_store_explicit(&object->address, address, memory_order_release);
}

bool cst_objects_match(uintptr_t address, uint64_t either, uint64_t other)
{
    struct buckets *buckets = buckets_of(shard_of(address));
    struct cst_object *object = buckets ? follow(head_of(buckets, address)) : NULL;
    for (unsigned steps = 0; object && steps < STEPS_MAX; steps++) {
        if (address_of(object) == address) {
            uint64_t word = atomic_load_explicit(&object->word, memory_order_acquire);
            return word == either || word == other;
        }
        object = follow(&object->next);
    }
    return false;
}

void cst_objects_lock(uintptr_t address)
{
    cst_lock_acquire(&shard_of(address)->lock);
}

void cst_objects_unlock(uintptr_t address)
{
    cst_lock_release(&shard_of(address)->lock);
}

struct cst_object *cst_objects_find(uintptr_t address)
{
    struct buckets *buckets = buckets_of(shard_of(address));
    struct cst_object *object = buckets ? follow(head_of(buckets, address)) : NULL;
    while (object && address_of(object) != address)
        object = follow(&object->next);
    return object;
}

static void put_in(struct buckets *buckets, struct cst_object *object)
{
    struct cst_object *_Atomic *head = head_of(buckets, address_of(object));
    set_link(&object->next, follow(head));
    set_link(head, object);
}

static void take_out(struct shard *shard, struct cst_object *object)
{
    struct cst_object *_Atomic *link = head_of(buckets_of(shard), address_of(object));
    while (follow(link) && follow(link) != object)
        link = &follow(link)->next;
    set_link(link, follow(&object->next));
    atomic_store_explicit(&object->word, 0, memory_order_release);
    set_address(object, 0);
    cst_history_clear(&object->history);
    set_link(&object->next, shard->unused);
    shard->unused = object;
    shard->in_use--;
}

/* Puts every record that is in use into `buckets`, which is empty. */
static void put_all_in(const struct shard *shard, struct buckets *buckets)
{
    for (struct cst_object *object = atomic_load(&shard->records); object; object = object->next_of_shard)
        if (address_of(object))
            put_in(buckets, object);
}

/* Chains stay as they are when memory is out; without any array there is no table. */
static bool make_room(struct shard *shard)
{
    const struct buckets *old = buckets_of(shard);
    if (old && shard->in_use < old->count)
        return true;
    size_t count = old ? old->count * 2 : BUCKETS_MIN;
    struct buckets *buckets = cst_pool_alloc(sizeof *buckets + count * sizeof buckets->heads[0]);
    if (!buckets)
        return old != NULL;
    buckets->count = count;
    shard->is_linking = true;
    put_all_in(shard, buckets);
    atomic_store_explicit(&shard->buckets, buckets, memory_order_release);
    shard->is_linking = false;
    return true;
}

/* A record that nobody uses, or a new one. */
static struct cst_object *take_record(struct shard *shard)
{
    struct cst_object *object = shard->unused;
    if (object) {
        shard->unused = follow(&object->next);
        return object;
    }
    object = cst_pool_alloc(sizeof *object);
    if (object) {
        object->shard = (uint8_t)(shard - shards);
        object->next_of_shard = atomic_load(&shard->records);
        atomic_store(&shard->records, object);
    }
    return object;
}

struct cst_object *cst_objects_add(uintptr_t address)
{
    struct shard *shard = shard_of(address);
    struct cst_object *before = cst_objects_find(address);
    if (before)
        take_out(shard, before);
    struct cst_object *object = make_room(shard) ? take_record(shard) : NULL;
    if (!object)
        return NULL;
    object->number = 2 * atomic_fetch_add(&numbers, 1) + 1;
    object->size = 0;
    object->references = 0;
    object->is_made = false;
    set_address(object, address);
    put_in(buckets_of(shard), object);
    shard->in_use++;
    return object;
}

/* Remembers it in place of the one that ended longest ago. */
void cst_objects_end(struct cst_object *object, enum cst_object_state state)
{
    struct shard *shard = shard_of(address_of(object));
    uint64_t word = atomic_load(&object->word);
    atomic_store(&object->word, (word & ~((uint64_t)3 << 16)) | (uint64_t)state << 16);
    struct ended *place = &shard->oldest[shard->ended++ % CST_OBJECTS_ENDED_MAX];
    if (place->object && place->object->number == place->number && address_of(place->object)) {
        take_out(shard, place->object);
        shard->forgot = true;
    }
    *place = (struct ended){.object = object, .number = object->number};
}

void cst_objects_take(struct cst_object *object, struct cst_object *out_taken)
{
    atomic_init(&out_taken->word, atomic_load(&object->word));
    out_taken->number = object->number;
    out_taken->size = object->size;
    out_taken->references = object->references;
    out_taken->generation = object->generation;
    out_taken->is_made = object->is_made;
    out_taken->history = object->history;
    object->history = (struct cst_history){.first = NULL};
}

void cst_objects_give(struct cst_object *object, const struct cst_object *taken)
{
    object->number = taken->number;
    object->size = taken->size;
    object->references = taken->references;
    object->generation = taken->generation;
    object->is_made = taken->is_made;
    object->history = taken->history;
    atomic_store(&object->word, atomic_load(&taken->word));
}

bool cst_objects_forgot(uintptr_t address)
{
    return shard_of(address)->forgot;
}

struct cst_object *cst_objects_next(const struct cst_object *before)
{
    if (before && before->next_of_shard)
        return before->next_of_shard;
    for (size_t shard = before ? before->shard + 1 : 0; shard < CST_OBJECT_SHARDS; shard++) {
        struct cst_object *first = atomic_load(&shards[shard].records);
        if (first)
            return first;
    }
    return NULL;
}

void cst_objects_after_fork(void)
{
    for (struct shard *shard = shards; shard < shards + CST_OBJECT_SHARDS; shard++) {
        cst_lock_reset(&shard->lock);
        if (!shard->is_linking)
            continue;
        struct buckets *buckets = buckets_of(shard);
        for (size_t i = 0; buckets && i < buckets->count; i++)
            set_link(&buckets->heads[i], NULL);
        if (buckets)
            put_all_in(shard, buckets);
        shard->is_linking = false;
    }
}
