/* Allocators of libraries (custody/allocators.def): which calls of libc's allocator are made on behalf of one, told by who
 * makes them. Asked once a module, once a call site, and when a finding is made. Reads files of modules; takes no lock, and
 * none may be held: modules may be registered on the way. */
#ifndef CST_SITE_ALLOCATOR_H
#define CST_SITE_ALLOCATOR_H

#include "base/elf.h"
#include "custody/words.h"
#include "site/module.h"

#include <stdbool.h>
#include <stdint.h>

/** Which library of the list a module is, for cst_module.allocator: 0 for none. `soname` may be empty. */
uint8_t cst_allocator_recognise(const char *name, const char *soname, const struct cst_elf *elf);

/** The contract of a direct call of `door` by the code at `address` of `module`. False when it is the door's own. */
CST_MUST_USE bool cst_allocator_of_code(const struct cst_module *module, uintptr_t address, enum custody_door door,
                                        enum custody_contract *out_contract);

/** The library and the contract of a call through the function pointer at `variable`, which holds a door: a variable of that
 * library, or the program's copy of it. False when it is no such variable. */
CST_MUST_USE bool cst_allocator_of_variable(uintptr_t variable, const struct cst_module **out_library,
                                            enum custody_contract *out_contract);

/** True when who calls the functions of this contract may release what they make with free(), too. */
CST_MUST_USE bool cst_allocator_is_open(enum custody_contract contract);

/** The contract of a block that was made under `contract` by the stored stack `frames[count]`, innermost first:
 * what a library makes for itself with functions that others may call, too, belongs to its own contract. */
enum custody_contract cst_allocator_maker(enum custody_contract contract, const uintptr_t frames[], size_t count);

/** True when blocks of this contract are cut into pieces: a pointer into one is as good as one to its start. */
CST_MUST_USE bool cst_allocator_cuts(enum custody_contract contract);

/** Bytes that an allocator may keep for itself in front of what it hands out; 0 for none. */
size_t cst_allocator_header(enum custody_contract contract);

/** What an address inside a block is to the library that made the block. */
enum cst_allocator_piece {
    CST_PIECE_NONE,  /**< nothing that is known */
    CST_PIECE_PART,  /**< perhaps one of the pieces that it cuts blocks of this contract into */
    CST_PIECE_WHOLE, /**< the start of the memory that it handed out, behind a header of its own */
};

/** The same for `address` inside the live block at `start` of `size` bytes. */
enum cst_allocator_piece cst_allocator_piece(enum custody_contract contract, uintptr_t start, size_t size,
                                             uintptr_t address);

/** False only when the library of `contract` certainly calls libc itself wherever it may, and no functions that the program
 * gave it instead. */
CST_MUST_USE bool cst_allocator_is_replaced(enum custody_contract contract);

#endif
