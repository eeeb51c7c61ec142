/* Function bounds from .eh_frame; see the header. */
#include "site/fde.h"

#include "site/eh_bytes.h"

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

static bool take_sized(struct cst_eh_bytes *bytes, uint8_t encoding, uint64_t *out_value)
{
    size_t size = format_size(encoding);
    *out_value = 0;
    if (size == 0 || !cst_eh_take(bytes, out_value, size)) {
        return false;
    }
    if ((encoding & PE_FORMAT_MASK) == PE_SDATA4) {
        *out_value = (uint64_t)(int64_t)(int32_t)(uint32_t)*out_value;
    }
    return true;
}

/* A function's address: absolute, or relative to where it is written. */
static bool take_address(struct cst_eh_bytes *bytes, uint8_t encoding, uintptr_t *out_address)
{
    uintptr_t here = bytes->at;
    uint8_t application = encoding & 0xf0;
    if ((application != 0 && application != PE_PCREL) || !take_sized(bytes, encoding, out_address)) {
        return false;
    }
    *out_address += application == PE_PCREL ? here : 0;
    return true;
}

/* Opens the record (CIE or FDE) at `address`, which must lie in `frame`: a bytes over what follows its length. */
static bool open_record(struct cst_range frame, uintptr_t address, struct cst_eh_bytes *out_record)
{
    uint32_t length;
    struct cst_eh_bytes bytes = {address, frame.hi};
    if (address < frame.lo || address >= frame.hi || !cst_eh_take(&bytes, &length, sizeof length)) {
        return false;
    }
    if (length == 0 || length == UINT32_MAX || length > bytes.end - bytes.at) {
        return false;
    }
    *out_record = (struct cst_eh_bytes){bytes.at, bytes.at + length};
    return true;
}

/* What a CIE says of its FDEs. */
struct common {
    uint8_t encoding; /* of addresses */
    bool augmented;   /* FDEs have augmentation data too */
    struct cst_fde fde;
};

static bool skip_personality(struct cst_eh_bytes *bytes)
{
    uint8_t encoding;
    uint64_t ignored;
    return cst_eh_take(bytes, &encoding, 1) && take_sized(bytes, encoding, &ignored);
}

/* Reads the augmentation data that `letters` describes. */
static bool read_letters(struct cst_eh_bytes *bytes, const char *letters, struct common *common)
{
    bool good = true;
    for (; good && *letters; letters++) {
        switch (*letters) {
        case 'R':
            good = cst_eh_take(bytes, &common->encoding, 1);
            break;
        case 'L':
            common->fde.has_pads = true;
            good = cst_eh_skip(bytes, 1);
            break;
        case 'P':
            good = skip_personality(bytes);
            break;
        case 'S':
            common->fde.signal_frame = true;
            break;
        case 'B':
            break;
        default:
            return false;
        }
    }
    return good;
}

/* Opens augmentation data, which begins with its length: bytes of that length, and what follows remains. */
static bool take_augmentation(struct cst_eh_bytes *bytes, struct cst_eh_bytes *out_data)
{
    uint64_t size;
    if (!cst_eh_take_unsigned(bytes, &size)) {
        return false;
    }
    *out_data = (struct cst_eh_bytes){bytes->at, bytes->at + size};
    return cst_eh_skip(bytes, size);
}

static bool take_text(struct cst_eh_bytes *bytes, const char **out_text)
{
    *out_text = (const char *)bytes->at;
    size_t length = strnlen(*out_text, bytes->end - bytes->at);
    return cst_eh_skip(bytes, length + 1);
}

static bool take_factors(struct cst_eh_bytes *bytes, uint8_t version, struct cst_fde *fde)
{
    uint64_t return_column;
    return cst_eh_take_unsigned(bytes, &fde->code_factor) && cst_eh_take_signed(bytes, &fde->data_factor) &&
           (version == 1 ? cst_eh_skip(bytes, 1) : cst_eh_take_unsigned(bytes, &return_column));
}

static bool read_cie(struct cst_eh_bytes bytes, struct common *out_common)
{
    uint32_t id;
    uint8_t version;
    const char *letters;
    struct cst_eh_bytes data;
    *out_common = (struct common){.encoding = PE_ABSPTR};
    if (!cst_eh_take(&bytes, &id, sizeof id) || id != 0 || !cst_eh_take(&bytes, &version, 1) ||
        (version != 1 && version != 3) || !take_text(&bytes, &letters) ||
        !take_factors(&bytes, version, &out_common->fde)) {
        return false;
    }
    out_common->augmented = letters[0] == 'z';
    if (out_common->augmented && (!take_augmentation(&bytes, &data) || !read_letters(&data, letters + 1, out_common))) {
        return false;
    }
    out_common->fde.common = (struct cst_range){bytes.at, bytes.end};
    return out_common->augmented || letters[0] == '\0';
}

static bool read_fde(struct cst_range frame, uintptr_t address, struct cst_fde *out_fde)
{
    struct cst_eh_bytes fde, cie, data;
    struct common common;
    uint32_t cie_distance;
    if (!open_record(frame, address, &fde)) {
        return false;
    }
    uintptr_t cie_field = fde.at;
    if (!cst_eh_take(&fde, &cie_distance, sizeof cie_distance) || cie_distance == 0 ||
        !open_record(frame, cie_field - cie_distance, &cie) || !read_cie(cie, &common)) {
        return false;
    }
    *out_fde = common.fde;
    uint64_t size;
    if (!take_address(&fde, common.encoding, &out_fde->function.lo) || !take_sized(&fde, common.encoding, &size) ||
        (common.augmented && !take_augmentation(&fde, &data))) {
        return false;
    }
    out_fde->function.hi = out_fde->function.lo + size;
    out_fde->instructions = (struct cst_range){fde.at, fde.end};
    return true;
}

static bool open_table(const struct cst_image *image, struct cst_range *out_header, struct table_head *out_head)
{
    if (!cst_image_part(image, PT_GNU_EH_FRAME, out_header)) {
        return false;
    }
    struct cst_eh_bytes bytes = {out_header->lo, out_header->hi};
    return cst_eh_take(&bytes, out_head, sizeof *out_head) && out_head->version == 1 &&
           out_head->frame_encoding == (PE_PCREL | PE_SDATA4) && out_head->count_encoding == PE_UDATA4 &&
           out_head->table_encoding == (PE_DATAREL | PE_SDATA4) &&
           out_head->count <= (bytes.end - bytes.at) / sizeof(struct table_row);
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

bool cst_fde_read(const struct cst_image *image, uintptr_t address, struct cst_fde *out_fde)
{
    struct cst_range header, frame, code;
    struct table_head head;
    struct table_row row;
    if (!open_table(image, &header, &head) || !search(header, head.count, address, &row)) {
        return false;
    }
    uintptr_t entry = from_head(header, row.entry);
    if (!cst_image_segment(image, entry, 0, &frame) || !read_fde(frame, entry, out_fde)) {
        return false;
    }
    const struct cst_range *function = &out_fde->function;
    return address >= function->lo && address < function->hi && cst_image_segment(image, address, PF_X, &code) &&
           function->lo >= code.lo && function->hi <= code.hi;
}

/* Call frame instructions (DWARF 5, section 6.4.2) that say nothing about the place where they stand: none, and those that
 * go on to another. */
bool cst_fde_is_part(const struct cst_fde *fde)
{
    const uint8_t *at = (const uint8_t *)fde->instructions.lo, *end = (const uint8_t *)fde->instructions.hi;
    while (at < end && *at == 0x00) {
        at++;
    }
    return at < end && *at >> 6 != 1 && !(*at >= 0x01 && *at <= 0x04);
}

bool cst_fde_find(const struct cst_image *image, uintptr_t address, struct cst_range *out_function)
{
    struct cst_fde fde;
    if (!cst_fde_read(image, address, &fde)) {
        return false;
    }
    *out_function = fde.function;
    return true;
}

bool cst_fde_list_open(const struct cst_image *image, struct cst_fde_list *out_list)
{
    struct table_head head;
    bool opened = open_table(image, &out_list->header, &head);
    out_list->count = opened ? head.count : 0;
    return opened;
}

uintptr_t cst_fde_list_start(const struct cst_fde_list *list, size_t index)
{
    return from_head(list->header, row_at(list->header, index).function);
}
