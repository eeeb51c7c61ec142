/* Counters: totals and live figures are exact, with one thread and with several, whichever of them allocates and whichever
 * releases; peaks are exact with one thread, and with several neither too high nor lower than they may be. Threads take turns
 * where a peak has to be known beforehand; where they run freely, the test keeps a sum of its own, beside which the peak must
 * lie. Each test has a side of its own. */
#include "core/count.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4
#define TIMES 20000
#define BLOCK 100

static void assert_total(uint16_t side, uint64_t allocs, uint64_t frees, uint64_t live, uint64_t peak)
{
    struct cst_count_total total = cst_count_sum(side);
    assert_int_equal(total.allocs, allocs);
    assert_int_equal(total.frees, frees);
    assert_int_equal(total.live_bytes, live);
    assert_int_equal(total.peak_bytes, peak);
}

/* A peak of a side that `threads` have counted for. */
static void assert_peak(uint64_t peak, uint64_t right, uint64_t threads)
{
    uint64_t slack = threads * CST_COUNT_SLACK;
    assert_in_range(peak, right > slack ? right - slack : 0, right);
}

static void with_one_thread_live_and_peak_are_exact(void **state)
{
    (void)state;
    cst_count_alloc(1, 100);
    cst_count_alloc(1, 50);
    assert_total(1, 2, 0, 150, 150);
    cst_count_free(1, 100);
    cst_count_alloc(1, 30);
    assert_total(1, 3, 1, 80, 150);
    cst_count_alloc(1, 71);
    assert_total(1, 4, 1, 151, 151);
    struct cst_count_total total = cst_count_sum(1);
    assert_int_equal(total.total_bytes, 100 + 50 + 30 + 71);
    assert_int_equal(total.live_blocks, 3);
    assert_int_equal(total.peak_blocks, 3);
}

static void sides_are_counted_apart_and_blocks_of_no_bytes_too(void **state)
{
    (void)state;
    cst_count_alloc(2, 0);
    cst_count_alloc(CST_SIDE_MAX - 1, 1 << 20);
    assert_total(2, 1, 0, 0, 0);
    assert_int_equal(cst_count_sum(2).peak_blocks, 1);
    assert_total(CST_SIDE_MAX - 1, 1, 0, 1 << 20, 1 << 20);
    assert_total(3, 0, 0, 0, 0);
}

/* A block made on one side and released on behalf of it elsewhere never shows less than nothing. */
static void more_released_than_made_is_no_negative_sum(void **state)
{
    (void)state;
    cst_count_free(4, 100);
    assert_total(4, 0, 1, 0, 0);
    cst_count_alloc(4, 100);
    assert_total(4, 1, 1, 0, 0);
    cst_count_free(4, 100);
    assert_int_equal(cst_count_sum(4).live_blocks, 0);
}

static void *make_and_release(void *unused)
{
    cst_thread.counts = cst_count_acquire(false);
    for (int i = 0; i < TIMES; i++) {
        cst_count_alloc(5, BLOCK);
    }
    for (int i = 0; i < TIMES - 1; i++) {
        cst_count_free(5, BLOCK);
    }
    cst_count_give_back(cst_thread.counts);
    return unused;
}

static void run_threads(void *(*run)(void *))
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void with_threads_sums_are_exact(void **state)
{
    (void)state;
    run_threads(make_and_release);
    struct cst_count_total total = cst_count_sum(5);
    assert_int_equal(total.allocs, THREADS * TIMES);
    assert_int_equal(total.frees, THREADS * (TIMES - 1));
    assert_int_equal(total.total_bytes, THREADS * TIMES * BLOCK);
    assert_int_equal(total.live_bytes, THREADS * BLOCK);
    assert_int_equal(total.live_blocks, THREADS);
    assert_in_range(total.peak_bytes, TIMES * BLOCK - THREADS * CST_COUNT_SLACK, THREADS * TIMES * BLOCK);
    /* Of calls that are under way, the blocks may be seen and the bytes not, or the other way round. */
    assert_in_range(total.peak_bytes + THREADS * BLOCK, total.peak_blocks * BLOCK,
                    (total.peak_blocks + 2 * THREADS) * BLOCK);
}

/* ---- threads that take turns ---- */

/* A worker that counts what it is told to, one call at a time. */
struct worker {
    pthread_t thread;
    pthread_barrier_t turn;
    uint16_t side;
    size_t size;
    bool releases;
    bool is_last;
};

static void *work(void *data)
{
    struct worker *worker = data;
    cst_thread.counts = cst_count_acquire(false);
    while (pthread_barrier_wait(&worker->turn), !worker->is_last) {
        if (worker->releases) {
            cst_count_free(worker->side, worker->size);
        } else {
            cst_count_alloc(worker->side, worker->size);
        }
        pthread_barrier_wait(&worker->turn);
    }
    cst_count_give_back(cst_thread.counts);
    return NULL;
}

static void hire(struct worker *worker, uint16_t side)
{
    *worker = (struct worker){.side = side};
    pthread_barrier_init(&worker->turn, NULL, 2);
    assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
}

static void take_turn(struct worker *worker, bool releases, size_t size)
{
    worker->releases = releases;
    worker->size = size;
    pthread_barrier_wait(&worker->turn);
    pthread_barrier_wait(&worker->turn);
}

static void let_alloc(struct worker *worker, size_t size)
{
    take_turn(worker, false, size);
}

static void let_release(struct worker *worker, size_t size)
{
    take_turn(worker, true, size);
}

static void dismiss(struct worker *worker)
{
    worker->is_last = true;
    pthread_barrier_wait(&worker->turn);
    pthread_join(worker->thread, NULL);
    pthread_barrier_destroy(&worker->turn);
}

static void large_amounts_of_two_threads_add_up_to_the_peak(void **state)
{
    (void)state;
    struct worker a, b;
    hire(&a, 10);
    hire(&b, 10);
    for (int i = 0; i < 4; i++) {
        let_alloc(&a, 1 << 20);
        let_alloc(&b, 1 << 20);
        let_release(&a, 1 << 20);
        let_release(&b, 1 << 20);
    }
    assert_total(10, 8, 8, 0, 1 << 21);
    assert_int_equal(cst_count_sum(10).peak_blocks, 2);
    let_alloc(&a, 1 << 20);
    let_alloc(&b, 1 << 20);
    let_alloc(&a, 1);
    assert_int_equal(cst_count_sum(10).peak_bytes, (1 << 21) + 1);
    assert_int_equal(cst_count_sum(10).peak_blocks, 3);
    dismiss(&a);
    dismiss(&b);
}

/* Half of the slack up, nothing looked at; and all of it down again, by blocks whose releases look at one bound only. */
static void a_peak_among_others_is_too_low_by_no_more_than_the_slack(void **state)
{
    (void)state;
    struct worker a, b;
    uint64_t live = 0, peak = 0;
    hire(&a, 17);
    hire(&b, 17);
    let_alloc(&b, 1);
    for (int height = 1; height <= 200; height++, live = 0) {
        for (int i = 0; i < height; i++) {
            let_alloc(&a, CST_COUNT_SMALL);
            live += CST_COUNT_SMALL;
        }
        peak = live + 1;
        for (int i = 0; i < height; i++) {
            let_release(&a, CST_COUNT_SMALL);
            assert_peak(cst_count_sum(17).peak_bytes, peak, 2);
        }
    }
    dismiss(&a);
    dismiss(&b);
}

static void what_one_thread_makes_and_another_releases_is_live_once(void **state)
{
    (void)state;
    struct worker producer, consumer;
    hire(&producer, 11);
    hire(&consumer, 11);
    for (int i = 0; i < 500; i++) {
        let_alloc(&producer, 10000);
        let_release(&consumer, 10000);
    }
    assert_peak(cst_count_sum(11).peak_bytes, 10000, 2);
    assert_int_equal(cst_count_sum(11).live_bytes, 0);
    assert_int_equal(cst_count_sum(11).total_bytes, 5000000);
    dismiss(&producer);
    dismiss(&consumer);
}

static void a_peak_before_the_second_thread_came_is_remembered(void **state)
{
    (void)state;
    struct worker a, b;
    hire(&a, 12);
    hire(&b, 12);
    let_alloc(&a, 700);
    let_alloc(&a, 300);
    let_release(&a, 700);
    let_release(&a, 300);
    let_alloc(&b, 1);
    assert_total(12, 3, 2, 1, 1000);
    assert_int_equal(cst_count_sum(12).peak_blocks, 2);
    dismiss(&a);
    dismiss(&b);
}

/* Sizes and turns from a small generator, beside a sum that is made in the plain way. */
static void random_turns_have_nearly_the_peaks_that_a_plain_sum_has(void **state)
{
    (void)state;
    struct worker workers[THREADS];
    uint64_t bytes = 0, blocks = 0, peak = 0;
    uint32_t random = 12345;
    static size_t held[4096];
    for (size_t i = 0; i < THREADS; i++) {
        hire(&workers[i], 13);
    }
    for (int i = 0; i < 6000; i++) {
        random = random * 1664525 + 1013904223;
        bool releases = blocks > 0 && (blocks == 4096 || (random >> 16) % 100 > (i / 1000 % 2 ? 45U : 60U));
        size_t size = releases ? held[blocks - 1] : (random >> 8) % ((random >> 20) % 4 ? 1000 : 100000);
        take_turn(&workers[(random >> 8) % THREADS], releases, size);
        if (releases) {
            blocks--;
            bytes -= size;
        } else {
            held[blocks++] = size;
            bytes += size;
        }
        peak = bytes > peak ? bytes : peak;
        struct cst_count_total total = cst_count_sum(13);
        assert_int_equal(total.live_bytes, bytes);
        assert_int_equal(total.live_blocks, blocks);
        assert_peak(total.peak_bytes, peak, THREADS);
    }
    for (size_t i = 0; i < THREADS; i++) {
        dismiss(&workers[i]);
    }
}

/* ---- threads that run freely ---- */

/* What is live by the test's own account: counted up after an allocation was counted, and down before a release is, it is
 * never more than what the counters should say. */
static _Atomic int64_t sure, surest;

static void note_surest(int64_t now)
{
    int64_t before = atomic_load(&surest);
    while (now > before && !atomic_compare_exchange_weak(&surest, &before, now)) {
    }
}

#define LARGE 5000

/* Grows to a height of its own and shrinks again, over and over. */
static void *breathe(void *data)
{
    size_t blocks = *(size_t *)data;
    cst_thread.counts = cst_count_acquire(false);
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < blocks; i++) {
            cst_count_alloc(14, LARGE);
            note_surest(atomic_fetch_add(&sure, LARGE) + LARGE);
        }
        for (size_t i = 0; i < blocks; i++) {
            atomic_fetch_sub(&sure, LARGE);
            cst_count_free(14, LARGE);
        }
    }
    cst_count_give_back(cst_thread.counts);
    return NULL;
}

static void a_peak_of_free_threads_is_what_was_live_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    size_t blocks[THREADS] = {5, 50, 70, 300};
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, breathe, &blocks[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    struct cst_count_total total = cst_count_sum(14);
    assert_int_equal(total.live_bytes, 0);
    assert_int_equal(total.live_blocks, 0);
    /* At most one call of each thread is under way. */
    assert_in_range(total.peak_bytes, surest - THREADS * (int64_t)CST_COUNT_SLACK, surest + THREADS * LARGE);
}

static void a_thread_among_others_looks_only_when_much_has_changed(void **state)
{
    (void)state;
    struct worker a, b;
    hire(&a, 15);
    hire(&b, 15);
    let_alloc(&a, 1);
    let_alloc(&b, 1);
    dismiss(&a);
    dismiss(&b);
    cst_count_alloc(15, 100000);
    cst_count_free(15, 1);
    struct cst_count *count = cst_count_of(15);
    for (uint64_t i = 0; i < CST_COUNT_SLACK / 4 / 100; i++) {
        assert_false(cst_count_in(count, 100));
        assert_false(cst_count_is_due(count, 100));
    }
    assert_false(cst_count_in(count, CST_COUNT_SLACK));
    assert_true(cst_count_is_due(count, 1));
    cst_count_free(15, 1);
    assert_false(cst_count_is_due(count, 1));
    assert_true(cst_count_is_due(count, CST_COUNT_SLACK));
}

/* ---- arrays ---- */

static struct cst_count *taken[THREADS];
static pthread_barrier_t all_have_taken;

static void *take_and_give_back(void *place)
{
    *(struct cst_count **)place = cst_count_acquire(false);
    pthread_barrier_wait(&all_have_taken);
    cst_count_give_back(*(struct cst_count **)place);
    return NULL;
}

static void counters_of_ended_threads_go_to_new_ones_and_keep_what_they_counted(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_have_taken, NULL, THREADS);
    uint64_t allocs = cst_count_sum(5).allocs;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, &taken[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(taken[i], taken[j]);
        }
    }
    struct cst_count *again = cst_count_acquire(false);
    bool is_one_of_them = false;
    for (size_t i = 0; i < THREADS; i++) {
        is_one_of_them = is_one_of_them || taken[i] == again;
    }
    assert_true(is_one_of_them);
    cst_count_give_back(again);
    assert_int_equal(cst_count_sum(5).allocs, allocs);
    pthread_barrier_destroy(&all_have_taken);
}

static void a_thread_that_has_ended_counts_with_the_shared_counters(void **state)
{
    (void)state;
    struct cst_count *mine = cst_thread.counts;
    cst_thread.counts = cst_count_acquire(true);
    assert_ptr_equal(cst_count_acquire(true), cst_thread.counts);
    assert_ptr_not_equal(cst_thread.counts, mine);
    cst_count_alloc(7, 10);
    cst_count_give_back(cst_thread.counts);
    assert_ptr_not_equal(cst_count_acquire(false), cst_count_acquire(true));
    assert_int_equal(cst_count_sum(7).allocs, 1);
    assert_int_equal(cst_count_sum(7).live_bytes, 10);
    cst_thread.counts = mine;
}

/* ---- fork ---- */

static bool child_counts_on(void)
{
    cst_count_after_fork();
    struct cst_count_total total = cst_count_sum(16);
    if (total.live_bytes != 900000 || total.peak_bytes != 1000000 || total.peak_blocks != 2) {
        return false;
    }
    cst_count_alloc(16, 100000);
    cst_count_alloc(16, 1);
    total = cst_count_sum(16);
    return total.live_bytes == 1000001 && total.peak_bytes == 1000001 && total.peak_blocks == 3;
}

static void a_child_counts_on_from_its_parents_figures(void **state)
{
    (void)state;
    struct worker other;
    hire(&other, 16);
    let_alloc(&other, 900000);
    cst_count_alloc(16, 100000);
    cst_count_free(16, 100000);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(child_counts_on() ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    dismiss(&other);
}

static int acquire(void **state)
{
    (void)state;
    cst_thread.counts = cst_count_acquire(false);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_one_thread_live_and_peak_are_exact),
        cmocka_unit_test(sides_are_counted_apart_and_blocks_of_no_bytes_too),
        cmocka_unit_test(more_released_than_made_is_no_negative_sum),
        cmocka_unit_test(with_threads_sums_are_exact),
        cmocka_unit_test(large_amounts_of_two_threads_add_up_to_the_peak),
        cmocka_unit_test(a_peak_among_others_is_too_low_by_no_more_than_the_slack),
        cmocka_unit_test(what_one_thread_makes_and_another_releases_is_live_once),
        cmocka_unit_test(a_peak_before_the_second_thread_came_is_remembered),
        cmocka_unit_test(random_turns_have_nearly_the_peaks_that_a_plain_sum_has),
        cmocka_unit_test(a_peak_of_free_threads_is_what_was_live_at_once),
        cmocka_unit_test(a_thread_among_others_looks_only_when_much_has_changed),
        cmocka_unit_test(counters_of_ended_threads_go_to_new_ones_and_keep_what_they_counted),
        cmocka_unit_test(a_thread_that_has_ended_counts_with_the_shared_counters),
        cmocka_unit_test(a_child_counts_on_from_its_parents_figures),
    };
    return cmocka_run_group_tests(tests, acquire, NULL);
}
