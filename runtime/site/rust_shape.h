/* Shapes of the machine code around Rust's entries: what the functions in question look like, instruction by instruction.
 * x86-64, System V ABI. Pure; any thread. */
#ifndef CST_SITE_RUST_SHAPE_H
#define CST_SITE_RUST_SHAPE_H

#include "plat/compiler.h"
#include "site/decode_x86_64.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Register of a function's first argument: rdi. */
#define CST_SHAPE_FIRST_ARGUMENT 7

/** Bytes of `code` (of which `size` may be read) that make a frame and unmake it: what stands in front of a tail jump with
 * `-C force-frame-pointers=yes`. 0 when it begins otherwise. */
CST_MUST_USE size_t cst_shape_frame_size(const uint8_t *code, size_t size);

/** True when `insn`, which is no transfer of control, touches no memory but that found from the stack or frame pointer. */
CST_MUST_USE bool cst_shape_keeps_memory(const struct cst_insn *insn);

#endif
