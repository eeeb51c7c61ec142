/* Text in a buffer of fixed size that the caller owns: the runtime's answer to stdio, which it must not use. Appends
 * are cut where the buffer ends; a mark taken before an element and cst_text_keep after it make that element appear
 * wholly or not at all. Always terminated. No state of its own, no locks, no allocation, no libc call that could do
 * either: callable from any thread and from signal handlers, one buffer per writer. */
#ifndef CST_BASE_TEXT_H
#define CST_BASE_TEXT_H

#include "plat/compiler.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A text under construction. Read `bytes` and `length` freely; change them only through the functions below. */
struct cst_text {
    char *bytes;     /**< the caller's buffer; bytes[length] is 0 */
    size_t limit;    /**< appends end here */
    size_t length;   /**< bytes written, the terminator not counted */
    unsigned losses; /**< how many appends did not fit, ever: 0 means that the text is whole */
    bool full;       /**< something did not fit: nothing more is appended until cst_text_keep takes it back */
};

/** A place in a text to which it can be taken back. */
struct cst_text_mark {
    size_t length;
    unsigned losses;
};

/** Starts an empty text in `bytes[size]`, of which the last `reserve` + 1 bytes are kept for cst_text_end and the
 * terminator. `size` must be larger than `reserve`. */
void cst_text_init(struct cst_text *text, char *bytes, size_t size, size_t reserve);

/** Appends one byte. */
void cst_text_char(struct cst_text *text, char byte);

/** Appends `size` bytes, or as many of them as fit. */
void cst_text_bytes(struct cst_text *text, const char *bytes, size_t size);

/** Appends a terminated string, or as much of it as fits; NULL appends nothing. */
void cst_text_string(struct cst_text *text, const char *string);

/** As cst_text_string, for people's terminals: every control byte becomes '?'. */
void cst_text_printable(struct cst_text *text, const char *string);

/** Appends a decimal number with at least `digits` digits (0 to 20), filled with zeros. */
void cst_text_unsigned(struct cst_text *text, uint64_t value, unsigned digits);

/** Appends a decimal number with its sign when it is negative. */
void cst_text_signed(struct cst_text *text, int64_t value);

/** Appends a lower-case hexadecimal number without prefix, with at least `digits` digits (0 to 16). */
void cst_text_hex(struct cst_text *text, uint64_t value, unsigned digits);

/** Appends `size` bytes of any content as a JSON string with its quotes (RFC 8259, section 7). The result is valid
 * UTF-8: every byte that is not part of a well-formed sequence (RFC 3629) becomes U+FFFD. */
void cst_text_json(struct cst_text *text, const char *bytes, size_t size);

/** Appends by a format: %s %c %d %i %u %x %p %%, lengths h hh l ll z t j, and for numbers a zero-filled width (%06u,
 * %016lx). %s takes NULL as "(null)". Anything else is appended as it stands. */
void cst_text_format(struct cst_text *text, const char *format, ...) CST_PRINTF(2, 3);

/** cst_text_format with its arguments in a list. */
void cst_text_vformat(struct cst_text *text, const char *format, va_list arguments) CST_PRINTF(2, 0);

/** The place where the text ends now. */
CST_MUST_USE struct cst_text_mark cst_text_mark(const struct cst_text *text);

/** True when everything since `mark` fitted. Otherwise takes the text back to `mark`, ready for something shorter, and
 * remembers the loss. */
bool cst_text_keep(struct cst_text *text, struct cst_text_mark mark);

/** Takes the text back to `mark` and counts that as a loss. */
void cst_text_drop(struct cst_text *text, struct cst_text_mark mark);

/** Appends one closing byte, from the reserve when need be. At most `reserve` of them are sure to fit. */
void cst_text_end(struct cst_text *text, char byte);

#endif
