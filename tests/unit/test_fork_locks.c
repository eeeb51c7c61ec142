/* Every lock of the runtime across a fork: those that were ever taken, and those that the child frees, are noted; each that
 * was taken must be among those that are freed. Then another thread takes them all at once, and a child of that moment
 * must be able to do everything. That no lock is left out of what is done here is for tools/lint/locks.py to see. */
#include "base/lock.h"

#include "child.h"
#include "core/adopted.h"
#include "core/heap.h"
#include "core/kept_back.h"
#include "core/stacks.h"
#include "custody/custody.h"
#include "entry/functions.h"
#include "entry/hook.h"
#include "site/stack.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define LOCKS_MAX 4096

/* Shared with children. */
struct list {
    _Atomic size_t count;
    struct cst_lock *_Atomic locks[LOCKS_MAX];
};
static struct list at_start, *taken = &at_start, *freed;

void __real_cst_lock_acquire(struct cst_lock *lock);
void __real_cst_lock_reset(struct cst_lock *lock);

static bool has(const struct list *list, const struct cst_lock *lock)
{
    for (size_t i = 0; i < list->count && i < LOCKS_MAX; i++) {
        if (list->locks[i] == lock) {
            return true;
        }
    }
    return false;
}

static void note(struct list *list, struct cst_lock *lock)
{
    if (list != NULL && !has(list, lock)) { /* no list of those that are freed before one is made */
        size_t at = list->count++;
        if (at < LOCKS_MAX) {
            list->locks[at] = lock;
        }
    }
}

void __wrap_cst_lock_acquire(struct cst_lock *lock)
{
    note(taken, lock);
    __real_cst_lock_acquire(lock);
}

void __wrap_cst_lock_reset(struct cst_lock *lock)
{
    note(freed, lock);
    __real_cst_lock_reset(lock);
}

/* ---- a little of everything ---- */

CST_NOINLINE static void *alloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, 0, size, CST_BLOCK_ALIGN, false);
}

CST_NOINLINE static void drop(void *block)
{
    cst_hook_release(CUSTODY_DOOR_FREE, 0, block, (struct cst_given){.has_size = false});
}

static void ignore(void *data)
{
    (void)data;
}

static custody_side one, two;

static void tell_of_objects(unsigned number)
{
    char name[32];
    custody_type type = 0;
    (void)snprintf(name, sizeof name, "type %u", number);
    require(custody_type_register(one, name, "destroy", 0, &type) == CUSTODY_STATUS_OK);
    void *object = custody_create(type, 40);
    require(custody_check(type, object) == 1);
    require(custody_destroy(type, object) == CUSTODY_ENDED);
    void *adopted = alloc(50);
    require(custody_adopt(type, adopted) == CUSTODY_STATUS_OK);
    require(custody_end(type, adopted) == CUSTODY_ENDED);
    drop(adopted);
}

static void tell_of_loans(void)
{
    custody_loan loan;
    void *block = custody_alloc(one, 60, 0);
    require(custody_lend(block, one, two, CUSTODY_LOAN_SHARED, &loan) == 1);
    require(custody_return(loan) == 1);
    require(custody_transfer(block, one, two, CUSTODY_CONTRACT_CUSTODY) == 1);
    custody_release(two, block);
}

static void tell_of_leases_and_callbacks(unsigned number)
{
    char name[32];
    char *buffer = custody_alloc(one, 100, 0);
    custody_lease lease;
    custody_callback callback;
    require(custody_lease_begin(two, buffer, 100, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY, &lease) ==
            CUSTODY_STATUS_OK);
    memset(custody_lease_memory(lease), 1, 10);
    require(custody_lease_end(lease, 10) == 1);
    (void)custody_lease_check();
    custody_release(one, buffer);
    (void)snprintf(name, sizeof name, "callback %u", number);
    require(custody_callback_register(two, name, NULL, ignore, &callback) == CUSTODY_STATUS_OK);
    require(custody_callback_enter(callback, NULL) == 1);
    require(custody_callback_leave(callback) == 1);
    require(custody_callback_drop(callback) == 1);
}

static void adopt_blocks(void)
{
    static char blocks[64][64];
    static const struct cst_adopter adopter;
    for (size_t i = 0; i < 64; i++) {
        struct cst_adopted adopted;
        (void)!cst_adopted_add(blocks[i], cst_tag_facts(64, 4, cst_owner_make(CUSTODY_CONTRACT_MALLOC, one)), 0, &adopter);
        (void)!cst_adopted_find((uintptr_t)blocks[i], &adopted);
    }
}

static void do_everything(unsigned number)
{
    char name[32];
    custody_side side;
    struct custody_leaks leaks;
    (void)snprintf(name, sizeof name, "side %u", number);
    require(custody_side_register(name, CUSTODY_LANG_C, &side) == CUSTODY_STATUS_OK);
    for (size_t size = 1; size < (size_t)20 << 20; size *= 3) {
        drop(alloc(size));
    }
    tell_of_objects(number);
    tell_of_loans();
    tell_of_leases_and_callbacks(number);
    adopt_blocks();
    void *block = alloc(10);
    drop(block);
    drop(block);
    require(custody_find_leaks(&leaks) == CUSTODY_STATUS_OK);
}

/* ---- the tests ---- */

static void do_nothing(void)
{
}

static void a_child_frees_every_lock(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(do_nothing), 0);
    assert_true(taken->count > 20 && taken->count < LOCKS_MAX && freed->count < LOCKS_MAX);
    for (size_t i = 0; i < taken->count; i++) {
        if (!has(freed, taken->locks[i])) {
            fail_msg("the lock at %p is not freed in the child (gdb: info symbol)", (void *)taken->locks[i]);
        }
    }
}

static sem_t are_held, may_go;

static void *hold_all(void *unused)
{
    size_t count = freed->count;
    drop(alloc(1));
    for (size_t i = 0; i < count; i++) {
        __real_cst_lock_acquire(freed->locks[i]);
    }
    sem_post(&are_held);
    sem_wait(&may_go);
    for (size_t i = count; i-- > 0;) {
        cst_lock_release(freed->locks[i]);
    }
    return unused;
}

static void do_everything_soon(void)
{
    (void)alarm(60);
    do_everything(2);
}

static void a_child_of_the_moment_when_another_thread_has_them_all_can_do_everything(void **state)
{
    (void)state;
    pthread_t holder;
    sem_init(&are_held, 0, 0);
    sem_init(&may_go, 0, 0);
    assert_int_equal(pthread_create(&holder, NULL, hold_all, NULL), 0);
    sem_wait(&are_held);
    int result = in_a_child(do_everything_soon);
    sem_post(&may_go);
    pthread_join(holder, NULL);
    assert_int_equal(result, 0);
}

static int start(void **state)
{
    (void)state;
    void *shared = mmap(NULL, 2 * sizeof *taken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return -1;
    }
    memcpy(shared, &at_start, sizeof at_start);
    taken = shared;
    freed = taken + 1;
    bool good = custody_side_register("one", CUSTODY_LANG_C, &one) == CUSTODY_STATUS_OK &&
                custody_side_register("two", CUSTODY_LANG_C, &two) == CUSTODY_STATUS_OK;
    do_everything(1);
    return good ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_frees_every_lock),
        cmocka_unit_test(a_child_of_the_moment_when_another_thread_has_them_all_can_do_everything),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
