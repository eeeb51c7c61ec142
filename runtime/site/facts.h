/* Facts about a module's code that were worked out beforehand (include/custody/facts.h): finds the module's file in the
 * directory of such files, asks for one to be made where somebody offers that, maps it, and checks that it is whole and
 * speaks of the very file that is loaded. What fails a check is not used. Says nothing of what the facts mean.
 *
 * Files are mapped once a module and stay mapped. Takes no lock; any thread; errno stays. */
#ifndef CST_SITE_FACTS_H
#define CST_SITE_FACTS_H

#include "custody/facts.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The facts of a module: rows as the file has them, in memory that lasts as long as the process. That they ascend is not
 * checked for all of them beforehand: look addresses up with cst_facts_at. */
struct cst_facts {
    const custody_facts_row *rows;
    size_t count;    /**< at least 2 */
    uint16_t traits; /**< of enum custody_facts_trait */
};

/** Where facts come from. */
struct cst_facts_source {
    const char *directory; /**< absolute; NULL or "": there are none, and none are asked for */
    const char *prepare;   /**< abstract socket where they are made on request; NULL or "": nowhere */
    /** Hears of a file that is damaged or not to be trusted, once each. May be called under locks of the runtime. */
    void (*notice)(const char *text);
};

/** Sets where facts come from; at start, before the first module is registered. Kept, not copied. */
void cst_facts_setup(const struct cst_facts_source *source);

/** The facts of `module`. The first call for a module reads files and may wait for them to be made, 30 s at most; of threads
 * that come meanwhile each does the same. False, and no rows, when there are none, when they cannot be had or fail a check, and for
 * modules that none are kept of: libc, C++ runtimes and ourselves, and what has neither Rust in it nor symbols nor debug
 * information. */
CST_MUST_USE bool cst_facts_open(const struct cst_module *module, struct cst_facts *out_facts);

/** The row that covers `address`, in the numbering of the module's file; 0, which says nothing, when none does or the rows
 * make no sense there. */
custody_facts_row cst_facts_at(const struct cst_facts *facts, uint64_t address);

/** Whether the facts say exactly where Rust's allocator was inlined: debug information describes the Rust in the module, and
 * it was found there. Goes over all rows. */
CST_MUST_USE bool cst_facts_tell_rust(const struct cst_facts *facts);

/** After fork, in the child: closes what other threads of the parent were asking through. */
void cst_facts_after_fork(void);

#endif
