/* Reader of /proc/self/maps, a line at a time; the contract stands in the header. */
#include "base/maps.h"

#include "base/lines.h"

#include <string.h>

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_permissions(const char **at, struct cst_mapping *mapping)
{
    if (strlen(*at) < 4) {
        return false;
    }
    mapping->readable = (*at)[0] == 'r';
    mapping->writable = (*at)[1] == 'w';
    mapping->executable = (*at)[2] == 'x';
    mapping->shared = (*at)[3] == 's';
    *at += 4;
    return true;
}

/* "lo-hi perms offset major:minor inode   name", numbers but the inode in hexadecimal. */
static bool parse_line(const char *line, struct cst_mapping *out_mapping)
{
    struct cst_mapping mapping = {0};
    uint64_t lo;
    uint64_t hi;
    uint64_t device;
    bool good = cst_lines_number(&line, 16, &lo) && take_char(&line, '-') && cst_lines_number(&line, 16, &hi) &&
                take_char(&line, ' ') && take_permissions(&line, &mapping) && take_char(&line, ' ') &&
                cst_lines_number(&line, 16, &mapping.offset) && take_char(&line, ' ') &&
                cst_lines_number(&line, 16, &device) && take_char(&line, ':') && cst_lines_number(&line, 16, &device) &&
                take_char(&line, ' ') && cst_lines_number(&line, 10, &mapping.inode);
    if (!good) {
        return false;
    }
    mapping.lo = lo;
    mapping.hi = hi;
    mapping.name = line + strspn(line, " ");
    *out_mapping = mapping;
    return true;
}

bool cst_maps_each_in(const char *path, cst_maps_visitor *visit, void *context)
{
    struct cst_lines lines;
    if (!cst_lines_open(&lines, path)) {
        return false;
    }
    char *line;
    struct cst_mapping mapping;
    while ((line = cst_lines_next(&lines)) != NULL) {
        if (parse_line(line, &mapping) && !visit(&mapping, context)) {
            break;
        }
    }
    cst_lines_close(&lines);
    return true;
}

bool cst_maps_each(cst_maps_visitor *visit, void *context)
{
    return cst_maps_each_in("/proc/thread-self/maps", visit, context);
}
