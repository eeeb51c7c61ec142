/* Exports: arrays that the library makes with malloc or realloc for its caller, who gives them back to the release
 * function that stands beside each in ledger.h. */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Appends one line to a journal of `*length` bytes, moving it. False when memory ran out; the journal stays as it was. */
static int append_line(char **journal, size_t *length, const struct ledger_entry *entry)
{
    char line[LEDGER_MEMO_MAX + 24];
    int written = snprintf(line, sizeof(line), "%" PRId64 " %s\n", entry->cents, entry->memo);
    char *grown = realloc(*journal, *length + (size_t)written);
    if (grown == NULL) {
        return 0;
    }
    memcpy(grown + *length, line, (size_t)written);
    *journal = grown;
    *length += (size_t)written;
    return 1;
}

char *ledger_account_journal(const struct ledger_account *account, size_t *out_length)
{
    char *journal = NULL;
    size_t length = 0;
    for (size_t i = 0; i < account->entry_count; i++) {
        if (!append_line(&journal, &length, &account->entries[i])) {
            free(journal);
            ledger_fail(LEDGER_ERROR_MEMORY, "no memory for the journal");
            return NULL;
        }
    }
    *out_length = length;
    return journal;
}

int64_t *ledger_account_balances(const struct ledger_account *account, size_t *out_count)
{
    int64_t *balances = malloc(account->entry_count * sizeof(*balances));
    if (balances == NULL) {
        ledger_fail(LEDGER_ERROR_MEMORY, "no memory for the balances");
        return NULL;
    }
    int64_t balance = 0;
    for (size_t i = 0; i < account->entry_count; i++) {
        balance += account->entries[i].cents;
        balances[i] = balance;
    }
    *out_count = account->entry_count;
    return balances;
}

/** Sum of the amounts moved, signs dropped. */
static double turnover(const struct ledger_account *account)
{
    double sum = 0;
    for (size_t i = 0; i < account->entry_count; i++) {
        sum += (double)llabs(account->entries[i].cents);
    }
    return sum;
}

static void fill_columns(struct ledger_columns *columns, const struct ledger_account *account)
{
    double all = turnover(account);
    for (size_t i = 0; i < columns->count; i++) {
        const struct ledger_entry *entry = &account->entries[i];
        columns->cents[i] = entry->cents;
        columns->numbers[i] = (int32_t)(i + 1);
        columns->shares[i] = all > 0 ? (double)llabs(entry->cents) / all : 0;
        columns->memo_lengths[i] = (uint16_t)strlen(entry->memo);
        columns->incoming[i] = entry->cents > 0;
    }
}

enum ledger_status ledger_account_columns(const struct ledger_account *account, struct ledger_columns *out_columns)
{
    size_t count = account->entry_count;
    *out_columns = (struct ledger_columns){
        .count = count,
        .cents = malloc(count * sizeof(int64_t)),
        .numbers = malloc(count * sizeof(int32_t)),
        .shares = malloc(count * sizeof(double)),
        .memo_lengths = malloc(count * sizeof(uint16_t)),
        .incoming = malloc(count),
    };
    if (out_columns->cents == NULL || out_columns->numbers == NULL || out_columns->shares == NULL ||
        out_columns->memo_lengths == NULL || out_columns->incoming == NULL) {
        ledger_columns_release(out_columns);
        return ledger_fail(LEDGER_ERROR_MEMORY, "no memory for the columns");
    }
    fill_columns(out_columns, account);
    return LEDGER_OK;
}

void ledger_columns_release(struct ledger_columns *columns)
{
    free(columns->cents);
    free(columns->numbers);
    free(columns->shares);
    free(columns->memo_lengths);
    free(columns->incoming);
    *columns = (struct ledger_columns){0};
}
