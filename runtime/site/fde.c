/* Function bounds from .eh_frame; see the header. */
#include "site/fde.h"

#include <string.h>

/* Pointer encodings (DW_EH_PE_*, Linux Standard Base, Core, table 10.5.1). */
enum {
    PE_ABSPTR = 0x00,
    PE_UDATA4 = 0x03,
    PE_SDATA4 = 0x0b,
    PE_UDATA8 = 0x04,
    PE_SDATA8 = 0x0c,
    PE_FORMAT_MASK = 0x0f,
    PE_PCREL = 0x10,
    PE_DATAREL = 0x30,
};

/* The head of .eh_frame_hdr with the encodings that are read here, and one row of its table: offsets from the head. */
struct table_head {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
};
struct table_row {
    int32_t function, entry;
};

/* Bytes still to be read. */
struct cursor {
    uintptr_t at, end;
};

static bool take(struct cursor *cursor, void *out_bytes, size_t size)
{
    if (cursor->end - cursor->at < size) {
        return false;
    }
    memcpy(out_bytes, (const void *)cursor->at, size);
    cursor->at += size;
    return true;
}

/* Skips numbers of variable length (LEB128). */
static bool skip_leb(struct cursor *cursor, unsigned numbers)
{
    uint8_t byte;
    while (numbers > 0) {
        if (!take(cursor, &byte, 1)) {
            return false;
        }
        numbers -= byte & 0x80 ? 0 : 1;
    }
    return true;
}

static size_t format_size(uint8_t encoding)
{
    switch (encoding & PE_FORMAT_MASK) {
    case PE_UDATA4:
    case PE_SDATA4:
        return 4;
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
        return 8;
    default:
        return 0;
    }
}

static bool take_sized(struct cursor *cursor, uint8_t encoding, uint64_t *out_value)
{
    size_t size = format_size(encoding);
    *out_value = 0;
    if (size == 0 || !take(cursor, out_value, size)) {
        return false;
    }
    if ((encoding & PE_FORMAT_MASK) == PE_SDATA4) {
        *out_value = (uint64_t)(int64_t)(int32_t)(uint32_t)*out_value;
    }
    return true;
}

/* A function's address: absolute, or relative to where it is written. */
static bool take_address(struct cursor *cursor, uint8_t encoding, uintptr_t *out_address)
{
    uintptr_t here = cursor->at;
    uint8_t application = encoding & 0xf0;
    if ((application != 0 && application != PE_PCREL) || !take_sized(cursor, encoding, out_address)) {
        return false;
    }
    *out_address += application == PE_PCREL ? here : 0;
    return true;
}

/* Opens the record (CIE or FDE) at `address`, which must lie in `frame`: a cursor over what follows its length. */
static bool open_record(struct cst_range frame, uintptr_t address, struct cursor *out_record)
{
    uint32_t length;
    struct cursor cursor = {address, frame.hi};
    if (address < frame.lo || address >= frame.hi || !take(&cursor, &length, sizeof length)) {
        return false;
    }
    if (length == 0 || length == UINT32_MAX || length > cursor.end - cursor.at) {
        return false;
    }
    *out_record = (struct cursor){cursor.at, cursor.at + length};
    return true;
}

/* The encoding of addresses that a CIE gives to its FDEs, from the augmentation data that `letters` describes. */
static bool read_augmentation(struct cursor *cursor, const char *letters, uint8_t *out_encoding)
{
    uint8_t personality;
    uint64_t ignored;
    for (; *letters; letters++) {
        switch (*letters) {
        case 'R':
            return take(cursor, out_encoding, 1);
        case 'L':
            if (!take(cursor, &personality, 1)) {
                return false;
            }
            break;
        case 'P':
            if (!take(cursor, &personality, 1) || !take_sized(cursor, personality, &ignored)) {
                return false;
            }
            break;
        case 'S':
        case 'B':
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool read_cie(struct cursor cursor, uint8_t *out_encoding)
{
    uint32_t id;
    uint8_t version, return_column;
    *out_encoding = PE_ABSPTR;
    if (!take(&cursor, &id, sizeof id) || id != 0 || !take(&cursor, &version, 1) || (version != 1 && version != 3)) {
        return false;
    }
    const char *letters = (const char *)cursor.at;
    size_t length = strnlen(letters, cursor.end - cursor.at);
    if (length == cursor.end - cursor.at) {
        return false;
    }
    cursor.at += length + 1; /* factors of code and data addresses, and the return column follow */
    if (!skip_leb(&cursor, 2) || !(version == 1 ? take(&cursor, &return_column, 1) : skip_leb(&cursor, 1))) {
        return false;
    }
    if (letters[0] == '\0') {
        return true;
    }
    return letters[0] == 'z' && skip_leb(&cursor, 1) && read_augmentation(&cursor, letters + 1, out_encoding);
}

static bool read_fde(struct cst_range frame, uintptr_t address, struct cst_range *out_function)
{
    struct cursor fde, cie;
    uint32_t cie_distance;
    uint8_t encoding;
    if (!open_record(frame, address, &fde)) {
        return false;
    }
    uintptr_t cie_field = fde.at;
    if (!take(&fde, &cie_distance, sizeof cie_distance) || cie_distance == 0 ||
        !open_record(frame, cie_field - cie_distance, &cie) || !read_cie(cie, &encoding)) {
        return false;
    }
    uint64_t size;
    if (!take_address(&fde, encoding, &out_function->lo) || !take_sized(&fde, encoding, &size)) {
        return false;
    }
    out_function->hi = out_function->lo + size;
    return true;
}

static bool open_table(const struct cst_image *image, struct cst_range *out_header, struct table_head *out_head)
{
    if (!cst_image_part(image, PT_GNU_EH_FRAME, out_header)) {
        return false;
    }
    struct cursor cursor = {out_header->lo, out_header->hi};
    return take(&cursor, out_head, sizeof *out_head) && out_head->version == 1 &&
           out_head->frame_encoding == (PE_PCREL | PE_SDATA4) && out_head->count_encoding == PE_UDATA4 &&
           out_head->table_encoding == (PE_DATAREL | PE_SDATA4) &&
           out_head->count <= (cursor.end - cursor.at) / sizeof(struct table_row);
}

static struct table_row row_at(struct cst_range header, size_t index)
{
    struct table_row row;
    memcpy(&row, (const void *)(header.lo + sizeof(struct table_head) + index * sizeof row), sizeof row);
    return row;
}

static uintptr_t from_head(struct cst_range header, int32_t offset)
{
    return header.lo + (uintptr_t)(intptr_t)offset;
}

/* The row of the last function that begins at or before `address`. False when all begin later. */
static bool search(struct cst_range header, size_t count, uintptr_t address, struct table_row *out_row)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (from_head(header, row_at(header, middle).function) <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return false;
    }
    *out_row = row_at(header, low - 1);
    return true;
}

bool cst_fde_find(const struct cst_image *image, uintptr_t address, struct cst_range *out_function)
{
    struct cst_range header, frame, code;
    struct table_head head;
    struct table_row row;
    if (!open_table(image, &header, &head) || !search(header, head.count, address, &row)) {
        return false;
    }
    uintptr_t entry = from_head(header, row.entry);
    if (!cst_image_segment(image, entry, 0, &frame) || !read_fde(frame, entry, out_function)) {
        return false;
    }
    return address >= out_function->lo && address < out_function->hi &&
           cst_image_segment(image, address, PF_X, &code) && out_function->lo >= code.lo && out_function->hi <= code.hi;
}
