/* ferrite: a Rust library with a C face. Whatever its functions return goes back to it. */
#ifndef SCENARIO_FERRITE_H
#define SCENARIO_FERRITE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A greeting of 28 bytes, NUL included, from CString::into_raw; ferrite_string_free takes it. */
char *ferrite_string(void);
void ferrite_string_free(char *text);

/** A Box of `FERRITE_BOX_SIZE` bytes; ferrite_box_free takes it. Its body ends in a tail jump to the allocator. */
#define FERRITE_BOX_SIZE 72
void *ferrite_box(void);
void ferrite_box_free(void *box);

/** A Vec with room for `capacity` bytes, of which `length` are used. */
unsigned char *ferrite_bytes(size_t length, size_t capacity);
void ferrite_bytes_free(unsigned char *bytes, size_t length, size_t capacity);

/** Takes a string that must have come from ferrite_string, with CString::from_raw. */
void ferrite_take_string(char *text);

#ifdef __cplusplus
}
#endif

#endif
