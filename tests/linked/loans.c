/* Loans and transfers as a program without faults uses them: prints the same with Custody and compiled out. C and C++. */
#include <stdio.h>

#include <custody/custody.h>

static custody_side library, client;

static void loans(void)
{
    custody_loan loan = 0;
    void *block = custody_alloc(client, 50, 0);
    printf("loan %d", custody_lend(block, client, library, CUSTODY_LOAN_SHARED, &loan));
    printf(" %d", loan != 0);
    printf(" %d %d\n", custody_return(loan), custody_return(0));
    printf("transfer %d\n", custody_transfer(block, client, library, CUSTODY_CONTRACT_CUSTODY));
    custody_release(library, block);
}

int main(void)
{
    custody_side_register("library", CUSTODY_LANG_C, &library);
    custody_side_register("client", CUSTODY_LANG_C, &client);
    loans();
    return 0;
}
