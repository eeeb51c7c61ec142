/* Debug information of a module, in its file or apart from it: found by build-id or debug link, as debuggers do,
 * through libdwfl, which also decompresses sections, applies what dwz took out, and joins split units. Where a part of
 * it cannot be found, that part is missing, never wrong. Asks debuginfod servers when DEBUGINFOD_URLS names any. */
#ifndef CST_TOOL_FACTS_DEBUG_H
#define CST_TOOL_FACTS_DEBUG_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/** Start with {0}. Release it with cst_facts_debug_close. */
struct cst_facts_debug {
    Dwfl *dwfl;
    Dwfl_Module *module;
    Dwarf *dwarf;    /**< NULL: there is no debug information */
    Dwarf_Addr bias; /**< address in the module's file minus address in the debug information; not 0 where prelinked */
};

/** Opens what debug information there is for the file at `path`, of which `fd` is a descriptor that stays the
 * caller's. */
void cst_facts_debug_open(const char *path, int fd, struct cst_facts_debug *out_debug);

void cst_facts_debug_close(struct cst_facts_debug *debug);

#endif
