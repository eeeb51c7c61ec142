/* Mangling: the language of a function, told from the form of its symbol. Pure. */
#ifndef CST_SITE_MANGLING_H
#define CST_SITE_MANGLING_H

#include "custody/words.h"

/** Rust for v0 (_R...) and legacy mangling (_ZN...17h<16 hexadecimal digits>E), C++ for the rest of the Itanium ABI's _Z,
 * C for names that are not mangled. Functions that C++ or Rust export under a plain name look like C's. What the compiler
 * appends (".cold", ".llvm.123") does not matter. */
enum custody_lang cst_mangling_lang(const char *symbol);

#endif
