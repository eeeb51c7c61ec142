#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct account;
struct account *account_open(int64_t balance);
int64_t account_balance(const struct account *account);

int main(void)
{
    struct account *account = account_open(100);
    printf("balance: %ld\n", (long)account_balance(account));
    free(account);
    return 0;
}
