/* The public API of buffers: custody/buffer.h in terms of leases. Checks arguments, translates results, decides nothing. */
#include "entry/functions.h"

#include "core/lease.h"
#include "entry/hook.h"
#include "entry/thread.h"

#define TERMINATORS ((unsigned)CUSTODY_LEASE_NUL | CUSTODY_LEASE_NUL16 | CUSTODY_LEASE_NUL32)
#define DIRECTIONS ((unsigned)CUSTODY_LEASE_IN | CUSTODY_LEASE_OUT)
#define ALL_FLAGS \
    (DIRECTIONS | TERMINATORS | CUSTODY_LEASE_GUARD | CUSTODY_LEASE_COPY | (unsigned)CUSTODY_LEASE_REPORTS_NEED)

static bool are_possible(const void *buffer, size_t capacity, unsigned flags)
{
    unsigned terminators = flags & TERMINATORS;
    return (flags & DIRECTIONS) && !(flags & ~ALL_FLAGS) && !(terminators & (terminators - 1)) &&
           (buffer || capacity == 0);
}

CST_EXPORT custody_status custody_lease_begin(custody_side to, void *buffer, size_t capacity, unsigned flags,
                                              custody_lease *out_lease)
{
    if (!out_lease)
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    *out_lease = 0;
    if (!are_possible(buffer, capacity, flags))
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    if (!cst_hook_is_ready())
        return CUSTODY_STATUS_NOT_RUNNING;
    const struct cst_call call = {
        .door = CUSTODY_DOOR_CUSTODY_ALLOC, .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME};
    const struct cst_lease_terms terms = {.to = to, .buffer = (uintptr_t)buffer, .capacity = capacity, .flags = flags};
    uint8_t mode = cst_thread_guard();
    *out_lease = cst_lease_begin(&call, &terms);
    cst_thread_unguard(mode);
    return *out_lease ? CUSTODY_STATUS_OK : CUSTODY_STATUS_EXHAUSTED;
}

CST_EXPORT void *custody_lease_memory(custody_lease lease)
{
    if (lease == 0 || !cst_hook_is_ready())
        return NULL;
    const struct cst_call call = {
        .door = CUSTODY_DOOR_CUSTODY_ALLOC, .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME};
    uint8_t mode = cst_thread_guard();
    uintptr_t memory = cst_lease_memory(&call, lease);
    cst_thread_unguard(mode);
    return (void *)memory;
}

CST_EXPORT int custody_lease_end(custody_lease lease, size_t length)
{
    if (lease == 0 || !cst_hook_is_ready())
        return 1;
    const struct cst_call call = {
        .door = CUSTODY_DOOR_CUSTODY_RELEASE, .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME};
    uint8_t mode = cst_thread_guard();
    bool good = cst_lease_end(&call, lease, length);
    cst_thread_unguard(mode);
    return good;
}

CST_EXPORT size_t custody_lease_check(void)
{
    if (!cst_hook_is_ready())
        return 0;
    uint8_t mode = cst_thread_guard();
    size_t found = cst_lease_check();
    cst_thread_unguard(mode);
    return found;
}
