/* What a module's facts tell of it may take long to come by: only who meets that module waits for it, and a child of a
 * fork waits for nobody. */
#include "site/module.h"

#include "child.h"
#include "site/module_facts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

static sem_t begun, may_end;

bool __real_cst_module_classify(bool is_program, struct cst_module *module);

/* The library "slow" has Rust in it of which its facts may tell more. */
bool __wrap_cst_module_classify(bool is_program, struct cst_module *module)
{
    bool is_slow = strcmp(module->name, "slow.so") == 0;
    (void)__real_cst_module_classify(is_program, module);
    module->rust = is_slow ? CST_RUST_INFERRED : CST_RUST_ABSENT;
    return is_slow;
}

static _Atomic bool ends_in_the_middle;

void __wrap_cst_module_settle(struct cst_module *module)
{
    if (ends_in_the_middle) {
        pthread_exit(NULL);
    }
    sem_post(&begun);
    sem_wait(&may_end);
    module->rust = CST_RUST_EXACT;
}

static uintptr_t load(const char *name)
{
    void *library = dlopen(fixture_path(name), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail_msg("%s", dlerror());
    }
    return (uintptr_t)dlsym(library, "plain_name");
}

static _Atomic int came;

/* Returns what the thread finds: of the module as it is when it is found. */
static void *find(void *address)
{
    came++;
    const struct cst_module *module = cst_module_find((uintptr_t)address);
    return (void *)(uintptr_t)(module != NULL && module->rust == CST_RUST_EXACT);
}

static uintptr_t slow;

static void find_slow(void)
{
    (void)alarm(20);
    cst_module_after_fork();
    const struct cst_module *module = cst_module_find(slow);
    require(module != NULL && module->rust == CST_RUST_INFERRED);
}

static void only_who_meets_the_module_waits_for_its_facts(void **state)
{
    (void)state;
    pthread_t first, second;
    void *first_found, *second_found;
    (void)alarm(60);
    slow = load("slow.so");
    uintptr_t other = load("other.so");
    assert_int_equal(pthread_create(&first, NULL, find, (void *)slow), 0);
    sem_wait(&begun);
    const struct cst_module *found = cst_module_find(other);
    assert_non_null(found);
    assert_string_equal(found->name, "other.so");
    assert_int_equal(pthread_create(&second, NULL, find, (void *)slow), 0);
    while (came < 2) {
        sched_yield();
    }
    for (int i = 0; i < 1000; i++) {
        sched_yield();
    }
    assert_int_equal(in_a_child(find_slow), 0);
    sem_post(&may_end);
    pthread_join(first, &first_found);
    pthread_join(second, &second_found);
    assert_ptr_equal(first_found, (void *)1);
    assert_ptr_equal(second_found, (void *)1);
    (void)alarm(0);
}

static void who_ends_in_the_middle_keeps_nobody_waiting(void **state)
{
    (void)state;
    pthread_t thread;
    (void)alarm(60);
    uintptr_t address = load("short/slow.so");
    ends_in_the_middle = true;
    assert_int_equal(pthread_create(&thread, NULL, find, (void *)address), 0);
    pthread_join(thread, NULL);
    ends_in_the_middle = false;
    const struct cst_module *found = cst_module_find(address);
    assert_non_null(found);
    assert_int_equal(found->rust, CST_RUST_INFERRED);
    (void)alarm(0);
}

static int build_fixtures(void **state)
{
    (void)fixture_begin(state);
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0a -o @/slow.so %/plain.c");
    fixture_run("cc -O1 -shared -fPIC -Wl,--build-id=0x0b -o @/other.so %/plain.c");
    fixture_run("mkdir @/short && cc -O1 -shared -fPIC -Wl,--build-id=0x0c -o @/short/slow.so %/plain.c");
    cst_module_scan();
    return sem_init(&begun, 0, 0) | sem_init(&may_end, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_ends_in_the_middle_keeps_nobody_waiting),
        cmocka_unit_test(only_who_meets_the_module_waits_for_its_facts),
    };
    return cmocka_run_group_tests(tests, build_fixtures, fixture_end);
}
