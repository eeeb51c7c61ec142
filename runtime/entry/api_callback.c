/* The public API of callbacks: custody/callback.h in terms of core/callback.h. Drop functions are the program's: they are
 * called when the runtime has been left. */
#include "entry/functions.h"

#include "core/callback.h"
#include "entry/api_call.h"

static void run(const struct cst_drop *drop)
{
    if (drop->function)
        drop->function(drop->data);
}

CST_EXPORT custody_status custody_callback_register(custody_side keeper, const char *name, void *data,
                                                    void (*drop)(void *data), custody_callback *out_callback)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_ALLOC);
    uint8_t mode;
    if (!name || !name[0] || !out_callback)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_callback = 0;
    if (!cst_api_enter(&mode))
        return CUSTODY_STATUS_NOT_RUNNING;
    custody_status status = cst_callback_register(&call, keeper, name, data, drop, out_callback);
    cst_thread_unguard(mode);
    return status;
}

CST_EXPORT int custody_callback_enter(custody_callback callback, void **out_data)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_ALLOC);
    void *data = NULL;
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return 0;
    bool is_entered = cst_callback_enter(&call, callback, &data);
    cst_thread_unguard(mode);
    if (is_entered && out_data)
        *out_data = data;
    return is_entered;
}

CST_EXPORT int custody_callback_leave(custody_callback callback)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    struct cst_drop drop;
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return 0;
    bool is_left = cst_callback_leave(&call, callback, &drop);
    cst_thread_unguard(mode);
    run(&drop);
    return is_left;
}

CST_EXPORT int custody_callback_drop(custody_callback callback)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    struct cst_drop drop;
    uint8_t mode;
    if (callback == 0)
        return 1;
    if (!cst_api_enter(&mode))
        return 0;
    bool is_dropped = cst_callback_drop(&call, callback, &drop);
    cst_thread_unguard(mode);
    run(&drop);
    return is_dropped;
}

CST_EXPORT size_t custody_close(custody_side side)
{
    const struct cst_call call = CST_API_CALL(CUSTODY_DOOR_CUSTODY_RELEASE);
    size_t place = 0, count = 0;
    struct cst_drop drop;
    uint8_t mode;
    if (!cst_api_enter(&mode))
        return 0;
    cst_callback_close(side);
    while (cst_callback_drop_next(&call, side, &place, &drop)) {
        count++;
        cst_thread_unguard(mode);
        run(&drop);
        (void)cst_thread_guard();
    }
    cst_thread_unguard(mode);
    return count;
}
