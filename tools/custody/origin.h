/* Origins: which language a function was written in, which Rust crate it is of, and whether it is machinery of a standard
 * library or an allocator rather than somebody's own code. Told by its readable name, its file and its module, which are
 * text from logs and debug information: any bytes are taken, and what they do not tell is "not known". No state. */
#ifndef CST_TOOL_ORIGIN_H
#define CST_TOOL_ORIGIN_H

#include "symbol.h"

/** Whose machinery a call is. */
enum cst_library {
    CST_LIBRARY_NONE,      /**< nobody's: code of the program or of a library of its own */
    CST_LIBRARY_RUST,      /**< alloc, core, std, hashbrown, compiler_builtins, and what implements Rust's allocator */
    CST_LIBRARY_CXX,       /**< std::, operator new, the C++ runtime */
    CST_LIBRARY_C,         /**< libc and the dynamic linker */
    CST_LIBRARY_ALLOCATOR, /**< an allocator library, Custody among them */
    CST_LIBRARY_CUSTODY,   /**< what custody.hpp was compiled to, in whatever module */
    CST_LIBRARY_SEVERAL,   /**< of a run of calls only */
};

/** Whose machinery `call` is; generic code of a standard library is that library's wherever it was compiled. `module`
 * is NULL when unknown; `call` is NULL when nothing is known but the module. */
enum cst_library cst_origin_library(const struct cst_call *call, const struct cst_log_module *module);

/** What a run of calls is called that are machinery, those of `a` and those of `b` together: "Rust's standard library". */
enum cst_library cst_origin_join(enum cst_library a, enum cst_library b);
const char *cst_origin_library_name(enum cst_library library);

/** "rust", "c++" or "c"; NULL when neither name nor file tells. A name without any mark tells nothing. */
const char *cst_origin_lang(const struct cst_call *call);

/** The crate of a Rust function, in the arena; "" for other functions and when its name does not tell. */
const char *cst_origin_crate(struct cst_arena *arena, const struct cst_call *call);

#endif
