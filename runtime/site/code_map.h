/* Code maps: what is known of each stretch of a module's code: the language it was written in, and whether it belongs to
 * Rust's allocator (custody/facts.h has the words). A map is made when the first question about its module comes: of
 * facts that were worked out beforehand (site/facts.h), else from the symbols of the module's file. It lasts as long as the
 * process. Asked once a call site; takes no lock; any thread. */
#ifndef CST_SITE_CODE_MAP_H
#define CST_SITE_CODE_MAP_H

#include "custody/words.h"
#include "site/module.h"

#include <stdint.h>

/** Functions that a symbol table may have to be read here. A module with more of them needs prepared facts. */
#define CST_CODE_MAP_FUNCTIONS_MAX ((size_t)65536)

struct cst_code {
    enum custody_lang lang; /**< CUSTODY_LANG_NONE: not known */
    uint8_t flags;          /**< of enum custody_facts_flag */
};

/** What is known of the code at `address` (run-time) of `module`. */
struct cst_code cst_code_at(const struct cst_module *module, uintptr_t address);

#endif
