/* vault: a C library that makes blocks, releases them, and takes release functions from its callers. */
#ifndef SCENARIO_VAULT_H
#define SCENARIO_VAULT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `size` bytes from malloc, for the caller to give to vault_free. At -O2 a tail jump to malloc. */
void *vault_make(size_t size);

/** As vault_make, and counts it: never a tail jump, so that the library is in the stack of the allocation. */
void *vault_make_counted(size_t size);

/** As vault_make_counted, zeroed. */
void *vault_make_zeroed(size_t count, size_t size);

/** A copy of `text`, for the caller to give to vault_free. */
char *vault_copy(const char *text);

/** Releases what the functions above made. At -O2 a tail jump to free. */
void vault_free(void *block);

/** As vault_free, by way of another function of this library: two tail jumps at -O2. */
void vault_discard(void *block);

/** As vault_free, and counts it: never a tail jump. */
void vault_free_counted(void *block);

/** Grows a block of the vault's in place or elsewhere. At -O2 a tail jump to realloc. */
void *vault_grow(void *block, size_t size);

/** Calls `release(block)`; a null `release` means free, as rocksdb's merge operator has it. */
void vault_release_with(void *block, void (*release)(void *));

/** A list of blocks that are the caller's; vault_list_free gives each to `release`. */
struct vault_list;
struct vault_list *vault_list_new(void);
void vault_list_add(struct vault_list *list, void *item);
void vault_list_free(struct vault_list *list, void (*release)(void *));

/** The name of the vault: a string that the library owns until vault_close. */
char *vault_name(void);
void vault_close(void);

/** Static text of the library, writable: CString's drop writes to it before it releases anything. */
char *vault_version(void);

#ifdef __cplusplus
}
#endif

#endif
