/* Any bytes as a program of which facts are wanted: the reading of a file ends, touches nothing that is not its own, and
 * what comes of it is what a facts file may hold. */
#include "../fuzz.h"

#include "facts_module.h"

#include "custody/words.h"

static void check_rows(const struct cst_facts_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        require(i == 0 || custody_facts_row_address(rows->items[i - 1]) < custody_facts_row_address(rows->items[i]));
        require(custody_facts_row_lang(rows->items[i]) < CUSTODY_LANG_COUNT);
    }
    require(rows->count == 0 || (rows->items[rows->count - 1] & 0xffff) == 0);
}

static void read_module(const char *path)
{
    struct cst_facts_module module;
    if (!cst_facts_module_open(path, &module)) {
        require(module.trouble != NULL);
        return;
    }
    struct cst_arena arena = {0};
    struct cst_facts_rows rows = cst_facts_module_read(&arena, &module);
    check_rows(&rows);
    cst_arena_free(&arena);
    cst_facts_module_close(&module);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct file file = file_open(bytes, size);
    read_module(file.path);
    file_close(&file);
    return 0;
}
