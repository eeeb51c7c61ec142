/* Which file facts are about: build-id, fingerprint and size of an ELF file, and the name that its facts file has for
 * it. As include/custody/facts.h defines them. Pure but for reading the file through libelf. */
#ifndef CST_TOOL_FACTS_IDENTITY_H
#define CST_TOOL_FACTS_IDENTITY_H

#include "custody/facts.h"

#include <libelf.h>
#include <stdbool.h>

/** Longest key with its NUL. */
#define CST_FACTS_KEY_MAX (2 * CUSTODY_FACTS_BUILD_ID_MAX + 1)

/** A file, told from others. */
struct cst_facts_identity {
    uint64_t fingerprint; /**< of the program headers; never 0 */
    uint64_t module_size; /**< bytes of the file */
    uint8_t build_id[CUSTODY_FACTS_BUILD_ID_MAX];
    uint32_t build_id_size; /**< 0: it has none */
};

/** Reads the identity of `elf`, a whole file of `module_size` bytes. False when its program headers are not in it. */
bool cst_facts_identity_read(Elf *elf, uint64_t module_size, struct cst_facts_identity *out_identity);

/** Whether a facts file with this header is about that file. */
bool cst_facts_identity_matches(const struct cst_facts_identity *identity, const struct custody_facts_header *header);

/** The name of the facts file, without its suffix. */
void cst_facts_identity_key(const struct cst_facts_identity *identity, char out_key[CST_FACTS_KEY_MAX]);

#endif
