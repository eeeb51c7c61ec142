/* Frames to calls, with caches; see symbol.h. How one file answers is in symbol_file.c. */
#include "symbol.h"

#include "demangle.h"
#include "recorded.h"
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
    const struct cst_recorded_module *recorded; /* NULL when its log recorded nothing of it */
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

static struct file_entry *open_file(struct cst_symbols *symbols, const struct cst_log_module *module, const char *name)
{
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

static struct module_entry *get_module(struct cst_symbols *symbols, const struct cst_log_process *process,
                                       const struct cst_log_module *module)
{
    struct module_entry *entry = NULL;
    HASH_FIND_PTR(symbols->modules, &module, entry);
    if (!entry) {
        const char *name = cst_recorded_name(&symbols->arena, module->path, module->build_id);
        entry = cst_arena_alloc(&symbols->arena, sizeof *entry);
        entry->module = module;
        entry->file = open_file(symbols, module, name);
        entry->recorded = cst_recorded_find_module(process->recorded, name);
        HASH_ADD_PTR(symbols->modules, module, entry);
    }
    return entry;
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
        calls->only_name = true;
    }
    return calls;
}

/* What the log recorded; NULL when nothing. */
static const struct cst_calls *calls_from_record(struct cst_symbols *symbols, const struct module_entry *entry,
                                                 uint64_t offset, enum cst_symbol_file file)
{
    const struct cst_calls *recorded = cst_recorded_find(entry->recorded, offset);
    if (!recorded) {
        return NULL;
    }
    struct cst_calls *calls = cst_arena_alloc(&symbols->arena, sizeof *calls);
    *calls = *recorded;
    calls->file = file;
    return calls;
}

static bool tell_a_line(const struct cst_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (calls->items[i].line > 0) {
            return true;
        }
    }
    return false;
}

const struct cst_calls *cst_symbols_resolve(struct cst_symbols *symbols, const struct cst_log_process *process,
                                            const struct cst_log_frame *frame)
{
    static const struct cst_calls none;
    const struct cst_log_module *module = cst_log_module_of(process, frame);
    if (!module) {
        return calls_from_log(symbols, frame, CST_SYMBOL_FILE_OK);
    }
    const struct module_entry *entry = get_module(symbols, process, module);
    enum cst_symbol_file state = cst_symbol_source_file(entry->file->source);
    const struct cst_calls *calls =
        state == CST_SYMBOL_FILE_OK ? get_calls(symbols, entry->file, frame->offset) : &none;
    if (!tell_a_line(calls) || !*module->build_id) {
        const struct cst_calls *recorded = calls_from_record(symbols, entry, frame->offset, state);
        calls = recorded ? recorded : calls;
    }
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
