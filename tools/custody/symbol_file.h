/* One ELF file and its debug information, as a source of symbols. Addresses are those of the file (ELF virtual addresses).
 * Used by symbol.c only, which caches. */
#ifndef CST_TOOL_SYMBOL_FILE_H
#define CST_TOOL_SYMBOL_FILE_H

#include "symbol.h"

struct cst_symbol_source;

/** Opens the file at `path` and compares it with `build_id` (hex; "" matches any). Never NULL; in the arena, but needs
 * cst_symbol_source_close. */
struct cst_symbol_source *cst_symbol_source_open(struct cst_arena *arena, const char *path, const char *build_id);

/** What the file was found to be. Lookups make sense with CST_SYMBOL_FILE_OK only. */
enum cst_symbol_file cst_symbol_source_file(const struct cst_symbol_source *source);

/** The calls at `address`, in the arena; none when nothing is known. */
struct cst_calls cst_symbol_source_lookup(struct cst_symbol_source *source, struct cst_arena *arena, uint64_t address);

/** Closes the file. */
void cst_symbol_source_close(struct cst_symbol_source *source);

#endif
