/* The ledger over the allocators of a program and of a library: what was handed over is released as it was agreed, by the
 * module that got it, and by no other.
 *
 * @custody both
 * @libs vault
 * @builds cc=gcc opt=0 link=shared
 * @builds cc=clang opt=2 link=shared,static
 * @flags -Wno-mismatched-new-delete
 * @run kept-by-giver
 * @expect[link=shared] not-owner error exact owner=$prog/c++/malloc by=$vault/c/malloc call=free size=61 alloc=$vault release=$vault advice=free history=made>transferred>released
 * @run resized-by-giver
 * @expect[link=shared] not-owner error exact owner=$prog/c++/malloc by=$vault/c/malloc call=realloc size=62 history=made>transferred>released
 * @run wrong-way
 * @expect mismatched-release error exact owner=$prog/c++/malloc by=$prog/c++/new call=_ZdlPv size=63 alloc=$vault
 * @run named-wrong-way
 * @expect cross-allocator-free error exact owner=registered/c/malloc by=$prog/c++/new call=_ZdlPv size=64 alloc=$vault
 * @run freed-lent
 * @expect released-while-lent error exact owner=$prog/c++/malloc by=$prog/c++/malloc call=free size=65 history=made>lent>released
 * @run deleted-lent
 * @expect released-while-lent error exact owner=$prog/c++/new[] by=$prog/c++/new[] call=_ZdaPv size=66 history=made>lent-exclusively>released
 * @run freed-by-borrower
 * @expect released-while-lent error exact owner=$prog/c++/malloc by=$vault/c/malloc call=free size=67 history=made>lent>released
 * @expect[link=shared] cross-side-free warning exact owner=$prog/c++/malloc by=$vault/c/malloc call=free size=67
 * @run moved-lent
 * @expect released-while-lent error exact owner=$prog/c++/malloc call=realloc history=made>lent>released
 * @run lost
 * @expect transfer-leak error exact owner=$prog/c++/malloc size=69 alloc=$vault advice=free
 * @run good
 * @forbid cross-side-free
 * @forbid cross-allocator-free
 * @forbid mismatched-release
 */
#include "custody/custody.h"
#include "keep.h"
#include "vault.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

static custody_side program, vault, registered;
static void *volatile left; // stays reachable

static void lend(const void *block, custody_loan_kind kind = CUSTODY_LOAN_SHARED)
{
    custody_loan loan;
    custody_lend(block, program, vault, kind, &loan);
}

static void *handed_over(size_t size, custody_side to, custody_contract contract)
{
    void *block = keep(vault_make_counted(size));
    custody_transfer(block, vault, to, contract);
    return block;
}

static void run(const char *what)
{
    if (strcmp(what, "kept-by-giver") == 0) {
        vault_free_counted(handed_over(61, program, CUSTODY_CONTRACT_MALLOC));
    } else if (strcmp(what, "resized-by-giver") == 0) {
        free(keep(vault_grow(handed_over(62, program, CUSTODY_CONTRACT_MALLOC), 6200)));
    } else if (strcmp(what, "wrong-way") == 0) {
        operator delete(handed_over(63, program, CUSTODY_CONTRACT_MALLOC));
    } else if (strcmp(what, "named-wrong-way") == 0) {
        operator delete(handed_over(64, registered, CUSTODY_CONTRACT_MALLOC));
    } else if (strcmp(what, "freed-lent") == 0) {
        void *block = keep(malloc(65));
        lend(block);
        free(block);
    } else if (strcmp(what, "deleted-lent") == 0) {
        char *block = static_cast<char *>(keep(new char[66]));
        lend(block, CUSTODY_LOAN_EXCLUSIVE);
        delete[] block;
    } else if (strcmp(what, "freed-by-borrower") == 0) {
        void *block = keep(malloc(67));
        lend(block);
        vault_free_counted(block);
    } else if (strcmp(what, "moved-lent") == 0) {
        void *block = keep(malloc(68));
        custody_loan loan;
        custody_lend(block, program, vault, CUSTODY_LOAN_SHARED, &loan);
        block = keep(realloc(block, 6800));
        custody_return(loan);
        free(block);
    } else if (strcmp(what, "lost") == 0) {
        left = handed_over(69, program, CUSTODY_CONTRACT_MALLOC);
    }
}

/* Receivers release rightly: by every contract, as a module and under a name. */
static void good()
{
    for (custody_side to : {program, registered}) {
        free(handed_over(71, to, CUSTODY_CONTRACT_MALLOC));
        operator delete(handed_over(72, to, CUSTODY_CONTRACT_NEW));
        operator delete(handed_over(73, to, CUSTODY_CONTRACT_NEW), size_t(73));
        operator delete[](handed_over(74, to, CUSTODY_CONTRACT_NEW_ARRAY));
        custody_release(to, handed_over(75, to, CUSTODY_CONTRACT_CUSTODY));
        free(keep(realloc(handed_over(76, to, CUSTODY_CONTRACT_MALLOC), 7600)));
        free(handed_over(77, to, CUSTODY_CONTRACT_UNKNOWN));
        void *back = handed_over(78, to, CUSTODY_CONTRACT_MALLOC);
        custody_transfer(back, to, vault, CUSTODY_CONTRACT_MALLOC);
        vault_free_counted(back);
        void *ours = custody_alloc(to, 79, 64);
        custody_transfer(ours, to, program, CUSTODY_CONTRACT_MALLOC);
        free(ours);
        void *told = handed_over(80, to, CUSTODY_CONTRACT_MALLOC);
        custody_releasing(to, told);
        free(told);
    }
    int *mine = new int[20];
    custody_transfer(keep(mine), program, registered, CUSTODY_CONTRACT_NEW_ARRAY);
    delete[] mine;
    void *block = keep(malloc(65));
    custody_loan loan;
    custody_lend(block, program, vault, CUSTODY_LOAN_SHARED, &loan);
    custody_return(loan);
    block = keep(realloc(block, 6500));
    custody_lend(block, program, vault, CUSTODY_LOAN_EXCLUSIVE, &loan);
    custody_return(loan);
    free(block);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    custody_side_of_caller(&program);
    custody_side_of_code(reinterpret_cast<void *>(&vault_make), &vault);
    custody_side_register("registered", CUSTODY_LANG_C, &registered);
    if (strcmp(what, "good") == 0)
        good();
    else
        run(what);
    puts("done");
    return 0;
}
