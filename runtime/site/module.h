/* Modules: the program and the shared objects in it, each registered once with a small id that stays its own, also after
 * dlclose. What is loaded later at the same address is another module, with a later epoch, unless it is the same file by
 * its build-id: then it is the same module again. Knows addresses, names, build-ids and what kind of thing a module is;
 * knows nothing of sides or tags. Registration may read the module's file and takes a lock; finding a module that is
 * already known takes neither. */
#ifndef CST_SITE_MODULE_H
#define CST_SITE_MODULE_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_MODULE_MAX 4096
#define CST_MODULE_NONE ((uint32_t)UINT32_MAX)
#define CST_BUILD_ID_MAX 32
#define CST_MODULE_HEADERS_MAX ((size_t)4096)
/** A link namespace that cannot be told. */
#define CST_NAMESPACE_UNKNOWN (-1L)

/** What part a module plays; decides which rules apply to it. */
enum cst_module_role {
    CST_ROLE_PROGRAM,     /**< the main executable */
    CST_ROLE_LIBRARY,     /**< any other shared object */
    CST_ROLE_LIBC,        /**< libc, the dynamic linker and the libraries that glibc consists of */
    CST_ROLE_CXX_RUNTIME, /**< libstdc++, libc++, libc++abi, libgcc_s */
    CST_ROLE_CUSTODY,     /**< a library that is nothing but the runtime */
};

/** How well releases by Rust code of a module are told apart from releases by C. */
enum cst_rust_attribution {
    CST_RUST_ABSENT,   /**< no Rust in this module */
    CST_RUST_EXACT,    /**< its `__rust_*` entries are hooked, or debug information says what was inlined where */
    CST_RUST_INFERRED, /**< Rust is in it, but its entries could not be hooked (LTO, another mangling) */
};

/** By what Rust code of a module is told apart. */
enum cst_rust_by {
    CST_RUST_BY_NONE,       /**< no Rust, or nothing: inferred */
    CST_RUST_BY_SYMBOLS,    /**< its entries were found by their symbols */
    CST_RUST_BY_PATTERN,    /**< its entries were found by the pattern of their code */
    CST_RUST_BY_ALLOCATOR,  /**< entries of an allocator of its own (`#[global_allocator]`), found by their symbols */
    CST_RUST_BY_DEBUG_INFO, /**< what was inlined of its entries is known from debug information */
    CST_RUST_BY_SHARED,     /**< it uses the entries of another module */
};

/** Whose C++ operators new and delete a module calls. */
enum cst_operators {
    CST_OPERATORS_SHARED, /**< those that all modules share */
    CST_OPERATORS_OWN,    /**< it defines some itself (dynamic or local symbol) */
    CST_OPERATORS_HIDDEN, /**< C++ without symbols, that asks nobody for operators: it may have its own */
};

/** One module. Immutable after registration except `unloaded`, and `rust` when it is loaded again. Never freed. */
struct cst_module {
    uint32_t id;      /**< index, from 0 in order of discovery */
    uint32_t epoch;   /**< value of the load counter when it was found: grows with every module */
    uintptr_t base;   /**< load bias: run-time address minus address in the file (ELF `l_addr`) */
    uintptr_t lo, hi; /**< mapped range [lo, hi) */
    const char *path; /**< absolute path where known, else the loader's name; never NULL */
    const char *name; /**< last component of `path`: the name of its side; never NULL */
    uint8_t build_id[CST_BUILD_ID_MAX];
    uint8_t build_id_size; /**< bytes used of `build_id`; 0 when there is none */
    const void *headers;   /**< its program headers: whole entries of Elf64_Phdr, unaligned; NULL when unknown */
    size_t headers_size;   /**< bytes, at most CST_MODULE_HEADERS_MAX; 0 when unknown */
    uint64_t fingerprint;  /**< hash of its program headers: tells its file from one that took its place; 0: unknown */
    enum cst_module_role role;
    enum custody_lang lang; /**< language for contracts that imply none: C, CXX or RUST */
    enum cst_rust_attribution rust;
    enum cst_rust_by rust_by;
    /** Its Rust code may hold an allocator of its own inlined: calls of libc's malloc and free are then perhaps Rust's. */
    bool rust_mingles;
    /** It has the symbols to tell, and not the start of a Rust program: C or C++ with a Rust library inside, whose calls
     * outside Rust's entries are not Rust's. */
    bool rust_is_guest;
    bool has_cxx;        /**< C++ is in it */
    bool rust_by_site;   /**< its entries are not hooked; facts tell its calls apart, site by site, as far as they go */
    long link_namespace; /**< 0 is the program's, and ours; others come of dlmopen. Or CST_NAMESPACE_UNKNOWN */
    enum cst_operators operators; /**< of a program or library */
    bool own_malloc;              /**< defines malloc, calloc, realloc or free itself */
    uint8_t allocator;            /**< allocator.h: which library with an allocator of its own it is; 0: none of them */
    uint8_t family;               /**< families.def: contract of the one whose functions it defines; 0: none */
    bool unloaded;                /**< after dlclose; not any more when it has come back */
};

typedef void cst_module_observer(const struct cst_module *module);

/** Who is told of what becomes of modules. */
struct cst_module_watch {
    /** A new module: once, outside all locks of the registry, by the thread that registered it. Another thread may find
     * the module a moment before. */
    cst_module_observer *found;
    /** A module that was unloaded and has come back to its place, from the same file (build-id): as `found`. */
    cst_module_observer *returned;
    /** A module that is gone, whose addresses another one is coming to: before that one can be found, under the registry's
     * lock. */
    cst_module_observer *displaced;
    /** A module that was displaced is back in its place: before it can be found, under the registry's lock. */
    cst_module_observer *restored;
};

/** Sets who is told, kept, not copied; NULL for nobody. At start, before the first scan. */
void cst_module_watch(const struct cst_module_watch *watch);

/** Registers every module of the caller's link namespace that is loaded now, the program first; modules of other
 * namespaces, and those loaded later, are registered when an address in them is looked for. At start. Takes the dynamic
 * linker's lock: must be called with no runtime lock held. */
void cst_module_scan(void);

/** Registers every module that has a mapping, of any link namespace. None of them need have code that is running, so that
 * another thread may be unloading it: where there are other threads and a module that is not known yet, the dynamic
 * linker's lock is taken meanwhile. No runtime lock may be held. */
void cst_module_meet(void);

/** Marks modules that are no longer loaded, or were replaced by another at the same address, and forgets their Rust
 * entries; after dlclose, for those whose end went unnoticed. Tells `gone` of each, if not NULL, under the dynamic linker's
 * lock. Returns how many were marked. No runtime lock may be held. */
size_t cst_module_sweep(cst_module_observer *gone);

/** The module that covers `address`, registering it if it is new; NULL when no module does, when ids or memory are used
 * up. A module that is known is found without a lock; a new one is registered under the registry's own lock, which is
 * given back before the observer is called. The dynamic linker is asked without taking a lock (_dl_find_object). */
CST_MUST_USE const struct cst_module *cst_module_find(uintptr_t address);

/** As cst_module_find; where there is no module, the last one that covered `address`. */
CST_MUST_USE const struct cst_module *cst_module_recall(uintptr_t address);

/** The dynamic linker's own record of a module (struct link_map), by its address: dangling once it is unloaded. */
CST_MUST_USE const void *cst_module_loader_record(const struct cst_module *module);

/** The dynamic linker gives its record of a module back, which it has unmapped: marks the module as unloaded and forgets its
 * Rust entries. NULL when no loaded module is known by that record. Takes no lock but that of detours' pages. */
CST_MUST_USE const struct cst_module *cst_module_end(const void *loader_record);

/** The module with this id; NULL when there is none. */
CST_MUST_USE const struct cst_module *cst_module_get(uint32_t id);

/** How many modules have been registered; ids are below it. */
uint32_t cst_module_count(void);

/** Name and start of the function that covers `address` (run-time), from the module's symbol tables on disk, read when
 * first asked for: for findings, not for hot paths. False when unknown. The name is raw (mangled) and, being in a
 * read-only mapping that lasts as long as the process, needs no release. */
CST_MUST_USE bool cst_module_symbol(const struct cst_module *module, uintptr_t address, const char **out_name,
                                    uintptr_t *out_start);

/** After fork, in the child: frees locks that another thread of the parent may have held. */
void cst_module_after_fork(void);

#endif
