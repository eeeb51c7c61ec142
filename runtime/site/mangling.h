/* Mangling: the language of a function, and whether it is an operator of C++, told from the form of its symbol. Pure. */
#ifndef CST_SITE_MANGLING_H
#define CST_SITE_MANGLING_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>

/** Rust for v0 (_R...) and legacy mangling (_ZN...17h<16 hexadecimal digits>E), C++ for the rest of the Itanium ABI's _Z,
 * C for names that are not mangled. Functions that C++ or Rust export under a plain name look like C's. What the compiler
 * appends (".cold", ".llvm.123") does not matter. */
enum custody_lang cst_mangling_lang(const char *symbol);

/** The contract of a C++ operator new or delete that takes part in one, by its symbol, perhaps with a version behind it
 * ("_Znwm@@GLIBCXX_3.4"). CUSTODY_CONTRACT_UNKNOWN for all else: placement, operators of a class, other functions. */
enum custody_contract cst_mangling_operator(const char *symbol);

/** True for "malloc", "calloc", "realloc", "free" and their kin that make and release blocks of libc's allocator. */
CST_MUST_USE bool cst_mangling_is_malloc(const char *symbol);

#endif
