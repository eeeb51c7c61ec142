/* The registry's own record of a module: what the world sees, and what it is recognised by. Shared by module.c,
 * module_symbol.c and code_map.c only. Records lie in the pool and are never freed. Making one takes no lock. */
#ifndef CST_SITE_MODULE_RECORD_H
#define CST_SITE_MODULE_RECORD_H

#include "base/elf.h"
#include "site/module.h"
#include "site/module_headers.h"

#include <stdatomic.h>
#include <sys/types.h>

struct dl_find_object;
struct link_map;
struct cst_facts;
struct cst_module_symbols;

struct cst_module_record {
    struct cst_module module;             /**< first, so that a pointer to it is a pointer to the record */
    _Atomic(const struct link_map *) map; /**< the dynamic linker's record; dangling once the module is unloaded */
    const char *loader_name;              /**< the name in it */
    bool in_parts;         /**< has holes between its segments: an object for each of them to the dynamic linker */
    atomic_bool displaced; /**< another module came to its place */
    _Atomic uint32_t open; /**< futex: threads that are looking for its facts; meanwhile others that meet it wait */
    _Atomic pid_t settler; /**< the last of them */
    _Atomic(struct cst_facts *) code;             /**< code_map.c: languages of its functions, once asked for */
    _Atomic(struct cst_module_symbols *) symbols; /**< module_symbol.c: of the file, once asked for */
};

/** Reads into `out_record` what a loaded module is recognised by: place, name, identity. Names and headers stay where they
 * are, the headers in `headers`. */
void cst_module_record_read(const struct dl_find_object *object, struct cst_module_headers *headers,
                            struct cst_module_record *out_record);

/** A copy in the pool of a record that was read, with names for people; NULL when memory is out. */
CST_MUST_USE struct cst_module_record *cst_module_record_keep(const struct cst_module_record *fresh);

/** True when both were loaded from the same file, as far as build-id and headers tell. */
CST_MUST_USE bool cst_module_record_same_file(const struct cst_module *one, const struct cst_module *other);

/** True when `fresh` is what `record` was, at the same place. Without a build-id that is never certain. */
CST_MUST_USE bool cst_module_record_equal(const struct cst_module_record *record,
                                          const struct cst_module_record *fresh);

#endif
