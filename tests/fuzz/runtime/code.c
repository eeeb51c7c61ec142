/* Any bytes as code: instructions are decoded, read backwards, moved and recognised within their bounds, and what moved
 * code stands for is never more than was there. */
#include "../fuzz.h"

#include "site/decode_x86_64.h"
#include "site/detour_move.h"
#include "site/rust_shape.h"

static void decode_all(const uint8_t *code, size_t size, uintptr_t address)
{
    struct cst_insn insn;
    for (size_t at = 0; at < size; at++) {
        size_t skipped = cst_insn_skip(code + at, size - at);
        if (!cst_insn_decode(code + at, size - at, address + at, &insn)) {
            require(skipped == 0);
            continue;
        }
        bool plain = insn.kind == CST_INSN_OTHER || insn.kind == CST_INSN_LOAD_RIP;
        require(skipped == 0 || (skipped == insn.length && plain));
        require(insn.length >= 1 && insn.length <= CST_INSN_LENGTH_MAX && insn.length <= size - at);
        require(insn.base <= CST_INSN_BASE_NONE && insn.reg < 16);
        require(insn.rip_at == 0 || insn.rip_at + 4 <= insn.length);
        for (uint8_t reg = 0; reg < 16; reg++)
            use(cst_insn_may_write(&insn, reg));
        if (insn.kind == CST_INSN_OTHER)
            use(cst_shape_keeps_memory(&insn));
    }
}

static void read_backwards(const uint8_t *code, size_t size, uintptr_t address)
{
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    for (size_t end = 0; end <= size; end++) {
        size_t count = cst_insn_calls_before(code + end, end, address + end, calls);
        require(count <= CST_CALLS_BEFORE_MAX);
        for (size_t i = 0; i < count; i++)
            require(calls[i].length <= end && calls[i].kind >= CST_INSN_CALL && calls[i].kind <= CST_INSN_CALL_MEM);
    }
}

static void move(const uint8_t *code, size_t size, uintptr_t from, uintptr_t to)
{
    struct cst_moved moved;
    if (!cst_detour_move(code, size, from, to, &moved))
        return;
    require(moved.taken >= CST_DETOUR_JUMP_SIZE && moved.taken <= size);
    require(moved.size <= sizeof moved.bytes && moved.count > 0 && moved.count <= moved.taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 512)
        size = 512;
    decode_all(bytes, size, 0x10000);
    decode_all(bytes, size, UINTPTR_MAX - 4);
    read_backwards(bytes, size, 0x10000);
    require(cst_shape_frame_size(bytes, size) <= size);
    move(bytes, size, 0x10000, 0x7000000);
    move(bytes, size, 0x10000, (uintptr_t)1 << 40);
    move(bytes, size, UINTPTR_MAX - 4, 0x1000);
    return 0;
}
