/* The client's own C API: what its C and C++ parts offer to its Rust part, and the other way round. */
#ifndef CLIENT_H
#define CLIENT_H

#include "ledger.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- From Rust (src/api.rs) ---- */

/** A greeting of `length` bytes, its NUL not counted. Rust allocates it; released with client_greeting_free alone. */
char *client_greeting(size_t length);

/** Takes a greeting back. */
void client_greeting_free(char *greeting);

/* ---- From C (callers.c) ---- */

/** Makes a greeting, measures it and hands it to free(): wrong. Returns its length. */
size_t caller_greeting_to_free(size_t length);

/** The same, and hands it back to client_greeting_free. */
size_t caller_greeting_back(size_t length);

/* ---- From C++ (wrapper.cc) ---- */

/** Makes a greeting, measures it and lets a std::unique_ptr release it with std::free: wrong. Returns its length. */
size_t wrapper_greeting_to_free(size_t length);

/** The same with a std::unique_ptr that knows client_greeting_free. */
size_t wrapper_greeting_back(size_t length);

/* ---- From C++ (instrument.cc) ---- */

/** Bytes and alignment of an instrument. */
size_t instrument_size(void);
size_t instrument_align(void);

/** Constructs an instrument in `storage`, which stays the caller's. */
void instrument_construct(void *storage);

/** Ends an instrument and leaves its storage to whoever owns it. */
void instrument_destruct(void *instrument);

/** Ends an instrument and gives its storage to operator delete, by its deleting destructor. */
void instrument_delete(void *instrument);

/* ---- From C (renderers.c): ledger_renderer ---- */

/** Reports what snprintf returns: the length that the text would have had. Wrong when the buffer is too small. */
enum ledger_status renderer_overclaiming(const struct ledger_account *account, char *buffer, size_t capacity,
                                         size_t *out_length, void *user);

/** The same, and says so when the text did not fit. */
enum ledger_status renderer_honest(const struct ledger_account *account, char *buffer, size_t capacity,
                                   size_t *out_length, void *user);

#ifdef __cplusplus
}
#endif

#endif
