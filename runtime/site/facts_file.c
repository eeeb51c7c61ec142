/* A file of facts: see facts_file.h. The header is checked field by field. The checksum covers all of the file, so that no
 * row needs a look before it is used. */
#include "site/facts_file.h"

#include "base/text.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <errno.h>
#include <string.h>

void cst_facts_key(const struct cst_module *module, uint64_t module_size, char out_key[CST_FACTS_KEY_SIZE])
{
    struct cst_text text;
    cst_text_init(&text, out_key, CST_FACTS_KEY_SIZE, 0);
    for (size_t i = 0; i < module->build_id_size && i < sizeof module->build_id; i++) {
        cst_text_hex(&text, module->build_id[i], 2);
    }
    if (module->build_id_size == 0) {
        cst_text_format(&text, "x%016lx%016lx", (unsigned long)module->fingerprint, (unsigned long)module_size);
    }
}

static bool is_whole(const struct custody_facts_header *header, const custody_facts_row *rows, size_t size)
{
    if (header->row_count > CUSTODY_FACTS_ROWS_MAX ||
        size != sizeof *header + (size_t)header->row_count * sizeof(custody_facts_row)) {
        return false;
    }
    return header->build_id_size <= CUSTODY_FACTS_BUILD_ID_MAX && header->source <= CUSTODY_FACTS_DEBUG_INFO &&
           header->checksum == custody_facts_checksum(header, rows);
}

/* With a build-id, the size may be that of the file before it was stripped. */
static bool is_about(const struct custody_facts_header *header, const struct cst_module *module, uint64_t module_size)
{
    bool same = header->fingerprint == module->fingerprint && header->build_id_size == module->build_id_size;
    if (module->build_id_size == 0) {
        return same && header->module_size == module_size;
    }
    return same && memcmp(header->build_id, module->build_id, module->build_id_size) == 0;
}

enum cst_facts_state cst_facts_judge(const void *bytes, size_t size, const struct cst_module *module,
                                     uint64_t module_size, struct cst_facts *out_facts)
{
    struct custody_facts_header header;
    if (size < sizeof header) {
        return CST_FACTS_DAMAGED;
    }
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, CUSTODY_FACTS_MAGIC, sizeof header.magic) != 0) {
        return CST_FACTS_DAMAGED;
    }
    if (header.version != CUSTODY_FACTS_VERSION) {
        return CST_FACTS_OTHER;
    }
    const custody_facts_row *rows = (const void *)((const char *)bytes + sizeof header);
    if (!is_whole(&header, rows, size)) {
        return CST_FACTS_DAMAGED;
    }
    if (header.row_count != 0 && (rows[header.row_count - 1] & 0xffff) != 0) {
        return CST_FACTS_DAMAGED; /* the last row ends what the others say */
    }
    *out_facts = (struct cst_facts){.rows = rows, .count = header.row_count, .traits = header.traits};
    return is_about(&header, module, module_size) ? CST_FACTS_GOOD : CST_FACTS_OTHER;
}

enum cst_facts_state cst_facts_read(const char *path, const struct cst_module *module, uint64_t module_size,
                                    struct cst_facts *out_facts)
{
    const void *bytes = NULL;
    size_t size = 0;
    int result = cst_sys_map_trusted_file(path, CST_FACTS_FILE_MAX, &bytes, &size);
    if (result != 0) {
        bool impossible = result == -ENODATA || result == -EFBIG;
        return result == -EPERM ? CST_FACTS_ALIEN : impossible ? CST_FACTS_DAMAGED : CST_FACTS_ABSENT;
    }
    enum cst_facts_state state = cst_facts_judge(bytes, size, module, module_size, out_facts);
    if (state == CST_FACTS_GOOD) {
        cst_own_note(bytes, size);
    } else {
        cst_sys_unmap((void *)(uintptr_t)bytes, size);
    }
    return state;
}
