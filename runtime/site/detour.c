/* Detours: see detour.h. Everything about all functions is checked, and their stubs are ready, before the first byte of
 * one is written. */
#include "site/detour.h"

#include "plat/own.h"
#include "site/code_write.h"
#include "site/detour_move.h"
#include "site/detour_page.h"
#include "site/detour_room.h"
#include "site/detour_stub.h"

#include <stdatomic.h>
#include <string.h>

#define WORD ((uintptr_t)8)

/* A function that is about to be redirected. */
struct site {
    uintptr_t entry; /* where the jump goes: the first byte, or behind an endbr64 */
    struct cst_moved moved;
};

static _Atomic(const struct cst_detour *) laid[CST_DETOURS_MAX];
static _Atomic size_t laid_limit; /* entries at and above it were never used */

/* What a thread might be executing: nothing, when there is one thread, or one instruction that is written whole. */
static bool can_be_replaced(const struct site *site)
{
    bool whole = site->moved.count == 1 && site->entry % WORD + CST_DETOUR_JUMP_SIZE <= WORD;
    return whole || !cst_code_has_other_threads();
}

static bool make_stub(struct cst_detour *detour, const struct cst_room *room, struct cst_detour_stub *stub,
                      struct site *out_site)
{
    const uint8_t *code = (const uint8_t *)room->entry;
    out_site->entry = room->entry;
    return cst_detour_move(code, room->function.hi - room->entry, room->entry, cst_detour_stub_original(stub),
                           &out_site->moved) &&
           can_be_replaced(out_site) && cst_room_is_free(room, out_site->moved.taken) &&
           cst_detour_stub_write(stub, detour, &out_site->moved);
}

/* The function as its file has it: what is read below was not changed by anybody. */
static bool is_untouched(const struct cst_module *module, const struct cst_elf *elf, struct cst_range function)
{
    const unsigned char *code = cst_elf_at(elf, function.lo - module->base, function.hi - function.lo, PF_R | PF_X);
    return code && memcmp(code, (const void *)function.lo, function.hi - function.lo) == 0;
}

static bool prepare(const struct cst_module *module, const struct cst_elf *elf, struct cst_detour *detour,
                    struct cst_detour_stub *stub, struct site *out_site)
{
    struct cst_room room;
    detour->module = module->id;
    return cst_room_open(module, detour->function, detour->size, &room) && is_untouched(module, elf, room.function) &&
           make_stub(detour, &room, stub, out_site);
}

static bool remember(const struct cst_detour *detour)
{
    for (size_t i = 0; i < CST_DETOURS_MAX; i++) {
        const struct cst_detour *unused = NULL;
        if (atomic_compare_exchange_strong(&laid[i], &unused, detour)) {
            size_t limit = atomic_load(&laid_limit);
            while (limit <= i && !atomic_compare_exchange_weak(&laid_limit, &limit, i + 1)) {
            }
            return true;
        }
    }
    return false;
}

static void forget_one(const struct cst_detour *detour)
{
    size_t limit = atomic_load(&laid_limit);
    for (size_t i = 0; i < limit; i++) {
        const struct cst_detour *expected = detour;
        atomic_compare_exchange_strong(&laid[i], &expected, NULL);
    }
}

/* Writes the jump into one function. */
static bool redirect(const struct cst_code_writer *writer, const struct site *site, const struct cst_detour_stub *stub)
{
    uint8_t jump[CST_DETOUR_JUMP_SIZE];
    return cst_detour_jump(site->entry, (uintptr_t)stub, jump) &&
           cst_code_write(writer, site->entry, jump, sizeof jump) &&
           memcmp((const void *)site->entry, jump, sizeof jump) == 0;
}

/* Takes the jumps out of the first `count` functions, from what their file holds. */
static void undo(const struct cst_code_writer *writer, const struct cst_module *module, const struct cst_elf *elf,
                 const struct site *sites, size_t count)
{
    while (count-- > 0) {
        uintptr_t entry = sites[count].entry;
        const unsigned char *code = cst_elf_at(elf, entry - module->base, CST_DETOUR_JUMP_SIZE, PF_R | PF_X);
        (void)(code && cst_code_write(writer, entry, code, CST_DETOUR_JUMP_SIZE));
    }
}

/* Redirects all functions, or none. Detours are remembered before: a call that is read meanwhile is read right. */
static bool redirect_all(const struct cst_module *module, const struct cst_elf *elf, const struct cst_detour *detours,
                         const struct site *sites, const struct cst_detour_stub *stubs, size_t count)
{
    struct cst_code_writer writer = cst_code_open(elf, detours[0].function - module->base);
    size_t done = 0;
    while (done < count && remember(&detours[done]) && redirect(&writer, &sites[done], &stubs[done])) {
        done++;
    }
    if (done < count) {
        undo(&writer, module, elf, sites, done + 1);
        for (size_t i = 0; i <= done; i++) {
            forget_one(&detours[i]);
        }
    }
    cst_code_close(&writer);
    return done == count;
}

static bool lay(const struct cst_module *module, const struct cst_elf *elf, struct cst_detour *detours,
                struct site *sites, struct cst_detour_stub *stubs, size_t count, bool *out_written)
{
    for (size_t i = 0; i < count; i++) {
        if (!prepare(module, elf, &detours[i], &stubs[i], &sites[i])) {
            return false;
        }
    }
    *out_written = cst_detour_page_seal(stubs, count * sizeof *stubs);
    return *out_written && redirect_all(module, elf, detours, sites, stubs, count);
}

static bool lay_on_page(const struct cst_module *module, const struct cst_elf *elf, struct cst_detour *detours,
                        struct site *sites, size_t count)
{
    struct cst_detour_stub *stubs = cst_detour_page_get(module, count * sizeof *stubs);
    bool written = false;
    bool done = stubs && lay(module, elf, detours, sites, stubs, count, &written);
    if (stubs && !written) {
        cst_detour_page_drop(stubs); /* once a jump led there, a thread may still be in it */
    }
    return done;
}

/* Whatever thread calls a new module first comes here, on whatever stack it has: notes about many functions do not fit. */
bool cst_detour_lay(const struct cst_module *module, const struct cst_elf *elf, struct cst_detour *detours,
                    size_t count)
{
    if (count == 0 || count > CST_DETOUR_BATCH_MAX) {
        return count == 0;
    }
    struct site *sites = cst_own_map(count * sizeof *sites);
    if (!sites) {
        return false;
    }
    bool done = lay_on_page(module, elf, detours, sites, count);
    cst_own_unmap(sites, count * sizeof *sites);
    return done;
}

const struct cst_detour *cst_detour_at(uintptr_t function)
{
    size_t limit = atomic_load_explicit(&laid_limit, memory_order_acquire);
    for (size_t i = 0; i < limit; i++) {
        const struct cst_detour *detour = atomic_load_explicit(&laid[i], memory_order_acquire);
        if (detour && detour->function == function) {
            return detour;
        }
    }
    return NULL;
}

void cst_detour_forget(uint32_t module)
{
    size_t limit = atomic_load(&laid_limit);
    for (size_t i = 0; i < limit; i++) {
        const struct cst_detour *detour = atomic_load(&laid[i]);
        if (detour && detour->module == module) {
            atomic_compare_exchange_strong(&laid[i], &detour, NULL);
        }
    }
    cst_detour_page_forget(module);
}

void cst_detour_after_fork(void)
{
    cst_detour_page_after_fork();
}
