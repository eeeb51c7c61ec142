/* A program in C that uses a library in Rust, through the header that cbindgen made: all of its functions, done right, and,
 * on request, what its callers do wrong.
 *
 *   shop clean         everything, as it should be
 *   shop list --tsv    the bugs, as `client list --tsv`
 *   shop BUG           one bug
 *   shop good BUG      the same work done rightly */
#include "../include/receipts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A receipt whose text has `size` bytes, its NUL counted: "shop\n1 " and a line. */
static struct receipts_receipt *receipt_of(size_t size)
{
    char what[2048] = "";
    size_t length = size - 1 - strlen("shop\n1 ");
    memset(what, 'x', length);
    struct receipts_receipt *receipt = receipts_open("shop");
    receipts_add(receipt, what, 1);
    return receipt;
}

#define TEXT_SIZE 1201
#define BYTES_SIZE 1213
#define SHOP_SIZE 1217

/* ---- A string of Rust's is given to free() (jyt 0.1.1) ---- */

static void text_to_free(bool is_bad)
{
    struct receipts_receipt *receipt = receipt_of(TEXT_SIZE);
    char *text = receipts_text(receipt);
    printf("a text of %zu bytes is released\n", strlen(text));
    if (is_bad) {
        free(text);
    } else {
        receipts_text_free(text);
    }
    receipts_close(receipt);
}

/* ---- The capacity of a Vec does not come back (dashpay/platform issue 3289) ---- */

static void capacity_lost(bool is_bad)
{
    struct receipts_receipt *receipt = receipt_of(BYTES_SIZE + 1);
    struct receipts_bytes bytes = receipts_export(receipt);
    printf("%zu bytes are released, with room for %zu\n", bytes.length, bytes.capacity);
    if (is_bad) {
        bytes.capacity = bytes.length;
    }
    receipts_bytes_free(bytes);
    receipts_close(receipt);
}

/* ---- An object of Rust's is never closed ---- */

static void receipt_forgotten(bool is_bad)
{
    char shop[SHOP_SIZE] = "";
    memset(shop, 's', sizeof(shop) - 1);
    struct receipts_receipt *receipt = receipts_open(shop);
    printf("a receipt of a shop whose name has %zu bytes\n", strlen(shop));
    if (!is_bad) {
        receipts_close(receipt);
    }
}

/* ---- Everything ---- */

static bool add_up(const char *what, int64_t cents, void *user)
{
    *(int64_t *)user += cents;
    return strcmp(what, "last") != 0;
}

static bool is_clean(void)
{
    int64_t sum = 0;
    struct receipts_receipt *receipt = receipts_open("corner shop");
    receipts_add(receipt, "tea", 250);
    receipts_add(receipt, "last", 750);
    receipts_add(receipt, "after", 1000);
    size_t shown = receipts_each(receipt, add_up, &sum);
    receipts_set_discount(receipt,
                          (struct receipts_discount){.tag = receipts_discount_Percent, .percent = {.percent = 10}});
    struct receipts_totals tenth = receipts_total(receipt);
    receipts_set_discount(receipt, (struct receipts_discount){.tag = receipts_discount_Amount, .amount = {.cents = 5}});
    struct receipts_totals less = receipts_total(receipt);
    char *text = receipts_text(receipt);
    bool has_text = strcmp(text, "corner shop\n250 tea\n750 last\n1000 after") == 0;
    receipts_text_free(text);
    receipts_close(receipt);
    receipts_close(NULL);
    printf("receipts %s: %zu lines, %lld cents\n", receipts_version(), tenth.count, (long long)tenth.cents);
    return shown == 2 && sum == 1000 && tenth.count == 3 && tenth.cents == 1800 && less.cents == 1995 && has_text &&
           receipts_total(NULL).count == 0 && RECEIPTS_LINES_MAX == 64;
}

/* ---- By name ---- */

static const struct bug {
    const char *name, *kind, *owner, *by;
    size_t size;
    const char *summary;
    void (*run)(bool is_bad);
} bugs[] = {
    {"text-to-free", "cross-allocator-free", "receipts/rust", "shop/malloc", TEXT_SIZE,
     "a string of a library in Rust is given to free()", text_to_free},
    {"capacity-lost", "layout-mismatch", "receipts/rust", "receipts/rust", 2 * BYTES_SIZE,
     "the capacity of a Vec does not come back with it", capacity_lost},
    {"receipt-forgotten", "leak", "receipts/rust", "-", SHOP_SIZE, "an object of a library in Rust is never closed",
     receipt_forgotten},
};
#define BUG_COUNT (sizeof(bugs) / sizeof(*bugs))

static int run_bug(const char *name, bool is_bad)
{
    for (size_t i = 0; i < BUG_COUNT; i++) {
        if (strcmp(bugs[i].name, name) == 0) {
            bugs[i].run(is_bad);
            return 0;
        }
    }
    fprintf(stderr, "shop: no bug is called '%s'\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "clean") == 0) {
        return is_clean() ? 0 : 1;
    }
    if (strcmp(first, "list") == 0) {
        for (const struct bug *bug = bugs; bug < bugs + BUG_COUNT; bug++) {
            printf("%s\tR\t%s\terror\t%s\t%s\t%zu\t%s\n", bug->name, bug->kind, bug->owner, bug->by, bug->size,
                   bug->summary);
        }
        return 0;
    }
    return strcmp(first, "good") == 0 && argc > 2 ? run_bug(argv[2], false) : run_bug(first, true);
}
