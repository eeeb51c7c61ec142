/* Many threads at one time in all that the public API offers, each by the rules: nothing may be told, nothing may be left,
 * nothing may crash. What makes it worth its time are the checkers (`make tsan`, `make helgrind`), which see what no run
 * shows. STRESS_ROUNDS says how long (`make stress`). */
#include "custody/custody.h"

#include "core/findings.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

#define ROUNDS 150
#define SLOTS 64

static custody_side sides[3];
static custody_type plain_type, counted_type;
static unsigned rounds = ROUNDS;
static const char *libraries[2];

/* What a thread does in one round; `state` is a number of its own to draw from. False when it went wrong. */
typedef bool work(unsigned *state);

static unsigned draw(unsigned *state)
{
    *state = *state * 1103515245U + 12345U;
    return *state >> 16;
}

/* --- work --- */

static void *_Atomic exchange[SLOTS];

static custody_side side_of_size(size_t size)
{
    return sides[size % 3];
}

/* Takes whatever lies in a slot, made by whoever, and puts another block there. Its first word tells its size, and with it
 * whose it is. */
static bool exchange_blocks(unsigned *state)
{
    size_t size = 16 + draw(state) % 3000;
    size_t *block = custody_alloc(side_of_size(size), size, 0);
    if (!block)
        return false;
    *block = size;
    block = atomic_exchange(&exchange[draw(state) % SLOTS], block);
    if (!block)
        return true;
    custody_side owner = side_of_size(*block), other = sides[draw(state) % 3];
    if (draw(state) % 2) {
        size_t *resized = custody_resize(owner, block, *block + 500);
        block = resized ? resized : block;
    }
    if (other != owner && !custody_transfer(block, owner, other, CUSTODY_CONTRACT_CUSTODY))
        return false;
    custody_release(other, block);
    return true;
}

static bool use_lease(unsigned *state)
{
    custody_lease lease = 0;
    size_t size = 32 + draw(state) % 400;
    char *block = custody_alloc(sides[0], size + CUSTODY_GUARD_SIZE, 0);
    unsigned how = draw(state) % 2 ? CUSTODY_LEASE_COPY : CUSTODY_LEASE_GUARD;
    if (!block || custody_lease_begin(sides[1], block, size, CUSTODY_LEASE_OUT | how, &lease) != CUSTODY_STATUS_OK)
        return false;
    char *memory = custody_lease_memory(lease);
    memset(memory, 'x', size);
    bool good = custody_lease_end(lease, size) && block[0] == 'x' && block[size - 1] == 'x';
    custody_release(sides[0], block);
    return good;
}

static bool use_loans(unsigned *state)
{
    custody_loan outer = 0, inner = 0;
    void *block = custody_alloc(sides[0], 40 + draw(state) % 100, 0);
    bool good = block && custody_lend(block, sides[0], sides[1], CUSTODY_LOAN_EXCLUSIVE, &outer) &&
                custody_lend(block, sides[1], sides[2], CUSTODY_LOAN_SHARED, &inner) && custody_return(inner) &&
                custody_return(outer);
    custody_release(sides[0], block);
    return good;
}

static bool use_objects(unsigned *state)
{
    void *object = custody_create(plain_type, 16 + draw(state) % 64), *counted = custody_create(counted_type, 24);
    bool good = custody_check(plain_type, object) && custody_retain(counted_type, counted) &&
                custody_destroy(counted_type, counted) == CUSTODY_KEPT && custody_check(counted_type, counted);
    return custody_destroy(counted_type, counted) == CUSTODY_ENDED &&
           custody_destroy(plain_type, object) == CUSTODY_ENDED && good;
}

static void drop(void *data)
{
    custody_release(sides[0], data);
}

static bool use_callbacks(unsigned *state)
{
    custody_callback callback = 0;
    void *data = custody_alloc(sides[0], 16 + draw(state) % 32, 0), *got = NULL;
    return custody_callback_register(sides[1], "on_event", data, drop, &callback) == CUSTODY_STATUS_OK &&
           custody_callback_enter(callback, &got) && got == data && custody_callback_leave(callback) &&
           custody_callback_drop(callback);
}

/* Describes what others may be releasing. */
static bool describe_others(unsigned *state)
{
    struct custody_description description;
    void *block = atomic_load(&exchange[draw(state) % SLOTS]);
    return custody_describe(block ? block : (void *)state, &description) == CUSTODY_STATUS_OK;
}

static bool register_side(unsigned *state)
{
    char name[16] = "side";
    custody_side side;
    name[3] = (char)('0' + draw(state) % 8);
    return custody_side_register(name, CUSTODY_LANG_C, &side) == CUSTODY_STATUS_OK &&
           strcmp(custody_side_name(side), name) == 0;
}

/* A library comes and goes, with a question about its code. */
static bool load_library(unsigned *state)
{
    custody_side side;
    void *library = dlopen(libraries[draw(state) % 2], RTLD_NOW | RTLD_LOCAL);
    void *function = library ? dlsym(library, "plain_name") : NULL;
    bool good = function && custody_side_of_code(function, &side) == CUSTODY_STATUS_OK;
    return library && dlclose(library) == 0 && good;
}

/* A child in which only this thread goes on; what the others hold locked is free there. */
static bool fork_child(unsigned *state)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        bool good = exchange_blocks(state) && use_lease(state) && use_loans(state) && use_objects(state);
        _exit(good ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool find_leaks(unsigned *state)
{
    struct custody_leaks leaks;
    (void)state;
    return custody_find_leaks(&leaks) == CUSTODY_STATUS_OK;
}

/* --- threads --- */

struct worker {
    work *does;
    unsigned rounds, state;
    bool good;
    pthread_t thread;
};

static void *run(void *data)
{
    struct worker *worker = data;
    for (unsigned i = 0; i < worker->rounds && worker->good; i++)
        worker->good = worker->does(&worker->state);
    return NULL;
}

static void run_all(struct worker *workers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        workers[i].state = (unsigned)i;
        workers[i].good = true;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < count; i++)
        assert_true(workers[i].good);
}

static void empty_slots(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        size_t *block = atomic_exchange(&exchange[i], NULL);
        custody_release(block ? side_of_size(*block) : 0, block);
    }
}

static void expect_silence(void)
{
    empty_slots();
    assert_int_equal(custody_lease_check(), 0);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_ERROR), 0);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), 0);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void blocks_pass_from_thread_to_thread(void **state)
{
    (void)state;
    struct worker workers[4];
    for (size_t i = 0; i < COUNT(workers); i++)
        workers[i] = (struct worker){.does = exchange_blocks, .rounds = rounds * 10};
    run_all(workers, COUNT(workers));
    expect_silence();
}

static void everything_that_the_interface_offers_is_done_at_one_time(void **state)
{
    (void)state;
    struct worker workers[] = {
        {.does = exchange_blocks, .rounds = rounds * 4}, {.does = exchange_blocks, .rounds = rounds * 4},
        {.does = use_lease, .rounds = rounds},           {.does = use_lease, .rounds = rounds},
        {.does = use_loans, .rounds = rounds},           {.does = use_loans, .rounds = rounds},
        {.does = use_objects, .rounds = rounds},         {.does = use_objects, .rounds = rounds},
        {.does = use_callbacks, .rounds = rounds},       {.does = register_side, .rounds = rounds},
    };
    run_all(workers, COUNT(workers));
    expect_silence();
}

static void blocks_are_asked_about_that_others_release(void **state)
{
    (void)state;
    struct worker workers[] = {{.does = exchange_blocks, .rounds = rounds * 4},
                               {.does = exchange_blocks, .rounds = rounds * 4},
                               {.does = describe_others, .rounds = rounds * 4}};
    run_all(workers, COUNT(workers));
    expect_silence();
}

static void libraries_come_and_go_meanwhile(void **state)
{
    (void)state;
    struct worker workers[] = {
        {.does = exchange_blocks, .rounds = rounds * 4},
        {.does = use_objects, .rounds = rounds},
        {.does = load_library, .rounds = rounds / 3 + 1},
        {.does = load_library, .rounds = rounds / 3 + 1},
    };
    run_all(workers, COUNT(workers));
    expect_silence();
}

static void children_are_forked_meanwhile(void **state)
{
    (void)state;
    struct worker workers[] = {
        {.does = exchange_blocks, .rounds = rounds * 4}, {.does = use_lease, .rounds = rounds},
        {.does = use_loans, .rounds = rounds},           {.does = use_callbacks, .rounds = rounds},
        {.does = fork_child, .rounds = rounds / 6 + 1},
    };
    run_all(workers, COUNT(workers));
    expect_silence();
}

/* What another thread has in its registers for a moment only may be told, as possible at worst. */
static void leaks_are_looked_for_meanwhile(void **state)
{
    (void)state;
    struct worker workers[] = {
        {.does = exchange_blocks, .rounds = rounds * 4}, {.does = use_lease, .rounds = rounds},
        {.does = use_objects, .rounds = rounds},         {.does = load_library, .rounds = rounds / 6 + 1},
        {.does = find_leaks, .rounds = rounds / 15 + 1},
    };
    run_all(workers, COUNT(workers));
    empty_slots();
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_ERROR), 0);
}

static int begin(void **state)
{
    const char *wanted = getenv("STRESS_ROUNDS");
    rounds = wanted ? (unsigned)strtoul(wanted, NULL, 10) : ROUNDS;
    if (fixture_begin(state) != 0)
        return -1;
    fixture_run("cc -O1 -shared -fPIC -o @/one.so %/plain.c && cp @/one.so @/two.so");
    libraries[0] = fixture_path("one.so");
    libraries[1] = fixture_path("two.so");
    return custody_side_register("ledger", CUSTODY_LANG_C, &sides[0]) != CUSTODY_STATUS_OK ||
           custody_side_register("vault", CUSTODY_LANG_C, &sides[1]) != CUSTODY_STATUS_OK ||
           custody_side_register("client", CUSTODY_LANG_RUST, &sides[2]) != CUSTODY_STATUS_OK ||
           custody_type_register(sides[0], "account", NULL, CUSTODY_TYPE_PLAIN, &plain_type) != CUSTODY_STATUS_OK ||
           custody_type_register(sides[0], "shared", NULL, CUSTODY_TYPE_COUNTED, &counted_type) != CUSTODY_STATUS_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_pass_from_thread_to_thread),
        cmocka_unit_test(everything_that_the_interface_offers_is_done_at_one_time),
        cmocka_unit_test(blocks_are_asked_about_that_others_release),
        cmocka_unit_test(libraries_come_and_go_meanwhile),
        cmocka_unit_test(children_are_forked_meanwhile),
        cmocka_unit_test(leaks_are_looked_for_meanwhile),
    };
    return cmocka_run_group_tests(tests, begin, fixture_end);
}
