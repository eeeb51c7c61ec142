/* Stubs on x86-64: see detour_stub.h. Registers of integer arguments from the System V ABI x86-64, section 3.2.3. */
#include "site/detour_stub.h"

#include <string.h>

#define ENDBR_SIZE 4

static const uint8_t endbr[ENDBR_SIZE] = {0xf3, 0x0f, 0x1e, 0xfa};

/* movabs $imm64, %reg: rdi, rsi, rdx, rcx, r8, r9. */
static const uint8_t load[][2] = {{0x48, 0xbf}, {0x48, 0xbe}, {0x48, 0xba}, {0x48, 0xb9}, {0x49, 0xb8}, {0x49, 0xb9}};

uintptr_t cst_detour_stub_original(const struct cst_detour_stub *stub)
{
    return (uintptr_t)stub->original + ENDBR_SIZE;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

bool cst_detour_stub_write(struct cst_detour_stub *stub, struct cst_detour *detour, const struct cst_moved *moved)
{
    static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip): the address lies behind it */
    if (detour->argument >= sizeof load / sizeof load[0]) {
        return false;
    }
    memset(stub, 0xcc, sizeof *stub);
    uint8_t *at = put(stub->hook, endbr, sizeof endbr);
    at = put(at, load[detour->argument], sizeof load[0]);
    at = put(at, &detour, sizeof detour);
    at = put(at, jump, sizeof jump);
    (void)put(at, &detour->hook, sizeof detour->hook);
    at = put(stub->original, endbr, sizeof endbr);
    (void)put(at, moved->bytes, moved->size);
    detour->original = (uintptr_t)stub->original;
    return true;
}
