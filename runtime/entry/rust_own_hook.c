/* Hooks of allocators of modules' own: see rust_own_hook.h. Entries are Rust code, which may call anything and unwind, so
 * they are run as the program's. The functions of a C allocator behind them are run inside the runtime: what libc allocates
 * for them is nobody's business. */
#include "entry/rust_own_hook.h"

#include "base/pool.h"
#include "core/wrapped.h"
#include "entry/hook.h"
#include "site/rust_own.h"

#include <string.h>

/* Flags of jemalloc's mallocx family: the low bits are the log2 of the alignment. */
#define FLAGS_ALIGN_MASK 0x3f

/* What is kept of one allocator. */
struct own {
    struct cst_wrapper wrapper;
    const struct cst_rust_own *facts;
};

typedef void *alloc_function(size_t size, size_t align);
typedef void *realloc_function(void *block, size_t old_size, size_t align, size_t size);
typedef void dealloc_function(void *block, size_t size, size_t align);

static struct own *own_of(const struct cst_detour *detour)
{
    return ((const struct cst_rust_own *)detour->data)->hook_data;
}

static uintptr_t entry_of(const struct own *own, enum cst_rust_entry entry)
{
    return own->facts->detours[entry].original;
}

/* What is not known yet while the module is being registered is filled in when it is first needed. */
static struct own *open_side(struct own *own)
{
    uint16_t *side = &own->wrapper.side;
    if (CST_UNLIKELY(__atomic_load_n(side, __ATOMIC_RELAXED) == CST_SIDE_UNKNOWN)) {
        const struct cst_module *module = cst_module_get(own->facts->module);
        __atomic_store_n(&own->wrapper.closed, own->facts->closed, __ATOMIC_RELAXED);
        if (module)
            __atomic_store_n(side, cst_side_of_module(module, CUSTODY_CONTRACT_RUST), __ATOMIC_RELAXED);
    }
    return own;
}

/* NULL for a thread that must not enter the engine. */
static struct own *ready(const struct cst_detour *detour)
{
    return cst_hook_is_ready() ? open_side(own_of(detour)) : NULL;
}

CST_INLINE struct cst_call call_of(enum custody_door door, const struct own *own, uintptr_t return_address,
                                   uintptr_t frame)
{
    return (struct cst_call){.door = door, .side = own->wrapper.side, .return_address = return_address, .frame = frame};
}

static struct cst_given given_layout(size_t size, size_t align)
{
    return (struct cst_given){.has_size = true, .has_align = true, .size = size, .align = align};
}

#define CALL(door, own) call_of(CUSTODY_DOOR_##door, own, CST_HOOK_RETURN, CST_HOOK_FRAME)

static void *own_alloc(size_t size, size_t align, const struct cst_detour *detour)
{
    void *block = ((alloc_function *)detour->original)(size, align);
    struct own *own = ready(detour);
    if (own) {
        const struct cst_call call = CALL(RUST_ALLOC, own);
        cst_wrapped_made(&call, &own->wrapper, block, size, align);
    }
    return block;
}

static void *own_alloc_zeroed(size_t size, size_t align, const struct cst_detour *detour)
{
    void *block = ((alloc_function *)detour->original)(size, align);
    struct own *own = ready(detour);
    if (own) {
        const struct cst_call call = CALL(RUST_ALLOC_ZEROED, own);
        cst_wrapped_made(&call, &own->wrapper, block, size, align);
    }
    return block;
}

static void own_dealloc(void *block, size_t size, size_t align, const struct cst_detour *detour)
{
    dealloc_function *original = (dealloc_function *)detour->original;
    struct own *own = ready(detour);
    if (!own) {
        original(block, size, align);
        return;
    }
    const struct cst_call call = CALL(RUST_DEALLOC, own);
    const struct cst_given given = given_layout(size, align);
    struct cst_handover handover = cst_wrapped_hand_over(&call, &own->wrapper, block, &given);
    if (handover.kind == CST_HANDOVER_PASS) {
        original(block, size, align);
        cst_wrapped_taken(&handover, false);
    } else {
        cst_wrapped_give_back(&handover);
    }
}

/* What the allocator cannot resize, for it is not its own, is copied into a block that is. */
static void *replace(const struct own *own, const struct cst_handover *handover, size_t align, size_t size)
{
    void *fresh = ((alloc_function *)entry_of(own, CST_RUST_ENTRY_ALLOC))(size, align);
    if (fresh) {
        memcpy(fresh, (const void *)handover->address, handover->readable < size ? handover->readable : size);
        cst_wrapped_give_back(handover);
    }
    return fresh;
}

static void *own_realloc(void *block, size_t old_size, size_t align, size_t size, const struct cst_detour *detour)
{
    realloc_function *original = (realloc_function *)detour->original;
    struct own *own = ready(detour);
    if (!own)
        return original(block, old_size, align, size);
    const struct cst_call call = CALL(RUST_REALLOC, own);
    struct cst_given given = given_layout(old_size, align);
    given.resizes = true;
    struct cst_handover handover = cst_wrapped_hand_over(&call, &own->wrapper, block, &given);
    void *moved = NULL;
    if (handover.kind == CST_HANDOVER_PASS) {
        moved = original(block, old_size, align, size);
        cst_wrapped_taken(&handover, !moved);
    } else {
        moved = replace(own, &handover, align, size);
    }
    cst_wrapped_made(&call, &own->wrapper, moved, size, align);
    if (moved)
        cst_foreign_resized(&call, &handover.foreign, moved, size);
    return moved;
}

/* The functions behind the entries. What is being handed over comes to them a second time, and is not theirs to judge. */

typedef void *member_1(size_t first);
typedef void *member_2(size_t first, size_t second);
typedef void *member_flags(size_t size, int flags);

/* An inlined entry asks for the alignment in plain functions' stead only where they do not give it anyway. */
#define ALIGN_UNKNOWN ((size_t)0)

static size_t align_of_flags(int flags)
{
    size_t align = (size_t)1 << (flags & FLAGS_ALIGN_MASK);
    return align > CST_BLOCK_ALIGN ? align : ALIGN_UNKNOWN;
}

/* What `detour`'s function made for the caller of the hook. */
static void *made(const struct cst_detour *detour, void *block, size_t size, size_t align, uintptr_t return_address,
                  uintptr_t frame)
{
    struct own *own = ready(detour);
    if (own) {
        const struct cst_call call = call_of(CUSTODY_DOOR_RUST_ALLOC, own, return_address, frame);
        cst_wrapped_made(&call, &own->wrapper, block, size, align);
    }
    return block;
}

#define MADE(block, size, align) made(detour, block, size, align, CST_HOOK_RETURN, CST_HOOK_FRAME)

static void *member_malloc(size_t size, const struct cst_detour *detour)
{
    return MADE(((member_1 *)detour->original)(size), size, ALIGN_UNKNOWN);
}

static void *member_calloc(size_t count, size_t size, const struct cst_detour *detour)
{
    return MADE(((member_2 *)detour->original)(count, size), count * size, ALIGN_UNKNOWN);
}

static void *member_mallocx(size_t size, int flags, const struct cst_detour *detour)
{
    return MADE(((member_flags *)detour->original)(size, flags), size, align_of_flags(flags));
}

static void *member_aligned(size_t size, size_t align, const struct cst_detour *detour)
{
    return MADE(((member_2 *)detour->original)(size, align), size, align);
}

/* A call that releases or resizes a block. */
struct transfer {
    struct own *own; /* NULL: the function is run, and nothing else */
    struct cst_call call;
    struct cst_handover handover;
};

static struct transfer begin(const struct cst_detour *detour, void *block, struct cst_given given,
                             enum custody_door door, uintptr_t return_address, uintptr_t frame)
{
    struct transfer transfer = {.own = !block || cst_wrapped_is_passing(block) ? NULL : ready(detour)};
    if (transfer.own) {
        transfer.call = call_of(door, transfer.own, return_address, frame);
        transfer.handover = cst_wrapped_hand_over(&transfer.call, &transfer.own->wrapper, block, &given);
    }
    return transfer;
}

#define BEGIN(door, block, given) begin(detour, block, given, CUSTODY_DOOR_##door, CST_HOOK_RETURN, CST_HOOK_FRAME)

/* True when the function itself must be run; otherwise all is done. */
static bool runs(const struct transfer *transfer)
{
    if (!transfer->own || transfer->handover.kind == CST_HANDOVER_PASS)
        return true;
    cst_wrapped_give_back(&transfer->handover);
    return false;
}

static void end(const struct transfer *transfer)
{
    if (transfer->own)
        cst_wrapped_taken(&transfer->handover, false);
}

static struct cst_given given_size(size_t size)
{
    return (struct cst_given){.has_size = true, .size = size};
}

static const struct cst_given given_nothing = {.has_size = false};
static const struct cst_given given_resize = {.resizes = true};

static void member_free(void *block, const struct cst_detour *detour)
{
    const struct transfer transfer = BEGIN(RUST_DEALLOC, block, given_nothing);
    if (runs(&transfer)) {
        ((void (*)(void *))detour->original)(block);
        end(&transfer);
    }
}

static void member_dallocx(void *block, int flags, const struct cst_detour *detour)
{
    const struct transfer transfer = BEGIN(RUST_DEALLOC, block, given_nothing);
    if (runs(&transfer)) {
        ((void (*)(void *, int))detour->original)(block, flags);
        end(&transfer);
    }
}

/* jemalloc takes any size of the same class: what was told of a wrong one has been told, and the right one is named. */
static void member_sdallocx(void *block, size_t size, int flags, const struct cst_detour *detour)
{
    const struct transfer transfer = BEGIN(RUST_DEALLOC, block, given_size(size));
    if (runs(&transfer)) {
        size_t right = transfer.own && transfer.handover.readable ? transfer.handover.readable : size;
        ((void (*)(void *, size_t, int))detour->original)(block, right, flags);
        end(&transfer);
    }
}

/* Of a block that is not the allocator's a copy is made. `moved` is what its function answered otherwise: when nothing, the
 * block is as it was, unless it was to have no bytes. */
static void *finish(const struct transfer *transfer, void *moved, size_t size, size_t align)
{
    const struct own *own = transfer->own;
    if (!own)
        return moved;
    if (transfer->handover.kind == CST_HANDOVER_PASS)
        cst_wrapped_taken(&transfer->handover, !moved && size > 0);
    else
        moved = replace(own, &transfer->handover, align ? align : CST_BLOCK_ALIGN, size);
    cst_wrapped_made(&transfer->call, &own->wrapper, moved, size, align);
    if (moved)
        cst_foreign_resized(&transfer->call, &transfer->handover.foreign, moved, size);
    return moved;
}

/* Whether the allocator's own function resizes the block. */
static bool resizes(const struct transfer *transfer)
{
    return !transfer->own || transfer->handover.kind == CST_HANDOVER_PASS;
}

static void *member_realloc(void *block, size_t size, const struct cst_detour *detour)
{
    if (!block)
        return MADE(((void *(*)(void *, size_t))detour->original)(NULL, size), size, ALIGN_UNKNOWN);
    const struct transfer transfer = BEGIN(RUST_REALLOC, block, given_resize);
    void *moved = resizes(&transfer) ? ((void *(*)(void *, size_t))detour->original)(block, size) : NULL;
    return finish(&transfer, moved, size, ALIGN_UNKNOWN);
}

static void *member_rallocx(void *block, size_t size, int flags, const struct cst_detour *detour)
{
    const struct transfer transfer = BEGIN(RUST_REALLOC, block, given_resize);
    void *moved = resizes(&transfer) ? ((void *(*)(void *, size_t, int))detour->original)(block, size, flags) : NULL;
    return finish(&transfer, moved, size, align_of_flags(flags));
}

static void *member_realloc_aligned(void *block, size_t size, size_t align, const struct cst_detour *detour)
{
    if (!block)
        return MADE(((void *(*)(void *, size_t, size_t))detour->original)(NULL, size, align), size, align);
    const struct transfer transfer = BEGIN(RUST_REALLOC, block, given_resize);
    void *moved = resizes(&transfer) ? ((void *(*)(void *, size_t, size_t))detour->original)(block, size, align) : NULL;
    return finish(&transfer, moved, size, align);
}

/* A block with memory of its own came to somebody else's release function. */
static void release_adopted(const struct cst_adopter *adopter, void *block, size_t size, size_t align)
{
    const struct own *own = adopter->data;
    struct cst_passing outer = cst_thread.passing;
    cst_thread.passing = (struct cst_passing){(uintptr_t)block, 0};
    ((dealloc_function *)entry_of(own, CST_RUST_ENTRY_DEALLOC))(block, size, align);
    cst_thread.passing = outer;
}

static void *open_own(const struct cst_rust_own *facts)
{
    struct own *own = cst_pool_alloc(sizeof *own);
    if (own) {
        own->facts = facts;
        own->wrapper.adopter = (struct cst_adopter){.release = release_adopted, .data = own, .module = facts->module};
    }
    return own;
}

static const uintptr_t entries[CST_RUST_ENTRY_COUNT] = {
    [CST_RUST_ENTRY_ALLOC] = (uintptr_t)own_alloc,
    [CST_RUST_ENTRY_ALLOC_ZEROED] = (uintptr_t)own_alloc_zeroed,
    [CST_RUST_ENTRY_REALLOC] = (uintptr_t)own_realloc,
    [CST_RUST_ENTRY_DEALLOC] = (uintptr_t)own_dealloc,
};
static const uintptr_t members[CST_RUST_MEMBER_COUNT] = {
    [CST_RUST_MEMBER_MALLOC] = (uintptr_t)member_malloc,
    [CST_RUST_MEMBER_CALLOC] = (uintptr_t)member_calloc,
    [CST_RUST_MEMBER_REALLOC] = (uintptr_t)member_realloc,
    [CST_RUST_MEMBER_FREE] = (uintptr_t)member_free,
    [CST_RUST_MEMBER_MALLOCX] = (uintptr_t)member_mallocx,
    [CST_RUST_MEMBER_RALLOCX] = (uintptr_t)member_rallocx,
    [CST_RUST_MEMBER_DALLOCX] = (uintptr_t)member_dallocx,
    [CST_RUST_MEMBER_SDALLOCX] = (uintptr_t)member_sdallocx,
    [CST_RUST_MEMBER_ALIGNED] = (uintptr_t)member_aligned,
    [CST_RUST_MEMBER_REALLOC_ALIGNED] = (uintptr_t)member_realloc_aligned,
};

const struct cst_rust_own_hooks cst_rust_own_hooks = {.entries = entries, .members = members, .open = open_own};
