/* Where the code of an ELF file is: its executable sections, or, when it has no section headers, its executable
 * segments. What a symbol or debug information claims outside of them is no code. Reads through libelf. */
#ifndef CST_TOOL_FACTS_CODE_H
#define CST_TOOL_FACTS_CODE_H

#include "facts_span.h"

#include <libelf.h>

/** The executable stretches of `elf`, disjoint, sorted, without language or flags, in the arena. */
struct cst_facts_spans cst_facts_code_list(struct cst_arena *arena, Elf *elf);

/** The stretch that `address` is in; NULL when it is not code. */
const struct cst_facts_span *cst_facts_code_find(const struct cst_facts_spans *code, uint64_t address);

#endif
