/* Objects that a library owns, handled by a program: given to another type's function, used and closed after they were
 * closed, used by another thread, never closed. Made by Custody, or adopted from malloc. In a program that is linked with
 * Custody alone malloc's blocks are not Custody's.
 *
 * @libs books
 * @custody shared static both
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @flags -pthread
 * @run wrong-type
 * @expect wrong-type error exact type=ledger expected-type=account owner=$books/c/custody by=$books/c/custody call=custody_end size=20 alloc=$books release=$books history=made
 * @expect handle-leak error exact type=ledger owner=$books/c/custody by=none call=none size=20 alloc=$books history=made advice=ledger_close
 * @run no-object
 * @expect wrong-type error exact type=none expected-type=ledger by=$books/c/custody call=custody_check history=none
 * @run use-after-close
 * @expect stale-handle error exact type=ledger expected-type=none owner=$books/c/custody by=$books/c/custody call=custody_check size=20 history=made>ended
 * @run closed-twice
 * @expect stale-handle error exact type=ledger owner=$books/c/custody by=$books/c/custody call=custody_destroy size=20 history=made>ended total=3
 * @run adopted-closed-twice
 * @expect[custody=both] stale-handle error exact type=account owner=$books/c/malloc by=$books/c/custody call=custody_end size=4 history=adopted>ended
 * @expect[custody=shared,static] stale-handle error exact type=account owner=$books/c/unknown by=$books/c/custody call=custody_end size=none history=adopted>ended
 * @run other-thread
 * @expect wrong-thread error exact type=window by=$books/c/custody call=custody_check size=4 history=made thread=drawer
 * @expect wrong-thread error exact type=window by=$books/c/custody call=custody_destroy size=4 history=made thread=drawer
 * @run never-closed
 * @expect handle-leak error exact type=ledger by=none call=none size=20 advice=ledger_close total=2
 * @expect[custody=both] handle-leak error exact type=account owner=$books/c/malloc size=4 advice=account_close
 * @expect[custody=shared,static] handle-leak error exact type=account owner=$books/c/unknown size=none advice=account_close
 * @run one-reference-too-many
 * @expect handle-leak error exact type=page size=4 history=made>retained>let-go advice=page_unref
 * @run one-reference-too-few
 * @expect stale-handle error exact type=page call=custody_destroy size=4 history=made>retained>let-go>ended
 * @run released-unclosed
 * @expect handle-leak error exact type=ledger owner=$books/c/custody by=none call=none size=20 history=made>released advice=ledger_close
 * @expect stale-handle error exact type=ledger call=custody_check size=20 history=made>released
 * @run freed-unclosed
 * @expect[custody=both] handle-leak error exact type=account owner=$books/c/malloc by=none size=4 history=adopted>released advice=account_close
 * @expect[custody=both link=shared] cross-side-free warning exact owner=$books/c/malloc by=$prog/c/malloc call=free size=4
 * @expect[custody=shared,static] handle-leak error exact type=account owner=$books/c/unknown by=none size=none history=adopted
 * @run good
 * @run good-child
 */
#include "books.h"
#include "keep.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *held[4]; /* what is not closed is no leak of memory */

static void *draw(void *window)
{
    pthread_setname_np(pthread_self(), "drawer");
    window_draw(window);
    window_close(window);
    struct window *own = window_open();
    window_draw(own);
    window_close(own);
    return NULL;
}

static void *count(void *ledger)
{
    ledger_count(ledger);
    ledger_close(ledger);
    return NULL;
}

static void elsewhere(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) == 0)
        pthread_join(thread, NULL);
}

static void good(void)
{
    struct ledger *ledger = ledger_open();
    struct account *account = account_open();
    struct window *window = window_open();
    struct page *page = page_new();
    for (int i = 0; i < 1000; i++) {
        ledger_close(ledger_open());
        account_close(account_open());
    }
    if (ledger_count(ledger) != 0 || account_balance(account) != 0 || window_draw(window) != 1)
        puts("an object was refused");
    page_unref(page_ref(page));
    page_unref(page);
    ledger_close(NULL);
    account_close(account);
    window_close(window);
    elsewhere(count, ledger);
}

/* What the parent holds is not the child's to close; and it may. */
static void good_child(void)
{
    held[0] = ledger_open();
    held[1] = ledger_open();
    pid_t child = fork();
    if (child == 0) {
        good();
        ledger_close(held[0]);
        exit(0);
    }
    waitpid(child, NULL, 0);
    ledger_close(held[0]);
    ledger_close(held[1]);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    custody_side side = books_start();
    if (strcmp(what, "wrong-type") == 0) {
        held[0] = ledger_open();
        account_close(held[0]);
    } else if (strcmp(what, "no-object") == 0) {
        ledger_count(keep("text"));
    } else if (strcmp(what, "use-after-close") == 0) {
        struct ledger *ledger = ledger_open();
        ledger_close(ledger);
        ledger_close(ledger_open());
        ledger_count(ledger);
    } else if (strcmp(what, "closed-twice") == 0) {
        for (volatile int i = 0; i < 3; i++) {
            struct ledger *ledger = ledger_open();
            ledger_close(ledger);
            ledger_close(ledger);
        }
    } else if (strcmp(what, "adopted-closed-twice") == 0) {
        struct account *account = account_open();
        account_close(account);
        account_close(account);
    } else if (strcmp(what, "other-thread") == 0) {
        struct window *window = window_open();
        elsewhere(draw, window);
        window_close(window);
    } else if (strcmp(what, "never-closed") == 0) {
        for (volatile int i = 0; i < 2; i++)
            held[i] = ledger_open();
        held[2] = account_open();
    } else if (strcmp(what, "one-reference-too-many") == 0) {
        held[0] = page_ref(page_new());
        page_unref(held[0]);
    } else if (strcmp(what, "one-reference-too-few") == 0) {
        struct page *page = page_ref(page_new());
        page_unref(page);
        page_unref(page);
        page_unref(page);
    } else if (strcmp(what, "released-unclosed") == 0) {
        struct ledger *ledger = ledger_open();
        custody_release(side, ledger);
        ledger_count(ledger);
    } else if (strcmp(what, "freed-unclosed") == 0) {
        free(account_open());
    } else if (strcmp(what, "good-child") == 0) {
        good_child();
    } else {
        good();
    }
    puts("done");
    return 0;
}
