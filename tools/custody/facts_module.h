/* A module's facts, worked out: opens an ELF file and says of its code what include/custody/facts.h has words for.
 * Reads nothing but the file and its debug information; writes nothing. What a file says is hostile: damage is an error
 * or less known, never a crash. */
#ifndef CST_TOOL_FACTS_MODULE_H
#define CST_TOOL_FACTS_MODULE_H

#include "facts_debug.h"
#include "facts_identity.h"
#include "facts_span.h"

/** An open module. Release it with cst_facts_module_close. */
struct cst_facts_module {
    struct cst_facts_identity identity;
    const char *trouble; /**< why it could not be opened; static */
    const char *path;    /**< the caller's */
    int fd;
    Elf *elf;
    struct cst_facts_debug debug; /**< opened when first asked for */
    bool debug_sought;
};

/** Opens the file at `path`, which must outlive it: an executable or a shared object of this machine. False when it is
 * none, with `trouble` set; then there is nothing to close. */
bool cst_facts_module_open(const char *path, struct cst_facts_module *out_module);

/** What facts of it would rest on. Looks for debug information, which may be apart. */
enum custody_facts_source cst_facts_module_source(struct cst_facts_module *module);

/** Works the rows out, in the arena. */
struct cst_facts_rows cst_facts_module_read(struct cst_arena *arena, struct cst_facts_module *module);

void cst_facts_module_close(struct cst_facts_module *module);

#endif
