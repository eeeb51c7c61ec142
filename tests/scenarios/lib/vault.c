/* vault: see vault.h. Written so that an optimiser makes tail jumps where the header says so. */
#include "vault.h"

#include <stdlib.h>
#include <string.h>

struct vault_list {
    void *items[16];
    size_t count;
};

static char *name;
static volatile unsigned made, released;

void *vault_make(size_t size)
{
    return malloc(size);
}

void *vault_make_zeroed(size_t count, size_t size)
{
    void *block = calloc(count, size);
    made++;
    return block;
}

void *vault_make_counted(size_t size)
{
    void *block = malloc(size);
    made++;
    return block;
}

char *vault_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void vault_free(void *block)
{
    free(block);
}

__attribute__((noinline)) static void discard(void *block)
{
    free(block);
}

void vault_discard(void *block)
{
    discard(block);
}

void vault_free_counted(void *block)
{
    free(block);
    released++;
}

void *vault_grow(void *block, size_t size)
{
    return realloc(block, size);
}

void vault_release_with(void *block, void (*release)(void *))
{
    if (release)
        release(block);
    else
        free(block);
    released++;
}

struct vault_list *vault_list_new(void)
{
    return calloc(1, sizeof(struct vault_list));
}

void vault_list_add(struct vault_list *list, void *item)
{
    list->items[list->count++] = item;
}

void vault_list_free(struct vault_list *list, void (*release)(void *))
{
    for (size_t i = 0; i < list->count; i++)
        release(list->items[i]);
    free(list);
}

char *vault_name(void)
{
    if (!name)
        name = vault_copy("the vault below");
    return name;
}

void vault_close(void)
{
    free(name);
    name = NULL;
}

char *vault_version(void)
{
    static char version[] = "vault 1.0";
    return version;
}
