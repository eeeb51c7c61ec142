/* Moving instructions: the first instructions of a function, made to run elsewhere, so that a jump can be put in their
 * place. Whole instructions are moved, and re-targeted where they name an address relative to themselves; what is not
 * understood is refused. Pure; any thread. Called by detour.c only. */
#ifndef CST_SITE_DETOUR_MOVE_H
#define CST_SITE_DETOUR_MOVE_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that the jump in place of the moved instructions takes: `jmp rel32`. */
#define CST_DETOUR_JUMP_SIZE ((size_t)5)

/** Room for what is moved, with the jump back behind it. */
#define CST_DETOUR_MOVED_MAX ((size_t)56)

/** Moved code. */
struct cst_moved {
    uint8_t bytes[CST_DETOUR_MOVED_MAX];
    size_t size;  /**< of `bytes`, with the jump back */
    size_t taken; /**< bytes of the function that it stands for, at least CST_DETOUR_JUMP_SIZE */
    size_t count; /**< instructions; when it is one, no thread can be in the middle of what is replaced */
};

/** Moves as many of the instructions `code[size]`, which run at `from`, as the jump needs: to run at `to`, and then to go on
 * behind the last of them. False for an instruction that cannot run elsewhere (a short jump without a long form, what no compiler
 * emits), one whose target cannot be reached, or when control leaves before there is room for the jump. A call is moved if
 * it is the last: it returns to where it always did, so that return addresses never lie in moved code. */
CST_MUST_USE bool cst_detour_move(const uint8_t *code, size_t size, uintptr_t from, uintptr_t to,
                                  struct cst_moved *out_moved);

/** Writes `jmp rel32` from `from` to `to`. False when that is too far. */
CST_MUST_USE bool cst_detour_jump(uintptr_t from, uintptr_t to, uint8_t out_code[CST_DETOUR_JUMP_SIZE]);

#endif
