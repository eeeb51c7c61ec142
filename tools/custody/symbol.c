/* Frames to calls, with caches; see symbol.h. How one file answers is in symbol_file.c. */
#include "symbol.h"

#include "demangle.h"
#include "say.h"
#include "symbol_file.h"

#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* A file as it was when it ran: the same path with another build-id is another file. */
struct file_entry {
    const char *name; /* path, newline, build-id */
    struct cst_symbol_source *source;
    UT_hash_handle hh;
};

/* Both members fill the key without padding. */
struct call_key {
    struct cst_symbol_source *source;
    uint64_t offset;
};

struct call_entry {
    struct call_key key;
    struct cst_calls calls;
    UT_hash_handle hh;
};

struct cst_symbols {
    struct cst_arena arena;
    struct file_entry *files;
    struct call_entry *calls;
};

struct cst_symbols *cst_symbols_new(void)
{
    struct cst_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols) {
        cst_say_and_exit("out of memory");
    }
    return symbols;
}

static struct cst_symbol_source *get_source(struct cst_symbols *symbols, const struct cst_log_module *module)
{
    const char *name = cst_arena_format(&symbols->arena, "%s\n%s", module->path, module->build_id);
    struct file_entry *entry = NULL;
    HASH_FIND_STR(symbols->files, name, entry);
    if (!entry) {
        entry = cst_arena_alloc(&symbols->arena, sizeof *entry);
        entry->name = name;
        entry->source = cst_symbol_source_open(&symbols->arena, module->path, module->build_id);
        HASH_ADD_KEYPTR(hh, symbols->files, entry->name, strlen(entry->name), entry);
    }
    return entry->source;
}

static struct call_entry *get_calls(struct cst_symbols *symbols, struct cst_symbol_source *source, uint64_t offset)
{
    struct call_key key = {source, offset};
    struct call_entry *entry = NULL;
    HASH_FIND(hh, symbols->calls, &key, sizeof key, entry);
    if (!entry) {
        entry = cst_arena_alloc(&symbols->arena, sizeof *entry);
        entry->key = key;
        /* A return address is behind its call: one byte back lies inside it. */
        entry->calls = cst_symbol_source_lookup(source, &symbols->arena, offset ? offset - 1 : 0);
        HASH_ADD(hh, symbols->calls, key, sizeof key, entry);
    }
    return entry;
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
    struct cst_symbol_source *source = get_source(symbols, module);
    enum cst_symbol_file file = cst_symbol_source_file(source);
    if (file != CST_SYMBOL_FILE_OK) {
        return calls_from_log(symbols, frame, file);
    }
    struct call_entry *entry = get_calls(symbols, source, frame->offset);
    return entry->calls.count ? &entry->calls : calls_from_log(symbols, frame, CST_SYMBOL_FILE_OK);
}

struct cst_arena *cst_symbols_arena(struct cst_symbols *symbols)
{
    return &symbols->arena;
}

void cst_symbols_free(struct cst_symbols *symbols)
{
    if (!symbols) {
        return;
    }
    struct file_entry *entry, *next;
    HASH_ITER(hh, symbols->files, entry, next)
    {
        cst_symbol_source_close(entry->source);
    }
    HASH_CLEAR(hh, symbols->files);
    HASH_CLEAR(hh, symbols->calls);
    cst_arena_free(&symbols->arena);
    free(symbols);
}
