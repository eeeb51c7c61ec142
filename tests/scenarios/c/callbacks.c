/* Callbacks that a library keeps, with data of the program: dropped twice, called after they were dropped or the library was
 * closed, dropped while they run (which then waits for the end of the call), never dropped.
 *
 * @libs books
 * @custody shared static both
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @run dropped-twice
 * @expect stale-handle error exact type=on_entry by=$books/c/custody call=custody_callback_drop history=registered>dropped
 * @run called-after-drop
 * @expect stale-handle error exact type=on_entry by=$books/c/custody call=custody_callback_enter history=registered>dropped
 * @run called-after-close
 * @expect stale-handle error exact type=on_entry by=$books/c/custody call=custody_callback_enter history=registered>closed
 * @run dropped-by-itself
 * @expect released-while-lent error exact type=on_entry by=$books/c/custody call=custody_callback_drop history=registered>entered
 * @run closed-by-itself
 * @expect released-while-lent error exact type=on_entry by=$books/c/custody call=custody_close history=registered>entered
 * @run never-dropped
 * @expect handle-leak error exact type=on_entry by=none call=none history=registered advice=custody_callback_drop
 * @run data-freed
 * @expect[custody=both] released-while-lent error exact type=on_entry owner=$prog/c/malloc by=$prog/c/malloc call=free history=registered size=24 total=1
 * @run good
 */
#include "books.h"
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct data {
    custody_callback callback;
    int calls;
    void (*then)(struct data *data);
};

static int live;

static void on_entry(void *pointer)
{
    struct data *data = pointer;
    data->calls++;
    if (data->then)
        data->then(data);
    data->calls++; /* the data must still be there */
}

static void drop_data(void *data)
{
    live--;
    free(data);
}

static void drop_itself(struct data *data)
{
    books_forget(data->callback);
}

static void close_library(struct data *data)
{
    books_stop();
    data->then = NULL;
}

/* Nothing but the library leads to the data. */
static custody_callback listen(void (*then)(struct data *data))
{
    struct data *data = keep(calloc(1, sizeof *data));
    data->then = then;
    live++;
    data->callback = books_listen(on_entry, data, drop_data);
    return data->callback;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    books_start();
    custody_callback callback = listen(strcmp(what, "dropped-by-itself") == 0  ? drop_itself
                                       : strcmp(what, "closed-by-itself") == 0 ? close_library
                                                                               : NULL);
    books_tell(callback);
    if (strcmp(what, "dropped-twice") == 0) {
        books_forget(callback);
        books_forget(callback);
    } else if (strcmp(what, "called-after-drop") == 0) {
        books_forget(callback);
        books_tell(callback);
    } else if (strcmp(what, "called-after-close") == 0) {
        books_stop();
        books_tell(callback);
    } else if (strcmp(what, "data-freed") == 0) {
        struct data *lent = keep(calloc(1, sizeof *lent));
        lent->callback = books_listen(on_entry, lent, NULL);
        custody_callback lost = lent->callback;
        books_tell(lost);
        free(lent);
        books_forget(lost);
        books_forget(callback);
    } else if (strcmp(what, "good") == 0) {
        struct data own = {0}; /* data that stays the program's */
        own.callback = books_listen(on_entry, &own, NULL);
        books_tell(own.callback);
        books_forget(own.callback);
        books_forget(callback);
        for (int i = 0; i < 1000; i++) {
            custody_callback next = listen(NULL);
            books_tell(next);
            if (i % 2)
                books_forget(next);
        }
        books_stop();
    }
    if (live != (strcmp(what, "never-dropped") == 0))
        puts("data was not dropped once");
    puts("done");
    return 0;
}
