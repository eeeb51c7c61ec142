/* Receipts, a library in Rust, as C sees it. Made by cbindgen from receipts/src/lib.rs: change that. */
/* clang-format off */

#ifndef RECEIPTS_H
#define RECEIPTS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * A receipt. Opaque: made by receipts_open, released by receipts_close.
 */
struct receipts_receipt;

/**
 * What is taken off.
 */
enum receipts_discount_Tag {
  /**
   * Nothing.
   */
  receipts_discount_Nothing,
  /**
   * An amount.
   */
  receipts_discount_Amount,
  /**
   * A part.
   */
  receipts_discount_Percent,
};

struct receipts_discount_Amount_Body {
  /**
   * Cents.
   */
  int64_t cents;
};

struct receipts_discount_Percent_Body {
  /**
   * Of a hundred.
   */
  uint8_t percent;
};

struct receipts_discount {
  enum receipts_discount_Tag tag;
  union {
    struct receipts_discount_Amount_Body amount;
    struct receipts_discount_Percent_Body percent;
  };
};

/**
 * What a receipt adds up to.
 */
struct receipts_totals {
  /**
   * Lines.
   */
  size_t count;
  /**
   * Cents, the discount taken off.
   */
  int64_t cents;
};

/**
 * Bytes that Rust made for C, with all that Rust must know to release them: receipts_bytes_free takes all three back
 * unchanged.
 */
struct receipts_bytes {
  /**
   * The bytes.
   */
  uint8_t *data;
  /**
   * How many they are.
   */
  size_t length;
  /**
   * How many there is room for.
   */
  size_t capacity;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Most lines of a receipt.
 */
extern const uint32_t RECEIPTS_LINES_MAX;

/**
 * Opens a receipt of `shop` (copied). NULL when `shop` is. The caller releases it with receipts_close.
 *
 * # Safety
 * `shop` is NULL or a C string.
 */
struct receipts_receipt *receipts_open(const char *shop);

/**
 * Closes a receipt. NULL is allowed.
 *
 * # Safety
 * `receipt` is NULL, or came from receipts_open and was not closed before.
 */
void receipts_close(struct receipts_receipt *receipt);

/**
 * Adds a line (`what` is copied). False for a NULL, and when the receipt is full.
 *
 * # Safety
 * `receipt` is NULL or an open receipt that nobody else uses meanwhile, `what` NULL or a C string.
 */
bool receipts_add(struct receipts_receipt *receipt, const char *what, int64_t cents);

/**
 * Sets what is taken off.
 *
 * # Safety
 * `receipt` is NULL or an open receipt that nobody else uses meanwhile; the tag of `discount` is one of its enum's.
 */
void receipts_set_discount(struct receipts_receipt *receipt,
                           struct receipts_discount discount);

/**
 * What a receipt adds up to; of NULL, nothing.
 */
struct receipts_totals receipts_total(const struct receipts_receipt *receipt);

/**
 * A receipt as a C string. NULL on failure. The caller releases it with receipts_text_free.
 */
char *receipts_text(const struct receipts_receipt *receipt);

/**
 * Releases a text. NULL is allowed.
 *
 * # Safety
 * `text` is NULL, or came from receipts_text and was not released before.
 */
void receipts_text_free(char *text);

/**
 * A receipt as bytes, with room for as many again. Data is NULL on failure. The caller releases them with
 * receipts_bytes_free.
 */
struct receipts_bytes receipts_export(const struct receipts_receipt *receipt);

/**
 * Releases bytes.
 *
 * # Safety
 * `bytes` came from receipts_export, is unchanged, and was not released before.
 */
void receipts_bytes_free(struct receipts_bytes bytes);

/**
 * Shows each line to `visit`, until it answers false. How many were shown. `user` is handed over as it is.
 *
 * # Safety
 * `visit` is NULL, or a function that does not unwind and keeps nothing that it is shown.
 */
size_t receipts_each(const struct receipts_receipt *receipt,
                     bool (*visit)(const char *what, int64_t cents, void *user),
                     void *user);

/**
 * The version of the library. Static data: never release it.
 */
const char *receipts_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RECEIPTS_H */
