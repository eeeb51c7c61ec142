/* The public API: sides, blocks and leaks (block.h) in terms of hooks and tags. Checks arguments, translates results, decides
 * nothing. */
#include "entry/functions.h"

#include "core/callback.h"
#include "core/leak.h"
#include "entry/hook.h"
#include "entry/leak_report.h"
#include "entry/start.h"

#include <errno.h>
#include <string.h>

CST_EXPORT const char *custody_version(void)
{
    return CUSTODY_VERSION;
}

CST_EXPORT const char *custody_status_name(custody_status status)
{
    switch (status) {
#define CUSTODY_STATUS(ID, name, text) \
    case CUSTODY_STATUS_##ID: \
        return name;
#include "custody/statuses.def"
    }
    return "unknown";
}

CST_EXPORT const char *custody_status_text(custody_status status)
{
    switch (status) {
#define CUSTODY_STATUS(ID, name, text) \
    case CUSTODY_STATUS_##ID: \
        return text;
#include "custody/statuses.def"
    }
    return "";
}

CST_EXPORT custody_status custody_side_register(const char *name, enum custody_lang lang, custody_side *out_side)
{
    if (!name || !name[0] || !out_side || (unsigned)lang >= CUSTODY_LANG_COUNT)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!cst_hook_is_ready())
        return CUSTODY_STATUS_NOT_RUNNING;
    uint8_t mode = cst_thread_guard();
    *out_side = cst_side_register(name, lang);
    cst_callback_open(*out_side);
    cst_thread_unguard(mode);
    return *out_side ? CUSTODY_STATUS_OK : CUSTODY_STATUS_EXHAUSTED;
}

CST_EXPORT const char *custody_side_name(custody_side side)
{
    return cst_side_get(side)->name;
}

static bool is_alignment(size_t align)
{
    return (align & (align - 1)) == 0 && align <= CST_TAG_SIZE_MAX / 2;
}

CST_EXPORT void *custody_alloc(custody_side side, size_t size, size_t align)
{
    if (!is_alignment(align)) {
        errno = EINVAL;
        return NULL;
    }
    return cst_hook_alloc(CUSTODY_DOOR_CUSTODY_ALLOC, side, size, align ? align : CST_BLOCK_ALIGN, false);
}

/* The alignment of a block of ours; of anything else the heap's own, which does no harm. */
static size_t alignment_of(const void *block)
{
    struct cst_tag_hit hit = cst_heap_find((uintptr_t)block);
    return hit.tag ? cst_tag_align(hit.tag) : CST_BLOCK_ALIGN;
}

CST_EXPORT void *custody_resize(custody_side side, void *block, size_t size)
{
    if (!block)
        return cst_hook_alloc(CUSTODY_DOOR_CUSTODY_RESIZE, side, size, CST_BLOCK_ALIGN, false);
    const struct cst_given nothing = {.has_size = false};
    return cst_hook_resize(CUSTODY_DOOR_CUSTODY_RESIZE, side, block, size, alignment_of(block), nothing);
}

CST_EXPORT void custody_release(custody_side side, void *block)
{
    const struct cst_given nothing = {.has_size = false};
    cst_hook_release(CUSTODY_DOOR_CUSTODY_RELEASE, side, block, nothing);
}

static void take_total(struct custody_leaks *leaks, const struct cst_class_total *total)
{
    const struct {
        const char *class;
        size_t *blocks, *bytes;
    } members[] = {
        {"definite", &leaks->definite_blocks, &leaks->definite_bytes},
        {"indirect", &leaks->indirect_blocks, &leaks->indirect_bytes},
        {"possible", &leaks->possible_blocks, &leaks->possible_bytes},
        {"reachable", &leaks->reachable_blocks, &leaks->reachable_bytes},
        {"live", &leaks->live_blocks, &leaks->live_bytes},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (strcmp(total->class, members[i].class) == 0) {
            *members[i].blocks = total->blocks;
            *members[i].bytes = total->bytes;
        }
    }
}

CST_EXPORT custody_status custody_find_leaks(struct custody_leaks *out_leaks)
{
    if (!cst_hook_is_ready() || !cst_start_is_up())
        return CUSTODY_STATUS_NOT_RUNNING;
    struct cst_class_total totals[CST_REACH_CLASSES];
    size_t count = cst_leak_request(CST_LEAKS_STACK(), totals);
    struct custody_leaks leaks = {0};
    for (size_t i = 0; i < count; i++)
        take_total(&leaks, &totals[i]);
    if (out_leaks)
        *out_leaks = leaks;
    return CUSTODY_STATUS_OK;
}
