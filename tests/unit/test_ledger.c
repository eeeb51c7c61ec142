/* The ledger through the public API, as a program that links the runtime uses it: what is right is silent, each broken rule
 * is told once, and nothing is left behind by blocks that come and go. */
#include "core/ledger.h"

#include "base/pool.h"
#include "core/findings.h"
#include "core/foreign.h"
#include "core/watch.h"
#include "custody/custody.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ownership.h"

#define SHARED CUSTODY_LOAN_SHARED
#define EXCLUSIVE CUSTODY_LOAN_EXCLUSIVE

static custody_side owner, friend, guest;
static uint64_t errors_before, warnings_before;

static int register_sides(void **state)
{
    (void)state;
    return custody_side_register("owner", CUSTODY_LANG_C, &owner) != CUSTODY_STATUS_OK ||
           custody_side_register("friend", CUSTODY_LANG_C, &friend) != CUSTODY_STATUS_OK ||
           custody_side_register("guest", CUSTODY_LANG_RUST, &guest) != CUSTODY_STATUS_OK;
}

static int count_anew(void **state)
{
    (void)state;
    cst_findings_after_fork();
    errors_before = warnings_before = 0;
    return 0;
}

/* Errors since this was asked last; equal ones are one. */
static uint64_t errors(void)
{
    uint64_t all = cst_findings_count(CUSTODY_SEVERITY_ERROR), news = all - errors_before;
    errors_before = all;
    return news;
}

static uint64_t warnings(void)
{
    uint64_t all = cst_findings_count(CUSTODY_SEVERITY_WARNING), news = all - warnings_before;
    warnings_before = all;
    return news;
}

static void *make(size_t size)
{
    void *block = custody_alloc(owner, size, 0);
    assert_non_null(block);
    return block;
}

static custody_loan lend(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind)
{
    custody_loan loan = 99;
    int done = custody_lend(block, from, to, kind, &loan);
    assert_int_equal(done, loan != 0);
    return loan;
}

static void a_block_changes_hands_and_is_released_by_who_has_it(void **state)
{
    (void)state;
    void *block = make(100);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_true(custody_transfer(block, friend, guest, CUSTODY_CONTRACT_UNKNOWN));
    struct custody_description description;
    assert_int_equal(custody_describe(block, &description), CUSTODY_STATUS_OK);
    assert_string_equal(description.side, "guest");
    assert_int_equal(description.contract, CUSTODY_CONTRACT_CUSTODY);
    custody_release(guest, block);
    assert_int_equal(errors(), 0);
}

static void who_gave_a_block_away_owns_it_no_more(void **state)
{
    (void)state;
    void *block = make(101);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_false(custody_transfer(block, owner, guest, CUSTODY_CONTRACT_CUSTODY));
    assert_int_equal(errors(), 1);
    assert_int_equal(lend(block, owner, guest, SHARED), 0);
    assert_int_equal(errors(), 1);
    custody_release(owner, block);
    assert_int_equal(errors(), 1);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), 0);
}

static void shared_loans_are_many_and_an_exclusive_one_is_alone(void **state)
{
    (void)state;
    void *block = make(102);
    custody_loan first = lend(block, owner, friend, SHARED), second = lend(block, owner, guest, SHARED);
    assert_true(first && second && first != second);
    assert_int_equal(lend(block, owner, guest, EXCLUSIVE), 0);
    assert_int_equal(errors(), 1);
    assert_true(custody_return(first));
    assert_true(custody_return(second));
    custody_loan only = lend(block, owner, friend, EXCLUSIVE);
    assert_true(only > second);
    assert_int_equal(lend(block, owner, guest, SHARED), 0);
    assert_int_equal(errors(), 1);
    assert_true(custody_return(only));
    custody_release(owner, block);
    assert_int_equal(errors(), 0);
}

static void who_has_a_loan_may_lend_on_what_it_allows(void **state)
{
    (void)state;
    void *block = make(103);
    custody_loan shared = lend(block, owner, friend, SHARED);
    custody_loan part = lend(block, friend, guest, SHARED);
    assert_int_equal(lend(block, guest, friend, EXCLUSIVE), 0);
    assert_int_equal(errors(), 1);
    assert_true(custody_return(part) && custody_return(shared));
    custody_loan outer = lend(block, owner, friend, EXCLUSIVE), inner = lend(block, friend, guest, EXCLUSIVE);
    assert_true(outer && inner);
    assert_int_equal(lend(block, friend, guest, SHARED), 0);
    assert_int_equal(errors(), 1);
    assert_true(custody_return(inner) && custody_return(outer));
    custody_release(owner, block);
    assert_int_equal(errors(), 0);
}

static void what_is_lent_on_ends_with_what_it_is_a_part_of(void **state)
{
    (void)state;
    void *block = make(104);
    custody_loan outer = lend(block, owner, friend, EXCLUSIVE), middle = lend(block, friend, guest, EXCLUSIVE);
    custody_loan inner = lend(block, guest, owner, SHARED), other = lend(block, guest, friend, SHARED);
    assert_false(custody_return(outer));
    assert_int_equal(cst_ledger_loans((uintptr_t)block), 0);
    assert_int_equal(errors(), 1); /* three equal ones */
    assert_false(custody_return(other) || custody_return(inner) || custody_return(middle));
    assert_int_equal(errors(), 0);
    assert_false(custody_return(inner));
    assert_int_equal(errors(), 1);
    custody_release(owner, block);
    assert_int_equal(errors(), 0);
}

static void a_loan_comes_back_once_and_before_its_block_ends(void **state)
{
    (void)state;
    void *block = make(105);
    custody_loan loan = lend(block, owner, friend, SHARED);
    assert_true(custody_return(loan));
    assert_false(custody_return(loan));
    assert_int_equal(errors(), 1);
    loan = lend(block, owner, friend, SHARED);
    custody_release(owner, block);
    assert_int_equal(errors(), 1);
    assert_false(custody_return(loan));
    assert_int_equal(errors(), 1);
    assert_false(custody_return(loan + 1000));
    assert_false(custody_return(UINT64_MAX));
    assert_true(custody_return(0));
}

static void a_resize_that_leaves_a_loan_whole_is_none_of_its_business(void **state)
{
    (void)state;
    char *block = make(1000);
    custody_loan loan = lend(block + 500, owner, friend, SHARED);
    assert_ptr_equal(custody_resize(owner, block, 1010), block);
    assert_int_equal(errors(), 0);
    assert_int_equal(cst_ledger_loans((uintptr_t)block + 1005), 1);
    char *moved = custody_resize(owner, block, 100000);
    assert_ptr_not_equal(moved, block);
    assert_int_equal(errors(), 1);
    assert_int_equal(cst_ledger_loans((uintptr_t)moved), 1);
    assert_true(custody_return(loan));
    custody_release(owner, moved);
    assert_int_equal(errors(), 0);
}

static void a_receiver_may_resize_what_it_got_and_owns_it_where_it_is_then(void **state)
{
    (void)state;
    void *block = make(106);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    void *moved = custody_resize(friend, block, 106000);
    custody_owner(moved, &(custody_side){0});
    assert_int_equal(errors(), 0);
    assert_true(custody_transfer(moved, friend, owner, CUSTODY_CONTRACT_CUSTODY));
    custody_release(owner, moved);
    assert_int_equal(errors(), 0);
}

/* A registered side may be any module, and the unknown side anybody. */
static void sides_that_may_be_one_are_not_told_apart(void **state)
{
    (void)state;
    static char buffer[64];
    custody_side self = 0;
    assert_int_equal(custody_side_of_caller(&self), CUSTODY_STATUS_OK);
    assert_true(custody_transfer(buffer, self, friend, CUSTODY_CONTRACT_MALLOC));
    assert_true(custody_transfer(buffer, self, owner, CUSTODY_CONTRACT_MALLOC));
    assert_true(custody_transfer(buffer, 0, owner, CUSTODY_CONTRACT_MALLOC));
    assert_true(custody_transfer(buffer, (custody_side)60000, owner, (enum custody_contract)12345));
    assert_true(custody_releasing(self, buffer));
    assert_int_equal(errors(), 0);
}

static void memory_that_is_not_seen_is_released_as_it_is_told(void **state)
{
    (void)state;
    static char buffer[64];
    custody_loan loan = lend(buffer, owner, friend, EXCLUSIVE);
    assert_false(custody_releasing(owner, buffer));
    assert_int_equal(errors(), 1);
    assert_false(custody_return(loan));
    assert_int_equal(errors(), 1);
    assert_true(custody_return(lend(buffer, friend, guest, EXCLUSIVE)));
    assert_true(custody_transfer(buffer, owner, friend, CUSTODY_CONTRACT_MALLOC));
    assert_false(custody_releasing(owner, buffer));
    assert_int_equal(errors(), 0); /* a warning: the friend may have released it, and this be another block */
    assert_int_equal(warnings(), 1);
    assert_true(custody_releasing(friend, buffer));
}

/* Only of these: what is seen needs no telling. The last test, since it listens itself from here on. */
static void of_memory_that_is_not_seen_the_advice_says_how_its_release_is_told(void **state)
{
    (void)state;
    static char buffer[64];
    static const char hint[] = "; its release, which Custody does not see, is told with custody_releasing()";
    listen();
    assert_true(custody_transfer(buffer, owner, friend, CUSTODY_CONTRACT_MALLOC));
    assert_false(custody_transfer(buffer, owner, friend, CUSTODY_CONTRACT_MALLOC));
    assert_non_null(strstr(last.advice, hint));
    assert_told(NOT_OWNER, buffer);
    assert_true(custody_releasing(friend, buffer));
    void *block = make(105);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_false(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_null(strstr(last.advice, hint));
    assert_told(NOT_OWNER, block);
    custody_release(friend, block);
    assert_silent();
}

static void nothing_is_made_of_nothing(void **state)
{
    (void)state;
    custody_loan loan = 99;
    assert_true(custody_transfer(NULL, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_true(custody_lend(NULL, owner, friend, SHARED, &loan));
    assert_int_equal(loan, 0);
    assert_true(custody_releasing(owner, NULL));
    assert_true(custody_return(loan));
    assert_int_equal(errors(), 0);
}

static void a_block_at_the_address_of_one_that_was_handed_over_is_a_new_one(void **state)
{
    (void)state;
    void *block = make(107);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    custody_release(friend, block);
    void *again = make(107);
    assert_ptr_equal(again, block);
    assert_true(custody_transfer(again, owner, guest, CUSTODY_CONTRACT_CUSTODY));
    custody_release(guest, again);
    assert_int_equal(errors(), 0);
}

static void errno_is_as_it_was(void **state)
{
    (void)state;
    void *block = make(108);
    errno = ENOTTY;
    custody_loan loan = lend(block, guest, friend, SHARED);
    (void)custody_return(loan + 1000);
    (void)custody_transfer(block, guest, friend, CUSTODY_CONTRACT_CUSTODY);
    (void)custody_releasing(guest, block);
    assert_int_equal(errno, ENOTTY);
    custody_release(owner, block);
}

static void work(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        void *block = custody_alloc(owner, 120, 0);
        custody_loan outer, inner;
        custody_lend(block, owner, friend, EXCLUSIVE, &outer);
        custody_lend(block, friend, guest, SHARED, &inner);
        custody_return(inner);
        custody_return(outer);
        custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY);
        custody_release(friend, block);
    }
}

static void blocks_that_come_and_go_leave_no_memory_behind(void **state)
{
    (void)state;
    work(200);
    size_t before = cst_pool_bytes();
    work(20000);
    assert_int_equal(cst_pool_bytes(), before);
    assert_int_equal(atomic_load(&cst_watch_count), 0);
    assert_int_equal(errors(), 0);
}

static void *work_in_thread(void *data)
{
    work(3000);
    return data;
}

static void threads_lend_their_own_blocks_at_one_time(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work_in_thread, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&cst_watch_count), 0);
    assert_int_equal(errors(), 0);
}

static void *left, *left_lent;

/* What was handed over is told here, and no leak besides; what is lent is its owner's. */
static void expect_one_told(void)
{
    if (!left || !left_lent)
        return;
    if (!cst_tag_is_told(cst_tag_of((uintptr_t)left)) || cst_tag_is_told(cst_tag_of((uintptr_t)left_lent)))
        _exit(92);
}

static int child_errors(void (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        errors_before = warnings_before = 0;
        body();
        uint8_t mode = cst_thread.mode;
        cst_thread.mode = CST_THREAD_INSIDE;
        cst_ledger_farewell();
        expect_one_told();
        cst_thread.mode = mode;
        _exit((int)errors());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nothing(void)
{
}

static void leave_two(void)
{
    left = make(109);
    left_lent = make(110);
    (void)custody_transfer(left, owner, friend, CUSTODY_CONTRACT_CUSTODY);
    (void)lend(left_lent, owner, friend, SHARED);
}

static void what_a_process_leaves_is_told_by_itself_and_not_by_its_child(void **state)
{
    (void)state;
    void *kept = make(111), *lent = make(112);
    assert_true(custody_transfer(kept, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    custody_loan loan = lend(lent, owner, friend, SHARED);
    assert_int_equal(child_errors(nothing), 0);
    assert_int_equal(child_errors(leave_two), 2);
    assert_true(custody_return(loan));
    custody_release(friend, kept);
    custody_release(owner, lent);
    assert_int_equal(errors(), 0);
}

static void *parent_block;
static custody_loan parent_outer, parent_inner;

/* Its parent's loans may be those of threads that are not here. */
static void use_what_the_parent_lent(void)
{
    custody_loan loan = 99;
    if (!custody_lend(parent_block, owner, guest, SHARED, &loan) || loan != 0)
        _exit(90);
    if (!custody_return(parent_outer))
        _exit(91);
    parent_block = custody_resize(owner, parent_block, 5000);
    custody_release(owner, parent_block);
}

static void release_what_the_parent_lent(void)
{
    custody_release(owner, parent_block);
}

static void transfer_what_the_parent_lent(void)
{
    if (!custody_transfer(parent_block, owner, guest, CUSTODY_CONTRACT_CUSTODY))
        _exit(90);
    custody_release(guest, parent_block);
}

static void lend_and_release_in_a_child(void)
{
    void *block = make(116);
    (void)lend(block, owner, friend, SHARED);
    custody_release(owner, block);
}

static void what_a_parent_lent_stands_in_no_childs_way(void **state)
{
    (void)state;
    parent_block = make(115);
    parent_outer = lend(parent_block, owner, friend, EXCLUSIVE);
    parent_inner = lend(parent_block, friend, guest, EXCLUSIVE);
    assert_int_equal(child_errors(use_what_the_parent_lent), 0);
    assert_int_equal(child_errors(release_what_the_parent_lent), 0);
    assert_int_equal(child_errors(transfer_what_the_parent_lent), 0);
    assert_int_equal(child_errors(lend_and_release_in_a_child), 1);
    assert_true(custody_return(parent_inner) && custody_return(parent_outer));
    custody_release(owner, parent_block);
    assert_int_equal(errors(), 0);
}

static void take_back(const struct cst_adopter *adopter, void *block, size_t size, size_t align)
{
    (void)adopter;
    (void)block;
    (void)size;
    (void)align;
}

static const struct cst_adopter adopter = {.release = take_back, .module = 4000};

/* As where the allocator's release is inlined: the next block at the address is another. */
static void a_block_of_another_allocator_whose_release_was_not_seen_is_no_more(void **state)
{
    (void)state;
    static _Alignas(16) char block[64];
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_ALLOC, .side = owner, .return_address = 1};
    const struct cst_given given = {.has_size = false};
    struct cst_foreign known;
    custody_type type;
    assert_int_equal(custody_type_register(owner, "crate", NULL, CUSTODY_TYPE_PLAIN, &type), CUSTODY_STATUS_OK);
    cst_foreign_adopt(&call, block, 64, 8, &adopter);
    assert_int_not_equal(lend(block, owner, friend, EXCLUSIVE), 0);
    assert_int_equal(custody_adopt(type, block), CUSTODY_STATUS_OK);
    cst_foreign_adopt(&call, block, 64, 8, &adopter);
    assert_int_equal(cst_ledger_loans((uintptr_t)block), 0);
    custody_loan loan = lend(block, owner, guest, EXCLUSIVE);
    assert_int_equal(custody_adopt(type, block), CUSTODY_STATUS_OK);
    assert_int_equal(custody_end(type, block), CUSTODY_ENDED);
    assert_true(custody_return(loan));
    cst_foreign_adopt(&call, block, 64, 8, &adopter);
    (void)!cst_foreign_accept(&call, block, &given, &adopter, &known);
    assert_int_equal(errors(), 0);
}

/* A history does not say that it was done. */
static void what_was_refused_has_words_of_its_own(void **state)
{
    (void)state;
    listen();
    void *block = make(133);
    assert_true(custody_transfer(block, owner, friend, CUSTODY_CONTRACT_CUSTODY));
    assert_false(custody_transfer(block, owner, guest, CUSTODY_CONTRACT_CUSTODY));
    assert_int_equal(last.deed_count, 3); /* made, transferred and the last */
    assert_int_equal(last.deeds[1], CUSTODY_DEED_TRANSFERRED);
    assert_int_equal(last.deeds[2], CUSTODY_DEED_TRANSFER_REFUSED);
    assert_int_equal(lend(block, owner, guest, EXCLUSIVE), 0);
    assert_int_equal(last.deeds[last.deed_count - 1], CUSTODY_DEED_LEND_REFUSED);
    custody_loan loan = lend(block, friend, guest, SHARED);
    assert_true(custody_return(loan));
    assert_false(custody_return(loan));
    assert_int_equal(last.deeds[last.deed_count - 2], CUSTODY_DEED_RETURNED);
    assert_int_equal(last.deeds[last.deed_count - 1], CUSTODY_DEED_RETURN_REFUSED);
    assert_false(custody_return(UINT64_MAX - 1));
    assert_int_equal(last.deeds[last.deed_count - 1], CUSTODY_DEED_RETURN_REFUSED);
    custody_release(friend, block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_block_changes_hands_and_is_released_by_who_has_it, count_anew),
        cmocka_unit_test_setup(who_gave_a_block_away_owns_it_no_more, count_anew),
        cmocka_unit_test_setup(shared_loans_are_many_and_an_exclusive_one_is_alone, count_anew),
        cmocka_unit_test_setup(who_has_a_loan_may_lend_on_what_it_allows, count_anew),
        cmocka_unit_test_setup(what_is_lent_on_ends_with_what_it_is_a_part_of, count_anew),
        cmocka_unit_test_setup(a_loan_comes_back_once_and_before_its_block_ends, count_anew),
        cmocka_unit_test_setup(a_resize_that_leaves_a_loan_whole_is_none_of_its_business, count_anew),
        cmocka_unit_test_setup(a_receiver_may_resize_what_it_got_and_owns_it_where_it_is_then, count_anew),
        cmocka_unit_test_setup(sides_that_may_be_one_are_not_told_apart, count_anew),
        cmocka_unit_test_setup(memory_that_is_not_seen_is_released_as_it_is_told, count_anew),
        cmocka_unit_test_setup(nothing_is_made_of_nothing, count_anew),
        cmocka_unit_test_setup(a_block_at_the_address_of_one_that_was_handed_over_is_a_new_one, count_anew),
        cmocka_unit_test_setup(errno_is_as_it_was, count_anew),
        cmocka_unit_test_setup(blocks_that_come_and_go_leave_no_memory_behind, count_anew),
        cmocka_unit_test_setup(threads_lend_their_own_blocks_at_one_time, count_anew),
        cmocka_unit_test_setup(what_a_process_leaves_is_told_by_itself_and_not_by_its_child, count_anew),
        cmocka_unit_test_setup(what_a_parent_lent_stands_in_no_childs_way, count_anew),
        cmocka_unit_test_setup(a_block_of_another_allocator_whose_release_was_not_seen_is_no_more, count_anew),
        cmocka_unit_test_setup(of_memory_that_is_not_seen_the_advice_says_how_its_release_is_told, count_anew),
        cmocka_unit_test_setup(what_was_refused_has_words_of_its_own, count_anew),
    };
    return cmocka_run_group_tests(tests, register_sides, NULL);
}
