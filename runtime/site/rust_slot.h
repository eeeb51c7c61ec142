/* Slots: the 16 bytes of machine code at a Rust entry. A thunk is a slot that holds a `jmp`, perhaps behind the making and
 * unmaking of a frame (`-C force-frame-pointers=yes`), and padding, so that all of it may be overwritten; the hook written
 * there is an absolute `jmp`. x86-64. Called by rust_thunks.c only. */
#ifndef CST_SITE_RUST_SLOT_H
#define CST_SITE_RUST_SLOT_H

#include "plat/compiler.h"
#include "site/code_write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_RUST_SLOT_SIZE ((size_t)16)

/** The code of one slot. */
struct cst_rust_code {
    unsigned char bytes[CST_RUST_SLOT_SIZE];
};

/** What a thunk's code says. */
struct cst_rust_thunk {
    int64_t target; /**< where it jumps, relative to the start of the slot */
    size_t size;    /**< bytes in front of the padding */
    bool framed;    /**< more than one instruction: a thread may be in the middle of it */
};

/** True when `code` is a thunk. */
CST_MUST_USE bool cst_rust_slot_is_thunk(const struct cst_rust_code *code, struct cst_rust_thunk *out_thunk);

/** The code that jumps to `target`. */
struct cst_rust_code cst_rust_slot_jump(uintptr_t target);

/** Puts `code` into the slot at `address`, a multiple of 16, whose `jmp` a thread may be executing meanwhile: it sees
 * the old or the new one. Of a framed thunk it could see neither: one may be written only while no other thread runs.
 * False, with the old code left or put back, when the write is refused or does not read back. */
CST_MUST_USE bool cst_rust_slot_write(const struct cst_code_writer *writer, uintptr_t address,
                                      const struct cst_rust_code *code);

#endif
