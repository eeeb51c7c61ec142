/* Symbols: from an address in an ELF file to functions, files and lines, inlined calls expanded, by elfutils. Files are
 * opened when first asked about and kept; answers are cached. Separate debug files are found by build-id where the system
 * keeps them (/usr/lib/debug) and, when DEBUGINFOD_URLS is set, through debuginfod. One thread. */
#ifndef CST_TOOL_SYMBOL_H
#define CST_TOOL_SYMBOL_H

#include "audit_log.h"

/** One call: a function at a place in the source. */
struct cst_call {
    const char *function; /**< demangled; NULL when unknown */
    const char *file;     /**< absolute where the compiler told its directory; NULL when unknown */
    int line, column;     /**< from 1; 0 when unknown */
    bool inlined;         /**< into the next call of the same list */
    const char *crate;    /**< Rust crate of the unit that defines it; NULL when none or not told */
};

/** What the file of a module was found to be. */
enum cst_symbol_file {
    CST_SYMBOL_FILE_OK,
    CST_SYMBOL_FILE_CHANGED, /**< it has another build-id than the one that ran */
    CST_SYMBOL_FILE_GONE,    /**< not there, or no ELF file */
};

/** A frame, resolved: one call, or several when calls were inlined, innermost first. */
struct cst_calls {
    struct cst_call *items;
    size_t count; /**< 0 when nothing is known beyond the module */
    enum cst_symbol_file file;
    bool only_name; /**< nothing is known but the name that the frame has in the log */
};

struct cst_symbols;

/** A resolver; release it with cst_symbols_free. */
struct cst_symbols *cst_symbols_new(void);

/** The calls at a return address of `process`. Falls back from debug information to symbol tables to what the log
 * recorded to the name in the log; what was recorded goes first where the file changed, is gone, has lost its debug
 * information, or cannot be told to be the same for want of a build-id. The result belongs to the resolver. Never NULL. */
const struct cst_calls *cst_symbols_resolve(struct cst_symbols *symbols, const struct cst_log_process *process,
                                            const struct cst_log_frame *frame);

void cst_symbols_free(struct cst_symbols *symbols);

#endif
