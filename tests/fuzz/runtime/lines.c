/* Any bytes as what the kernel tells in /proc: lists of mappings, and lines of any length. */
#include "../fuzz.h"

#include "base/lines.h"
#include "base/maps.h"

struct seen {
    size_t mappings, most;
};

static bool look(const struct cst_mapping *mapping, void *context)
{
    struct seen *seen = context;
    use(strlen(mapping->name) + mapping->lo + mapping->hi + mapping->offset + mapping->inode);
    require(strlen(mapping->name) < CST_LINES_WINDOW);
    return ++seen->mappings < seen->most;
}

static size_t count_lines(const char *path)
{
    struct cst_lines lines;
    size_t count = 0;
    require(cst_lines_open(&lines, path));
    for (const char *line; (line = cst_lines_next(&lines)) != NULL; count++) {
        uint64_t number;
        require(strlen(line) <= CST_LINES_WINDOW);
        use(cst_lines_number(&line, 10, &number));
        use(cst_lines_number(&line, 16, &number));
    }
    cst_lines_close(&lines);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct file file = file_open(bytes, size);
    size_t newlines = 0;
    for (size_t i = 0; i < size; i++)
        newlines += bytes[i] == '\n';
    require(count_lines(file.path) <= newlines + 1);
    struct seen all = {.most = SIZE_MAX}, one = {.most = 1};
    require(cst_maps_each_in(file.path, look, &all) && cst_maps_each_in(file.path, look, &one));
    require(all.mappings <= newlines + 1 && one.mappings <= 1);
    file_close(&file);
    return 0;
}
