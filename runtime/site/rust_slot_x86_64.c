/* Slots on x86-64: see rust_slot.h. Encodings from the Intel SDM volume 2 (JMP, NOP). */
#include "site/rust_slot.h"

#include "site/rust_shape.h"

#include <string.h>

#define HALF (CST_RUST_SLOT_SIZE / 2)
#define JMP_REL32_SIZE 5
#define JMP_INDIRECT_SIZE 6

/* Bytes of ModRM and what belongs to it, or more than a slot when it is none of the forms with a memory operand. */
static size_t operand_size(const unsigned char *at, size_t left)
{
    if (left == 0) {
        return CST_RUST_SLOT_SIZE;
    }
    bool scaled = (at[0] & 7) == 4;
    switch (at[0] >> 6) {
    case 0:
        return (at[0] & 7) == 5 || scaled ? CST_RUST_SLOT_SIZE : 1;
    case 1:
        return scaled ? 3 : 2;
    case 2:
        return scaled ? 6 : 5;
    default:
        return CST_RUST_SLOT_SIZE;
    }
}

/* Length of the padding instruction at `at`: int3, nop in any of the forms that assemblers and linkers emit, or a zero
 * byte; 0 when it is none or does not fit into `left`. */
static size_t padding_size(const unsigned char *at, size_t left)
{
    size_t size = 0;
    if (at[0] == 0xcc || at[0] == 0x00) {
        return 1;
    }
    while (size < left && (at[size] == 0x66 || at[size] == 0x2e)) {
        size++;
    }
    if (size < left && at[size] == 0x90) {
        return size + 1;
    }
    if (left - size < 2 || at[size] != 0x0f || at[size + 1] != 0x1f) {
        return 0;
    }
    size += 2;
    size += operand_size(at + size, left - size);
    return size <= left ? size : 0;
}

bool cst_rust_slot_is_thunk(const struct cst_rust_code *code, struct cst_rust_thunk *out_thunk)
{
    size_t jmp = cst_shape_frame_size(code->bytes, sizeof code->bytes);
    size_t end = jmp + JMP_REL32_SIZE;
    if (code->bytes[jmp] != 0xe9) {
        return false;
    }
    for (size_t at = end; at < CST_RUST_SLOT_SIZE;) {
        size_t size = padding_size(code->bytes + at, CST_RUST_SLOT_SIZE - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    int32_t displacement;
    memcpy(&displacement, code->bytes + jmp + 1, sizeof displacement);
    *out_thunk = (struct cst_rust_thunk){.target = (int64_t)end + displacement, .size = end, .framed = jmp != 0};
    return true;
}

/* jmp *0(%rip) with the address behind it: leaves every register as it was. */
struct cst_rust_code cst_rust_slot_jump(uintptr_t target)
{
    struct cst_rust_code code = {{0xff, 0x25, 0x00, 0x00, 0x00, 0x00}};
    memcpy(code.bytes + JMP_INDIRECT_SIZE, &target, sizeof target);
    memset(code.bytes + JMP_INDIRECT_SIZE + sizeof target, 0xcc,
           CST_RUST_SLOT_SIZE - JMP_INDIRECT_SIZE - sizeof target);
    return code;
}

static struct cst_rust_code read_slot(uintptr_t address)
{
    struct cst_rust_code code;
    memcpy(&code, (const void *)address, sizeof code);
    return code;
}

/* Of the two halves the second is what a thunk without a frame never executes and what a jump needs: a jump is therefore written from the
 * back and taken away from the front. */
bool cst_rust_slot_write(const struct cst_code_writer *writer, uintptr_t address, const struct cst_rust_code *code)
{
    struct cst_rust_code old = read_slot(address);
    size_t first = code->bytes[0] == 0xff ? HALF : 0;
    size_t second = HALF - first;
    bool written = cst_code_write(writer, address + first, code->bytes + first, HALF) &&
                   cst_code_write(writer, address + second, code->bytes + second, HALF);
    struct cst_rust_code now = read_slot(address);
    if (written && memcmp(&now, code, sizeof now) == 0) {
        return true;
    }
    (void)(cst_code_write(writer, address + second, old.bytes + second, HALF) &&
           cst_code_write(writer, address + first, old.bytes + first, HALF));
    return false;
}
