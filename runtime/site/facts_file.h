/* A file of facts: its name, and what it has to be like to be believed. Called by facts.c only. No locks, no allocation;
 * any thread. */
#ifndef CST_SITE_FACTS_FILE_H
#define CST_SITE_FACTS_FILE_H

#include "site/facts.h"

/** Room for a key with its NUL: a build-id in hexadecimal digits, or 'x' and two numbers of 16 digits. */
#define CST_FACTS_KEY_SIZE ((size_t)2 * CUSTODY_FACTS_BUILD_ID_MAX + 1)

/** Largest file of facts in bytes. */
#define CST_FACTS_FILE_MAX \
    (sizeof(struct custody_facts_header) + (size_t)CUSTODY_FACTS_ROWS_MAX * sizeof(custody_facts_row))

/** What came of reading a file. */
enum cst_facts_state {
    CST_FACTS_GOOD,
    CST_FACTS_ABSENT,  /**< no such file, or it cannot be opened */
    CST_FACTS_OTHER,   /**< whole, but of another version, or about another file than the one that is loaded */
    CST_FACTS_DAMAGED, /**< not what anybody would have written */
    CST_FACTS_ALIEN,   /**< others than the user and root can write it, or it is no regular file */
};

/** Name of the module's file of facts, without directory and suffix. `module_size` is that of the module's file, in bytes. */
void cst_facts_key(const struct cst_module *module, uint64_t module_size, char out_key[CST_FACTS_KEY_SIZE]);

/** Judges the file `bytes[size]` as one about `module`, and gives its rows, which may be none. */
CST_MUST_USE enum cst_facts_state cst_facts_judge(const void *bytes, size_t size, const struct cst_module *module,
                                                  uint64_t module_size, struct cst_facts *out_facts);

/** Maps and judges the file at `path`. The mapping of a good one stays, and counts as the runtime's own memory. */
CST_MUST_USE enum cst_facts_state cst_facts_read(const char *path, const struct cst_module *module,
                                                 uint64_t module_size, struct cst_facts *out_facts);

#endif
