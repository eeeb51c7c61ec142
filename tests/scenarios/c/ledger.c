/* Blocks that change hands and are lent, as the program says it itself: each rule of the ledger broken once, with blocks
 * that Custody makes, so that it is all seen without a preload.
 *
 * @custody shared static both
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @run given-away
 * @expect not-owner error exact owner=crew/c/custody by=harbour/c/custody call=custody_release size=41 alloc=$prog release=$prog history=made>transferred>released
 * @run given-away-resized
 * @expect not-owner error exact owner=crew/c/custody by=harbour/c/custody call=custody_resize size=42 history=made>transferred>released
 * @run anothers
 * @expect not-owner error exact owner=harbour/c/custody by=guest/c/custody call=custody_transfer size=43 history=made>transfer-refused
 * @run given-twice
 * @expect not-owner error exact owner=crew/c/custody by=harbour/c/custody call=custody_transfer size=44 history=made>transferred>transfer-refused
 * @run lent-by-a-stranger
 * @expect not-owner error exact owner=harbour/c/custody by=guest/c/custody call=custody_lend size=45 history=made>lend-refused
 * @run transferred-dead
 * @expect not-owner error exact by=harbour/c/custody call=custody_transfer size=46 history=transfer-refused
 * @run released-lent
 * @expect released-while-lent error exact owner=harbour/c/custody by=harbour/c/custody call=custody_release size=47 alloc=$prog release=$prog advice=custody_return history=made>lent>released
 * @run released-by-borrower
 * @expect released-while-lent error exact owner=harbour/c/custody by=crew/c/custody call=custody_release size=48
 * @expect cross-side-free warning exact owner=harbour/c/custody by=crew/c/custody call=custody_release size=48
 * @run moved-lent
 * @expect released-while-lent error exact owner=harbour/c/custody by=harbour/c/custody call=custody_resize history=made>lent>released
 * @run shrunk-lent
 * @expect released-while-lent error exact owner=harbour/c/custody by=harbour/c/custody call=custody_resize history=made>lent>released
 * @run transferred-lent
 * @expect released-while-lent error exact owner=harbour/c/custody by=harbour/c/custody call=custody_transfer size=51 history=made>lent-exclusively>transfer-refused
 * @run unseen-lent
 * @expect released-while-lent error exact owner=harbour/c/unknown by=harbour/c/custody call=custody_releasing history=lent>released
 * @run exclusive-then-shared
 * @expect lend-conflict error exact owner=harbour/c/custody by=harbour/c/custody call=custody_lend size=52 advice=custody_return history=made>lent-exclusively>lend-refused
 * @run shared-then-exclusive
 * @expect lend-conflict error exact owner=harbour/c/custody by=harbour/c/custody call=custody_lend size=53 history=made>lent>lend-refused
 * @run shared-lent-on-exclusively
 * @expect lend-conflict error exact owner=harbour/c/custody by=crew/c/custody call=custody_lend size=54 history=made>lent>lend-refused
 * @run never-returned
 * @expect lend-outlived error exact owner=harbour/c/custody size=55 by=none history=made>lent
 * @run returned-twice
 * @expect lend-outlived error exact owner=harbour/c/custody by=crew/c/custody call=custody_return size=56 history=made>lent>returned>return-refused
 * @run returned-late
 * @expect released-while-lent error exact owner=harbour/c/custody call=custody_release size=57
 * @expect lend-outlived error exact by=crew/c/custody call=custody_return history=made>lent>released>return-refused
 * @run inner-after-outer
 * @options events=ownership
 * @expect lend-outlived error exact owner=harbour/c/custody by=crew/c/custody call=custody_return size=58 history=made>lent-exclusively>lent>returned
 * @run no-loan
 * @expect lend-outlived error exact by=$prog/c/custody call=custody_return
 * @run kept
 * @expect transfer-leak error exact owner=crew/c/custody size=59 by=none alloc=$prog advice=custody_release history=made>transferred
 * @run lost
 * @expect transfer-leak error exact owner=crew/c/custody size=60 by=none alloc=$prog history=made>transferred
 * @run good
 * @options events=ownership
 */
#include "custody/custody.h"
#include "keep.h"

#include <stdio.h>
#include <string.h>

static custody_side harbour, crew, guest;
static char buffer[64];
static void *kept; /* what is never released stays reachable */

static void *make(size_t size)
{
    return keep(custody_alloc(harbour, size, 0));
}

static custody_loan lend(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind)
{
    custody_loan loan;
    custody_lend(block, from, to, kind, &loan);
    return loan;
}

static custody_loan share(const void *block)
{
    return lend(block, harbour, crew, CUSTODY_LOAN_SHARED);
}

static custody_loan hand_out(const void *block)
{
    return lend(block, harbour, crew, CUSTODY_LOAN_EXCLUSIVE);
}

static void give(void *block, custody_side from, custody_side to)
{
    custody_transfer(block, from, to, CUSTODY_CONTRACT_CUSTODY);
}

static void given_away(void)
{
    void *block = make(41);
    give(block, harbour, crew);
    custody_release(harbour, block);
}

static void given_away_resized(void)
{
    void *block = make(42);
    give(block, harbour, crew);
    custody_release(crew, keep(custody_resize(harbour, block, 4200)));
}

static void anothers(void)
{
    void *block = make(43);
    give(block, guest, crew);
    custody_release(harbour, block);
}

static void given_twice(void)
{
    void *block = make(44);
    give(block, harbour, crew);
    give(block, harbour, guest);
    custody_release(crew, block);
}

static void lent_by_a_stranger(void)
{
    void *block = make(45);
    custody_return(lend(block, guest, crew, CUSTODY_LOAN_SHARED));
    custody_release(harbour, block);
}

static void transferred_dead(void)
{
    void *block = make(46);
    custody_release(harbour, block);
    give(block, harbour, crew);
}

static void released_lent(void)
{
    void *block = make(47);
    share(block);
    custody_release(harbour, block);
}

static void released_by_borrower(void)
{
    void *block = make(48);
    share(block);
    custody_release(crew, block);
}

static void moved_lent(void)
{
    void *block = make(49);
    custody_loan loan = share(block);
    block = keep(custody_resize(harbour, block, 4900));
    custody_return(loan);
    custody_release(harbour, block);
}

static void shrunk_lent(void)
{
    void *block = make(50);
    custody_loan loan = share(block);
    block = keep(custody_resize(harbour, block, 49));
    custody_return(loan);
    custody_release(harbour, block);
}

static void transferred_lent(void)
{
    void *block = make(51);
    custody_loan loan = hand_out(block);
    give(block, harbour, guest);
    custody_return(loan);
    custody_release(harbour, block);
}

static void unseen_lent(void)
{
    share(buffer);
    custody_releasing(harbour, buffer);
}

static void exclusive_then_shared(void)
{
    void *block = make(52);
    custody_loan loan = hand_out(block);
    custody_return(lend(block, harbour, guest, CUSTODY_LOAN_SHARED));
    custody_return(loan);
    custody_release(harbour, block);
}

static void shared_then_exclusive(void)
{
    void *block = make(53);
    custody_loan loan = share(block);
    custody_return(lend(block, harbour, guest, CUSTODY_LOAN_EXCLUSIVE));
    custody_return(loan);
    custody_release(harbour, block);
}

static void shared_lent_on_exclusively(void)
{
    void *block = make(54);
    custody_loan loan = share(block);
    custody_return(lend(block, crew, guest, CUSTODY_LOAN_EXCLUSIVE));
    custody_return(loan);
    custody_release(harbour, block);
}

static void never_returned(void)
{
    kept = make(55);
    share(kept);
}

static void returned_twice(void)
{
    void *block = make(56);
    custody_loan loan = share(block);
    custody_return(loan);
    custody_return(loan);
    custody_release(harbour, block);
}

static void returned_late(void)
{
    void *block = make(57);
    custody_loan loan = share(block);
    custody_release(harbour, block);
    custody_return(loan);
}

static void inner_after_outer(void)
{
    void *block = make(58);
    custody_loan outer = hand_out(block), inner = lend(block, crew, guest, CUSTODY_LOAN_SHARED);
    custody_return(outer);
    custody_return(inner);
    custody_release(harbour, block);
}

static void no_loan(void)
{
    custody_return(12345);
}

static void never_released(void)
{
    kept = make(59);
    give(kept, harbour, crew);
}

/* Told once, though nothing points to it any more. */
static void lost(void)
{
    give(make(60), harbour, crew);
}

/* What is right: as owner, as receiver, as borrower. */
static void good(void)
{
    void *block = make(41);
    give(block, harbour, crew);
    custody_loan back = lend(block, crew, harbour, CUSTODY_LOAN_SHARED);
    custody_return(back);
    block = keep(custody_resize(crew, block, 4100));
    give(block, crew, guest);
    give(block, guest, crew);
    custody_release(crew, block);

    block = make(47);
    custody_loan first = share(block), second = lend((char *)block + 20, harbour, guest, CUSTODY_LOAN_SHARED);
    custody_loan third = lend(block, guest, crew, CUSTODY_LOAN_SHARED);
    custody_return(first);
    custody_return(third);
    custody_return(second);
    custody_loan outer = hand_out(block), inner = lend(block, crew, guest, CUSTODY_LOAN_EXCLUSIVE);
    custody_return(inner);
    custody_return(lend(block, crew, guest, CUSTODY_LOAN_SHARED));
    custody_return(outer);
    block = keep(custody_resize(harbour, block, 4700));
    custody_return(hand_out(block));
    custody_release(harbour, block);

    custody_return(share(buffer));
    custody_return(lend(buffer, guest, crew, CUSTODY_LOAN_EXCLUSIVE));
    custody_releasing(harbour, buffer);
    custody_return(0);
    custody_return(share(NULL));
}

static const struct {
    const char *name;
    void (*run)(void);
} runs[] = {
    {"given-away", given_away},
    {"given-away-resized", given_away_resized},
    {"anothers", anothers},
    {"given-twice", given_twice},
    {"lent-by-a-stranger", lent_by_a_stranger},
    {"transferred-dead", transferred_dead},
    {"released-lent", released_lent},
    {"released-by-borrower", released_by_borrower},
    {"moved-lent", moved_lent},
    {"shrunk-lent", shrunk_lent},
    {"transferred-lent", transferred_lent},
    {"unseen-lent", unseen_lent},
    {"exclusive-then-shared", exclusive_then_shared},
    {"shared-then-exclusive", shared_then_exclusive},
    {"shared-lent-on-exclusively", shared_lent_on_exclusively},
    {"never-returned", never_returned},
    {"returned-twice", returned_twice},
    {"returned-late", returned_late},
    {"inner-after-outer", inner_after_outer},
    {"no-loan", no_loan},
    {"kept", never_released},
    {"lost", lost},
    {"good", good},
};

int main(int argc, char **argv)
{
    custody_side_register("harbour", CUSTODY_LANG_C, &harbour);
    custody_side_register("crew", CUSTODY_LANG_C, &crew);
    custody_side_register("guest", CUSTODY_LANG_C, &guest);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (strcmp(argc > 1 ? argv[1] : "good", runs[i].name) == 0)
            runs[i].run();
    }
    puts("done");
    return 0;
}
