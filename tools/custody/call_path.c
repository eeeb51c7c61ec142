/* Stacks as weighed paths; see call_path.h. */
#include "call_path.h"

#include "call_list.h"

#include <stdlib.h>
#include <string.h>

int cst_path_step_compare(const struct cst_path_step *a, const struct cst_path_step *b)
{
    int order = strcmp(a->name, b->name);
    if (order == 0) {
        order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    }
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static int by_steps(const void *left, const void *right)
{
    const struct cst_call_path *a = left;
    const struct cst_call_path *b = right;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = cst_path_step_compare(&a->steps[i], &b->steps[i]);
        if (order != 0) {
            return order;
        }
    }
    return (a->count > b->count) - (a->count < b->count);
}

static void add_step(struct cst_arena *arena, struct cst_call_path *path, struct cst_path_step step)
{
    path->steps = cst_arena_extend(arena, path->steps, path->count, sizeof *path->steps);
    path->steps[path->count++] = step;
}

/* Adds the calls [first, end) of a list from the outermost on; machinery as one step a run unless `all`. */
static void add_calls(struct cst_arena *arena, struct cst_call_path *path, const struct cst_call_list *list,
                      size_t first, size_t end, bool all)
{
    enum cst_library run = CST_LIBRARY_NONE;
    for (size_t i = end; i > first; i--) {
        const struct cst_listed_call *call = &list->items[i - 1];
        if (!all && call->library != CST_LIBRARY_NONE) {
            run = cst_origin_join(run, call->library);
            continue;
        }
        if (run != CST_LIBRARY_NONE) {
            add_step(arena, path,
                     (struct cst_path_step){.name = cst_arena_format(arena, "(%s)", cst_origin_library_name(run))});
            run = CST_LIBRARY_NONE;
        }
        add_step(arena, path, (struct cst_path_step){.name = cst_call_list_name(arena, call)});
    }
}

/* Adds where the innermost call stood, when that is known. */
static void add_place(struct cst_arena *arena, struct cst_call_path *path, const struct cst_call *call)
{
    if (call && call->file && call->line > 0) {
        add_step(arena, path, (struct cst_path_step){.name = "", .file = call->file, .line = call->line});
    }
}

/* Takes steps out of the middle of a path that is too long. */
static void shorten(struct cst_arena *arena, struct cst_call_path *path)
{
    if (path->count <= CST_PATH_STEPS) {
        return;
    }
    size_t half = CST_PATH_STEPS / 2;
    size_t left_out = path->count - 2 * half + 1;
    path->steps[half - 1] = (struct cst_path_step){.name = cst_arena_format(arena, "(%zu calls left out)", left_out)};
    memmove(&path->steps[half], &path->steps[path->count - half], half * sizeof *path->steps);
    path->count = 2 * half;
}

static struct cst_call_path make_path(struct cst_arena *arena, struct cst_symbols *symbols,
                                      const struct cst_group *group, enum cst_path_form form)
{
    const struct cst_log_finding *finding = group->first;
    struct cst_call_path path = {.blocks = group->leak_blocks, .bytes = group->leak_bytes};
    struct cst_arena scratch = {0};
    struct cst_call_list list = cst_call_list_make(&scratch, symbols, finding->process, &finding->alloc);
    size_t first = 0, end = list.count;
    bool all = form != CST_PATH_OWN || cst_call_list_is_machinery(&list);
    while (!all && list.items[first].library != CST_LIBRARY_NONE) {
        first++;
    }
    while (!all && list.items[end - 1].library != CST_LIBRARY_NONE) {
        end--;
    }
    add_calls(arena, &path, &list, first, end, all);
    if (form != CST_PATH_NAMES && end > first) {
        add_place(arena, &path, list.items[first].call);
    }
    if (path.count == 0) {
        add_step(arena, &path, (struct cst_path_step){.name = "(no stack)"});
    }
    shorten(arena, &path);
    cst_arena_free(&scratch);
    return path;
}

/* Makes one of equal neighbours. */
static void merge(struct cst_call_paths *paths)
{
    size_t kept = 0;
    for (size_t i = 0; i < paths->count; i++) {
        struct cst_call_path *path = &paths->items[i];
        if (kept > 0 && by_steps(&paths->items[kept - 1], path) == 0) {
            paths->items[kept - 1].blocks += path->blocks;
            paths->items[kept - 1].bytes += path->bytes;
        } else {
            paths->items[kept++] = *path;
        }
    }
    paths->count = kept;
}

struct cst_call_paths cst_call_paths_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                          const struct cst_group *const *groups, size_t count, enum cst_path_form form)
{
    struct cst_call_paths paths = {.count = count};
    if (count == 0) {
        return paths;
    }
    paths.items = cst_arena_alloc(arena, count * sizeof *paths.items);
    for (size_t i = 0; i < count; i++) {
        paths.items[i] = make_path(arena, symbols, groups[i], form);
    }
    qsort(paths.items, count, sizeof *paths.items, by_steps);
    merge(&paths);
    return paths;
}
