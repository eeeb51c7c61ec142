/* Frames to calls, with caches; see symbol.h. How one file answers is in symbol_file.c. */
#include "symbol.h"

#include "demangle.h"
#include "say.h"
#include "symbol_file.h"

#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* One answer. */
struct call_entry {
    uint64_t offset;
    struct cst_calls calls;
    UT_hash_handle hh;
};

/* A file as it was when it ran: the same path with another build-id is another file. */
struct file_entry {
    const char *name; /* path, newline, build-id */
    struct cst_symbol_source *source;
    struct call_entry *calls; /* by offset */
    UT_hash_handle hh;
};

/* Which file a module of some process is. */
struct module_entry {
    const struct cst_log_module *module;
    struct file_entry *file;
    UT_hash_handle hh;
};

struct cst_symbols {
    struct cst_arena arena;
    struct file_entry *files;     /* by name */
    struct module_entry *modules; /* by address */
};

struct cst_symbols *cst_symbols_new(void)
{
    struct cst_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols) {
        cst_say_and_exit("out of memory");
    }
    return symbols;
}

static struct file_entry *open_file(struct cst_symbols *symbols, const struct cst_log_module *module)
{
    const char *name = cst_arena_format(&symbols->arena, "%s\n%s", module->path, module->build_id);
    struct file_entry *file = NULL;
    HASH_FIND_STR(symbols->files, name, file);
    if (!file) {
        file = cst_arena_alloc(&symbols->arena, sizeof *file);
        file->name = name;
        file->source = cst_symbol_source_open(&symbols->arena, module->path, module->build_id);
        HASH_ADD_KEYPTR(hh, symbols->files, file->name, strlen(file->name), file);
    }
    return file;
}

static struct file_entry *get_file(struct cst_symbols *symbols, const struct cst_log_module *module)
{
    struct module_entry *entry = NULL;
    HASH_FIND_PTR(symbols->modules, &module, entry);
    if (!entry) {
        entry = cst_arena_alloc(&symbols->arena, sizeof *entry);
        entry->module = module;
        entry->file = open_file(symbols, module);
        HASH_ADD_PTR(symbols->modules, module, entry);
    }
    return entry->file;
}

static const struct cst_calls *get_calls(struct cst_symbols *symbols, struct file_entry *file, uint64_t offset)
{
    struct call_entry *entry = NULL;
    HASH_FIND(hh, file->calls, &offset, sizeof offset, entry);
    if (!entry) {
        entry = cst_arena_alloc(&symbols->arena, sizeof *entry);
        entry->offset = offset;
        /* A return address is behind its call: one byte back lies inside it. */
        entry->calls = cst_symbol_source_lookup(file->source, &symbols->arena, offset ? offset - 1 : 0);
        HASH_ADD(hh, file->calls, offset, sizeof offset, entry);
    }
    return &entry->calls;
}

/* What the log itself knows: the raw symbol. */
static const struct cst_calls *calls_from_log(struct cst_symbols *symbols, const struct cst_log_frame *frame,
                                              enum cst_symbol_file file)
{
    struct cst_calls *calls = cst_arena_alloc(&symbols->arena, sizeof *calls);
    calls->file = file;
    if (frame->symbol && *frame->symbol) {
        calls->items = cst_arena_alloc(&symbols->arena, sizeof *calls->items);
        calls->items[0].function = cst_demangle(&symbols->arena, frame->symbol);
        calls->count = 1;
    }
    return calls;
}

const struct cst_calls *cst_symbols_resolve(struct cst_symbols *symbols, const struct cst_log_process *process,
                                            const struct cst_log_frame *frame)
{
    const struct cst_log_module *module = cst_log_module_of(process, frame);
    if (!module) {
        return calls_from_log(symbols, frame, CST_SYMBOL_FILE_OK);
    }
    struct file_entry *file = get_file(symbols, module);
    enum cst_symbol_file state = cst_symbol_source_file(file->source);
    if (state != CST_SYMBOL_FILE_OK) {
        return calls_from_log(symbols, frame, state);
    }
    const struct cst_calls *calls = get_calls(symbols, file, frame->offset);
    return calls->count ? calls : calls_from_log(symbols, frame, state);
}

void cst_symbols_free(struct cst_symbols *symbols)
{
    if (!symbols) {
        return;
    }
    struct file_entry *file = NULL, *next = NULL;
    HASH_ITER(hh, symbols->files, file, next)
    {
        HASH_CLEAR(hh, file->calls);
        cst_symbol_source_close(file->source);
    }
    HASH_CLEAR(hh, symbols->files);
    HASH_CLEAR(hh, symbols->modules);
    cst_arena_free(&symbols->arena);
    free(symbols);
}
