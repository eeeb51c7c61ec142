/* Hooks of families: see family_hook.h. */
#include "entry/family_hook.h"

#include "core/foreign.h"
#include "core/wrapped.h"
#include "entry/hook.h"
#include "site/stack_place.h"

#include <errno.h>
#include <string.h>

/* One call of a function. */
struct visit {
    struct cst_call call;
    const struct cst_detour *detour;
    const struct cst_family_function *function;
    const struct cst_family *family;
    uintptr_t arguments[CST_FAMILY_ARGUMENTS];
};

typedef uintptr_t family_function(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);

static const struct cst_given given_nothing = {.has_size = false};
static const struct cst_given given_resize = {.resizes = true};

/* Runs a function as it was, for the call that `guest` says. */
static uintptr_t run_as(struct cst_guest guest, const struct cst_detour *detour, const uintptr_t *arguments)
{
    family_function *original = (family_function *)detour->original;
    struct cst_guest before = cst_thread.guest;
    cst_thread.guest = guest;
    uintptr_t result = original(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    cst_thread.guest = before;
    return result;
}

static struct cst_guest guest_of(const struct visit *visit)
{
    return (struct cst_guest){.return_address = visit->call.return_address, .frame = visit->call.frame};
}

static uintptr_t run(const struct visit *visit)
{
    return run_as(guest_of(visit), visit->detour, visit->arguments);
}

void cst_family_release(const struct cst_adopter *adopter, void *block, size_t size, size_t align)
{
    const struct cst_family *family = (const struct cst_family *)adopter;
    const uintptr_t arguments[CST_FAMILY_ARGUMENTS] = {(uintptr_t)block};
    (void)size;
    (void)align;
    (void)run_as((struct cst_guest){CST_HOOK_RETURN, CST_HOOK_FRAME}, family->releaser, arguments);
}

size_t cst_family_usable(const struct cst_adopter *adopter, void *block)
{
    const struct cst_family *family = (const struct cst_family *)adopter;
    const uintptr_t arguments[CST_FAMILY_ARGUMENTS] = {(uintptr_t)block};
    return run_as((struct cst_guest){CST_HOOK_RETURN, CST_HOOK_FRAME}, family->usable, arguments);
}

static uintptr_t argument(const struct visit *visit, int8_t index)
{
    return index < 0 ? 0 : visit->arguments[index];
}

/* The block that the function is given; where an argument points, if it is given by that. */
static void *block_of(const struct visit *visit)
{
    void *block = (void *)argument(visit, visit->function->block);
    return visit->function->role == CST_FAMILY_RESIZE_OUT && block ? *(void **)block : block;
}

static size_t bytes_of(const struct visit *visit)
{
    const struct cst_family_function *function = visit->function;
    size_t bytes = argument(visit, function->size);
    if (function->count >= 0 && __builtin_mul_overflow(bytes, argument(visit, function->count), &bytes))
        return 0; /* the function has refused */
    return bytes;
}

static size_t align_of(const struct visit *visit)
{
    size_t align = argument(visit, visit->function->align);
    return align > CST_BLOCK_ALIGN && (align & (align - 1)) == 0 ? align : CST_BLOCK_ALIGN;
}

static void adopt(const struct visit *visit, void *block)
{
    const struct cst_adopter *adopter = &visit->family->adopter;
    if (block) {
        size_t size = visit->function->size < 0 ? cst_family_usable(adopter, block) : bytes_of(visit);
        cst_foreign_adopt(&visit->call, block, size, align_of(visit), adopter);
    }
}

static uintptr_t make(const struct visit *visit)
{
    uintptr_t result = run(visit);
    if (!block_of(visit))
        adopt(visit, (void *)result);
    return result;
}

static uintptr_t make_out(const struct visit *visit)
{
    void **out_block = (void **)argument(visit, visit->function->block);
    uintptr_t result = run(visit);
    if ((int)result == 0 && out_block)
        adopt(visit, *out_block);
    return result;
}

/* The block that a resizing function answered with. */
static void *resized(const struct visit *visit, uintptr_t result)
{
    if (visit->function->role != CST_FAMILY_RESIZE_OUT)
        return (void *)result;
    return (int)result == 0 ? block_of(visit) : NULL;
}

/* The answer of a resizing function by which its caller gets `block`. */
static uintptr_t answer(const struct visit *visit, void *block)
{
    if (visit->function->role != CST_FAMILY_RESIZE_OUT)
        return (uintptr_t)block;
    if (block)
        *(void **)argument(visit, visit->function->block) = block;
    return block ? 0 : ENOMEM;
}

/* A new block of the size and kind that a resize asks for. */
static void *make_instead(const struct visit *visit)
{
    struct visit fresh = *visit;
    void *nothing = NULL;
    if (visit->function->role == CST_FAMILY_RESIZE_ONLY) {
        memmove(fresh.arguments, fresh.arguments + 1, sizeof fresh.arguments - sizeof fresh.arguments[0]);
        return (void *)run_as(guest_of(visit), visit->family->maker, fresh.arguments);
    }
    bool out = visit->function->role == CST_FAMILY_RESIZE_OUT;
    fresh.arguments[visit->function->block] = out ? (uintptr_t)&nothing : 0;
    return resized(&fresh, run(&fresh));
}

/* What a block of another allocator holds is copied, and the block goes back to whom it belongs. Nothing is read of one that
 * was released before. */
static uintptr_t replace(const struct visit *visit, const struct cst_foreign *known, const void *block)
{
    void *fresh = make_instead(visit);
    if (fresh) {
        size_t offset = (uintptr_t)block - known->address, size = bytes_of(visit);
        size_t readable = known->size > offset ? known->size - offset : 0;
        memcpy(fresh, block, readable < size ? readable : size);
        cst_foreign_give_back(known);
    }
    adopt(visit, fresh);
    return answer(visit, fresh);
}

/* A resize that answers nothing may have released the block all the same: when it was to have no bytes, or always. */
static bool has_released(const struct visit *visit)
{
    return visit->function->role == CST_FAMILY_RESIZE_OR_FREE || bytes_of(visit) == 0;
}

static uintptr_t resize(const struct visit *visit)
{
    void *block = block_of(visit);
    struct cst_foreign known = {.kind = CST_FOREIGN_UNSEEN};
    if (block)
        known = cst_foreign_examine(&visit->call, block, &given_resize, &visit->family->adopter);
    if (known.kind == CST_FOREIGN_OTHERS || known.kind == CST_FOREIGN_NOTHING)
        return replace(visit, &known, block);
    uintptr_t result = run(visit);
    void *moved = resized(visit, result);
    if (moved)
        adopt(visit, moved);
    else if (!has_released(visit))
        cst_foreign_restore(&known);
    if (moved || has_released(visit))
        cst_foreign_resized(&visit->call, &known, moved, bytes_of(visit));
    return result;
}

/* Bytes usable in a block that is not this family's; false when it may be. */
static bool measure_of_others(const struct visit *visit, void *block, size_t *out_usable)
{
    struct cst_adopted adopted;
    bool ours = cst_tag_covers((uintptr_t)block);
    bool others = !ours && cst_adopted_find((uintptr_t)block, &adopted) && adopted.adopter != &visit->family->adopter;
    *out_usable = ours || others ? cst_inside_usable(block) : 0;
    return ours || others;
}

/* The answer of a stretching function when `usable` bytes are there and nothing was changed. */
static uintptr_t decline(const struct visit *visit, void *block, size_t usable)
{
    if (visit->function->role == CST_FAMILY_STRETCH)
        return usable;
    return bytes_of(visit) <= usable ? (uintptr_t)block : 0;
}

static bool is_stretched(const struct visit *visit, uintptr_t result)
{
    return visit->function->role == CST_FAMILY_STRETCH ? result >= bytes_of(visit) : result != 0;
}

static uintptr_t stretch(const struct visit *visit)
{
    size_t usable;
    void *block = block_of(visit);
    if (!block)
        return run(visit);
    if (measure_of_others(visit, block, &usable)) {
        (void)cst_foreign_examine(&visit->call, block, &given_nothing, &visit->family->adopter);
        return decline(visit, block, usable);
    }
    struct cst_foreign known = cst_foreign_examine(&visit->call, block, &given_resize, &visit->family->adopter);
    if (known.kind == CST_FOREIGN_NOTHING)
        return 0;
    uintptr_t result = run(visit);
    if (known.kind == CST_FOREIGN_OWN && is_stretched(visit, result)) {
        adopt(visit, block);
        cst_foreign_resized(&visit->call, &known, block, bytes_of(visit));
    } else {
        cst_foreign_restore(&known);
    }
    return result;
}

/* What a release names beside the block. The size may be any from what was asked for to what is usable. */
static struct cst_given given_by(const struct visit *visit, void *block)
{
    struct cst_adopted adopted;
    struct cst_given given = {.has_size = visit->function->size >= 0, .size = argument(visit, visit->function->size)};
    if (given.has_size && cst_adopted_find((uintptr_t)block, &adopted) &&
        cst_tag_state(&adopted.tag) == CST_STATE_LIVE && given.size > cst_tag_size(&adopted.tag))
        given.has_size = given.size > cst_adopted_usable(&adopted);
    return given;
}

static uintptr_t release(const struct visit *visit)
{
    struct cst_foreign known;
    void *block = block_of(visit);
    if (!block)
        return run(visit);
    struct cst_given given = given_by(visit, block);
    if (cst_foreign_accept(&visit->call, block, &given, &visit->family->adopter, &known))
        (void)run(visit);
    return 0;
}

static uintptr_t measure(const struct visit *visit)
{
    size_t usable;
    return measure_of_others(visit, block_of(visit), &usable) ? usable : run(visit);
}

static uintptr_t tell_owner(const struct visit *visit)
{
    size_t usable;
    return measure_of_others(visit, block_of(visit), &usable) ? false : run(visit);
}

static uintptr_t serve(const struct visit *visit)
{
    switch ((enum cst_family_role)visit->function->role) {
    case CST_FAMILY_MAKE:
        return make(visit);
    case CST_FAMILY_MAKE_OUT:
        return make_out(visit);
    case CST_FAMILY_RESIZE:
    case CST_FAMILY_RESIZE_ONLY:
    case CST_FAMILY_RESIZE_OR_FREE:
    case CST_FAMILY_RESIZE_OUT:
        return resize(visit);
    case CST_FAMILY_STRETCH:
    case CST_FAMILY_STRETCH_OR_NULL:
        return stretch(visit);
    case CST_FAMILY_RELEASE:
        return release(visit);
    case CST_FAMILY_QUERY:
        return measure(visit);
    case CST_FAMILY_OWNS:
        return tell_owner(visit);
    }
    return run(visit);
}

/* True for a call by a function of a family that runs for a call of the program. */
static bool is_inner(const struct visit *visit)
{
    const struct cst_guest *guest = &cst_thread.guest;
    return visit->call.frame < guest->frame && (!cst_stack_starts(&cst_thread.bounds, guest->frame) ||
                                                cst_stack_return(guest->frame) == guest->return_address);
}

/* True for a function that is given a block to do something with. One that makes blocks has in `block` where to put them. */
static bool takes_block(const struct visit *visit)
{
    return visit->function->role != CST_FAMILY_MAKE && visit->function->role != CST_FAMILY_MAKE_OUT;
}

/* True for a block that Rust's own allocator, which rests on the family, gives back. */
static bool is_handed_over(const struct visit *visit)
{
    const void *block = takes_block(visit) ? block_of(visit) : NULL;
    return block && cst_wrapped_is_passing(block);
}

/* A thread that is inside the runtime, or in a function of the family, has the function itself; so has one whose Rust allocator
 * hands the block over, which was judged before. Unless it is given a block of our heap, which the function must not see. */
static uintptr_t pass(const struct visit *visit)
{
    void *block = takes_block(visit) ? block_of(visit) : NULL;
    if (!cst_tag_covers((uintptr_t)block))
        return run(visit);
    if (visit->function->role == CST_FAMILY_RELEASE)
        cst_inside_release(block);
    return visit->function->role == CST_FAMILY_RESIZE_OUT ? ENOMEM : 0;
}

uintptr_t cst_family_hook(uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth,
                          const struct cst_detour *detour)
{
    const struct cst_family_door *door = detour->data;
    const struct visit visit = {.call = {.door = (enum custody_door)door->function->door,
                                         .side = CST_SIDE_UNKNOWN,
                                         .return_address = CST_HOOK_RETURN,
                                         .frame = CST_HOOK_FRAME},
                                .detour = detour,
                                .function = door->function,
                                .family = door->family,
                                .arguments = {first, second, third, fourth, fifth}};
    if (is_inner(&visit) || !cst_hook_is_ready() || is_handed_over(&visit))
        return pass(&visit);
    return serve(&visit);
}
