/* Decorations: what compilers add to the name of a function and change from one build to the next: numbers of clones, hashes
 * and numbers in Rust's names. A name without them is the same function in every build; it is for comparing, not for
 * reading. No allocation, no lock; any thread. */
#ifndef CST_AUDIT_DECORATION_H
#define CST_AUDIT_DECORATION_H

#include <stdbool.h>
#include <stddef.h>

/** A walk over a name, piece by piece; made by cst_decoration_begin. */
struct cst_decoration_walk {
    const char *at, *end;
    bool is_rust; /**< a name of Rust's own mangling ("v0") */
    char tag;     /**< the last character of its grammar */
};

/** Starts a walk over `name`, which the caller keeps. Left out are
 *  - suffixes of clones: .constprop.0, .isra.1, .part.0, .cold, .llvm.123, .lto_priv.0, and plain numbers
 *    (gcc, clone_function_name; LLVM, promoted locals), and whatever follows;
 *  - the hash that ends a name of Rust's older mangling: 17h0123456789abcdefE;
 *  - in names of Rust's "v0" mangling (RFC 2603) disambiguators, s1_, with them the hashes of crates, Cs4fqI2P2rA04_, and
 *    where back references go, which are places in the name. */
struct cst_decoration_walk cst_decoration_begin(const char *name);

/** The next piece of the name: where it begins, and its length; 0 at the end. */
size_t cst_decoration_next(struct cst_decoration_walk *walk, const char **out_piece);

#endif
