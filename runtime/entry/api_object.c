/* The public API of objects: custody/object.h in terms of core/object.h. Checks arguments, makes and gives back memory,
 * translates results. */
#include "entry/functions.h"

#include "core/history.h"
#include "core/kept_back.h"
#include "core/object.h"
#include "entry/api_call.h"

#include <errno.h>

#define FLAGS ((unsigned)CUSTODY_TYPE_THREAD_BOUND | (unsigned)CUSTODY_TYPE_COUNTED)

CST_EXPORT custody_status custody_type_register(custody_side side, const char *name, const char *destroy,
                                                unsigned flags, custody_type *out_type)
{
    uint8_t mode;
    if (!name || !name[0] || !out_type || (flags & ~FLAGS))
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_type = 0;
    if (!cst_api_enter(&mode))
        return CUSTODY_STATUS_NOT_RUNNING;
    custody_status status = cst_type_register(side, name, destroy, flags, out_type);
    cst_thread_unguard(mode);
    return status;
}

static bool make(const struct cst_call *call, const struct cst_type *type, void *object, size_t size)
{
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return false;
    custody_status status = cst_object_make(call, type, (uintptr_t)object, size);
    cst_thread_unguard(mode);
    return status == CUSTODY_STATUS_OK;
}

CST_EXPORT void *custody_create(custody_type type, size_t size)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_ALLOC);
    const struct cst_given nothing = {.has_size = false};
    const struct cst_type *known = cst_type_get(type);
    if (!known) {
        errno = EINVAL;
        return NULL;
    }
    void *object = cst_hook_alloc(CUSTODY_DOOR_CUSTODY_ALLOC, known->side, size, CST_BLOCK_ALIGN, true);
    if (object && !make(&call, known, object, size)) {
        cst_hook_release(CUSTODY_DOOR_CUSTODY_RELEASE, known->side, object, nothing);
        errno = ENOMEM;
        return NULL;
    }
    return object;
}

CST_EXPORT custody_status custody_adopt(custody_type type, void *object)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_ALLOC);
    const struct cst_type *known = cst_type_get(type);
    uint8_t mode;
    if (!known || !object)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!cst_api_enter(&mode))
        return CUSTODY_STATUS_NOT_RUNNING;
    custody_status status = cst_object_adopt(&call, known, (uintptr_t)object);
    cst_thread_unguard(mode);
    return status;
}

/* Where nothing can be asked, nobody is accused. */
static CST_NOINLINE int check(const struct cst_call *call, custody_type type, const void *object)
{
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return object != NULL;
    bool is_fine = cst_object_check(call, type, (uintptr_t)object);
    cst_thread_unguard(mode);
    return is_fine;
}

CST_EXPORT int custody_check(custody_type type, const void *object)
{
    if (CST_LIKELY(cst_object_is_fine(type, (uintptr_t)object)))
        return 1;
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    return check(&call, type, object);
}

CST_EXPORT int custody_retain(custody_type type, void *object)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return 0;
    bool is_retained = cst_object_retain(&call, type, (uintptr_t)object);
    cst_thread_unguard(mode);
    return is_retained;
}

CST_EXPORT enum custody_ending custody_end(custody_type type, void *object)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    bool is_made;
    uint8_t mode;
    if (!object)
        return CUSTODY_KEPT;
    if (!cst_api_enter(&mode))
        return CUSTODY_REFUSED;
    enum custody_ending ending = cst_object_end(&call, "custody_end", type, (uintptr_t)object, &is_made);
    cst_thread_unguard(mode);
    return ending;
}

/* Under the guard. */
static void give_back(const struct cst_call *call, const struct cst_type *type, void *object)
{
    const struct cst_origin origin = {
        .side = type->side, .contract = CUSTODY_CONTRACT_CUSTODY, .stack = cst_history_stack(call)};
    if (cst_start_is_up())
        cst_kept_back_release(call, &origin, (uintptr_t)object);
    else
        cst_inside_release(object);
}

CST_EXPORT enum custody_ending custody_destroy(custody_type type, void *object)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    bool is_made = false;
    uint8_t mode;
    if (!object)
        return CUSTODY_KEPT;
    if (!cst_api_enter(&mode))
        return CUSTODY_REFUSED;
    enum custody_ending ending = cst_object_end(&call, "custody_destroy", type, (uintptr_t)object, &is_made);
    if (ending == CUSTODY_ENDED && is_made)
        give_back(&call, cst_type_get(type), object);
    cst_thread_unguard(mode);
    return ending;
}
