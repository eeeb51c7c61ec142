/* The ledger over blocks of an allocator with memory of its own, which Custody sees made and released.
 *
 * @custody both
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin -pthread -Wl,--no-as-needed -lc -lmimalloc
 * @run freed-lent
 * @expect released-while-lent error exact owner=$prog/c/mi_malloc by=$prog/c/mi_malloc call=mi_free size=91 alloc=$prog history=made>lent>released
 * @run moved-lent
 * @expect released-while-lent error exact owner=$prog/c/mi_malloc call=mi_realloc size=92 history=made>lent>released
 * @run freed-elsewhere
 * @expect released-while-lent error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=free size=93 history=made>lent>released
 * @expect cross-allocator-free error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=free size=93
 * @run resized-elsewhere
 * @expect released-while-lent error exact call=realloc history=made>lent>released
 * @expect cross-allocator-free error exact owner=$prog/c/mi_malloc by=$prog/c/malloc call=realloc size=94
 * @run kept
 * @expect transfer-leak error exact owner=harbour/c/mi_malloc by=none size=97 alloc=$prog advice=mi_free history=made>transferred
 * @run taken-back
 * @expect not-owner error exact by=harbour/c/custody call=custody_transfer history=made>transferred>transfer-refused
 * @run good
 * @options events=ownership
 */
#include "custody/custody.h"
#include "keep.h"

#include <mimalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static custody_side harbour, crew;
static void *volatile left;

static custody_loan lend(const void *block)
{
    custody_loan loan;
    custody_lend(block, harbour, crew, CUSTODY_LOAN_SHARED, &loan);
    return loan;
}

static void good(void)
{
    void *block = keep(mi_malloc(95));
    custody_return(lend(block));
    block = keep(mi_realloc(block, 9500));
    custody_loan loan = lend(block);
    block = keep(mi_expand(block, 9500));
    custody_return(loan);
    custody_transfer(block, harbour, crew, CUSTODY_CONTRACT_MIMALLOC);
    block = keep(mi_realloc(block, 95000));
    custody_transfer(block, crew, harbour, CUSTODY_CONTRACT_MIMALLOC);
    mi_free(block);
    for (int i = 0; i < 100; i++) {
        block = keep(mi_malloc(96));
        custody_transfer(block, i % 2 ? harbour : crew, i % 2 ? crew : harbour, CUSTODY_CONTRACT_MIMALLOC);
        custody_return(lend(NULL));
        mi_free(block);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    custody_side_register("harbour", CUSTODY_LANG_C, &harbour);
    custody_side_register("crew", CUSTODY_LANG_C, &crew);
    if (strcmp(what, "freed-lent") == 0) {
        void *block = keep(mi_malloc(91));
        lend(block);
        mi_free(block);
    } else if (strcmp(what, "moved-lent") == 0) {
        void *block = keep(mi_malloc(92));
        custody_loan loan = lend(block);
        block = keep(mi_realloc(block, 9200));
        custody_return(loan);
        mi_free(block);
    } else if (strcmp(what, "freed-elsewhere") == 0) {
        void *block = keep(mi_malloc(93));
        lend(block);
        free(block);
    } else if (strcmp(what, "resized-elsewhere") == 0) {
        void *block = keep(mi_malloc(94));
        custody_loan loan = lend(block);
        block = keep(realloc(block, 9400));
        custody_return(loan);
        free(block);
    } else if (strcmp(what, "kept") == 0) {
        left = mi_malloc(97);
        custody_transfer(left, crew, harbour, CUSTODY_CONTRACT_MIMALLOC);
    } else if (strcmp(what, "taken-back") == 0) {
        void *block = keep(mi_malloc(98));
        custody_transfer(block, harbour, crew, CUSTODY_CONTRACT_MIMALLOC);
        custody_transfer(block, harbour, crew, CUSTODY_CONTRACT_MIMALLOC);
        mi_free(block);
    } else {
        good();
    }
    puts("done");
    return 0;
}
