/* Tables of recorded symbols; see recorded.h. Everything but the hash tables' own memory is in the log's arena. */
#include "recorded.h"

#include "say.h"

#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* One frame. */
struct record {
    uint64_t offset;
    struct cst_calls calls;
    UT_hash_handle hh;
};

struct cst_recorded_module {
    const char *name;
    struct record *records; /* by offset */
    UT_hash_handle hh;
};

struct cst_recorded {
    struct cst_recorded_module *modules; /* by name */
    struct cst_recorded *older;          /* of another file of the same log */
};

struct cst_recorded *cst_recorded_new(struct cst_log *log)
{
    struct cst_recorded *recorded = cst_arena_alloc(&log->arena, sizeof *recorded);
    recorded->older = log->recorded;
    log->recorded = recorded;
    return recorded;
}

const char *cst_recorded_name(struct cst_arena *arena, const char *path, const char *build_id)
{
    return cst_arena_format(arena, "%s\n%s", path, build_id);
}

struct cst_recorded_module *cst_recorded_add_module(struct cst_log *log, struct cst_recorded *recorded,
                                                    const char *name)
{
    struct cst_recorded_module *module = NULL;
    HASH_FIND_STR(recorded->modules, name, module);
    if (!module) {
        module = cst_arena_alloc(&log->arena, sizeof *module);
        module->name = cst_arena_copy(&log->arena, name);
        HASH_ADD_KEYPTR(hh, recorded->modules, module->name, strlen(module->name), module);
    }
    return module;
}

void cst_recorded_add(struct cst_log *log, struct cst_recorded_module *module, uint64_t offset, struct cst_calls calls)
{
    struct record *record = NULL;
    HASH_FIND(hh, module->records, &offset, sizeof offset, record);
    if (!record) {
        record = cst_arena_alloc(&log->arena, sizeof *record);
        record->offset = offset;
        record->calls = calls;
        HASH_ADD(hh, module->records, offset, sizeof offset, record);
    }
}

const struct cst_recorded_module *cst_recorded_find_module(const struct cst_recorded *recorded, const char *name)
{
    struct cst_recorded_module *module = NULL;
    if (recorded) {
        HASH_FIND_STR(recorded->modules, name, module);
    }
    return module;
}

const struct cst_calls *cst_recorded_find(const struct cst_recorded_module *module, uint64_t offset)
{
    struct record *record = NULL;
    if (module) {
        HASH_FIND(hh, module->records, &offset, sizeof offset, record);
    }
    return record ? &record->calls : NULL;
}

void cst_recorded_free(struct cst_recorded *newest)
{
    for (struct cst_recorded *recorded = newest; recorded; recorded = recorded->older) {
        struct cst_recorded_module *module = NULL, *next = NULL;
        HASH_ITER(hh, recorded->modules, module, next)
        {
            HASH_CLEAR(hh, module->records);
        }
        HASH_CLEAR(hh, recorded->modules);
    }
}
