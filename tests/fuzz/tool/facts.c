/* Any bytes as a program of which facts are wanted, for libFuzzer: the reading of a file ends, touches nothing that is
 * not its own, and what comes of it is what a facts file may hold. `make fuzz` runs it for a while, on mutations of
 * programs with debug information. */
#include "facts_module.h"

#include "custody/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[40];
    int fd = memfd_create("module", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_module(path);
    close(fd);
    return 0;
}
