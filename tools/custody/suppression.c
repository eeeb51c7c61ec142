/* Applying suppressions; see suppression.h. Frames are resolved only for findings that all else of a line fits. */
#include "suppression.h"

#include "bill.h"
#include "call_list.h"
#include "glob.h"
#include "leak_pattern.h"

#include <string.h>

/* A pass under way. */
struct pass {
    struct cst_arena arena;
    struct cst_symbols *symbols;
};

static bool pattern_fits_call(const char *pattern, const struct cst_listed_call *listed)
{
    const char *function = listed->call ? listed->call->function : NULL;
    const char *file = listed->call ? listed->call->file : NULL;
    return (listed->module && cst_leak_pattern_matches(pattern, listed->module->path)) ||
           (function && cst_leak_pattern_matches(pattern, function)) ||
           (file && cst_leak_pattern_matches(pattern, file));
}

/* LeakSanitizer's rule: module, function or source file of any frame of the allocation. */
static bool pattern_fits(struct pass *pass, const char *pattern, const struct cst_log_finding *finding)
{
    struct cst_call_list list = cst_call_list_make(&pass->arena, pass->symbols, finding->process, &finding->alloc);
    for (size_t i = 0; i < list.count; i++) {
        if (pattern_fits_call(pattern, &list.items[i])) {
            return true;
        }
    }
    return false;
}

/* One call has to be all of function, module and source. */
static bool line_fits_call(const struct cst_suppression *line, const struct cst_listed_call *listed)
{
    const struct cst_call *call = listed->call;
    const struct cst_log_module *module = listed->module;
    return (!line->function || (call && call->function && cst_glob_matches_function(line->function, call->function))) &&
           (!line->source || (call && call->file && cst_glob_matches_path(line->source, call->file))) &&
           (!line->module || (module && cst_glob_matches_path(line->module, module->path)));
}

static bool line_fits_stack(struct pass *pass, const struct cst_suppression *line,
                            const struct cst_log_finding *finding, const struct cst_log_stack *stack)
{
    struct cst_call_list list = cst_call_list_make(&pass->arena, pass->symbols, finding->process, stack);
    for (size_t i = 0; i < list.count; i++) {
        if (line_fits_call(line, &list.items[i])) {
            return true;
        }
    }
    return false;
}

static bool line_fits_stacks(struct pass *pass, const struct cst_suppression *line,
                             const struct cst_log_finding *finding)
{
    const struct cst_log_stack *stack = NULL;
    for (size_t i = 0; (stack = cst_log_stack_at(finding, i)); i++) {
        if (line_fits_stack(pass, line, finding, stack)) {
            return true;
        }
    }
    return false;
}

static bool has_party(const char *glob, bool has, const struct cst_log_party *party)
{
    return has && cst_glob_matches(glob, party->side);
}

static bool side_in_history(const char *glob, const struct cst_log_told *told)
{
    for (size_t i = 0; i < told->history_count; i++) {
        const struct cst_log_moment *moment = &told->history[i];
        if (has_party(glob, true, &moment->by) || has_party(glob, moment->has_to, &moment->to)) {
            return true;
        }
    }
    return false;
}

static bool side_fits(const char *side, const struct cst_log_finding *finding)
{
    return has_party(side, finding->has_owner, &finding->owner) || has_party(side, finding->has_by, &finding->by) ||
           has_party(side, finding->has_holder, &finding->holder) || side_in_history(side, &finding->told);
}

static bool type_fits(const char *type, const struct cst_log_finding *finding)
{
    return finding->told.type && cst_glob_matches(type, finding->told.type);
}

static bool crate_fits(struct pass *pass, const char *crate, const struct cst_log_finding *finding)
{
    return cst_glob_matches(crate, cst_bill_make(&pass->arena, pass->symbols, finding).crate);
}

static bool line_fits(struct pass *pass, const struct cst_suppression *line, const struct cst_log_finding *finding)
{
    bool quick = (!line->kind || strcmp(line->kind, finding->kind) == 0) &&
                 (!line->side || side_fits(line->side, finding)) && (!line->type || type_fits(line->type, finding));
    if (!quick || (line->crate && !crate_fits(pass, line->crate, finding))) {
        return false;
    }
    bool any_call = !line->function && !line->module && !line->source;
    return any_call || line_fits_stacks(pass, line, finding);
}

static bool fits(struct pass *pass, const struct cst_suppression *suppression, const struct cst_group *group)
{
    if (suppression->pattern) {
        return cst_group_is_leak(group) && pattern_fits(pass, suppression->pattern, group->first);
    }
    return line_fits(pass, suppression, group->first);
}

static struct cst_suppression *find_first(struct pass *pass, const struct cst_suppressions *suppressions,
                                          const struct cst_group *group)
{
    struct cst_suppression *found = NULL;
    for (size_t i = 0; i < suppressions->count && !found; i++) {
        if (fits(pass, &suppressions->items[i], group)) {
            found = &suppressions->items[i];
        }
    }
    return found;
}

bool cst_suppression_is_exceeded(const struct cst_suppression *suppression)
{
    return suppression->has_max && suppression->times > suppression->max;
}

static void take(struct cst_suppression *suppression, struct cst_group *group)
{
    group->suppressed_by = suppression;
    suppression->findings++;
    suppression->times += cst_group_is_leak(group) ? group->leak_blocks : group->count;
    suppression->leak_blocks += group->leak_blocks;
    suppression->leak_bytes += group->leak_bytes;
}

void cst_suppressions_apply(struct cst_suppressions *suppressions, struct cst_groups *groups,
                            struct cst_symbols *symbols)
{
    for (size_t i = 0; i < groups->count && suppressions->count > 0; i++) {
        struct pass pass = {.symbols = symbols};
        struct cst_suppression *suppression = find_first(&pass, suppressions, &groups->items[i]);
        if (suppression) {
            take(suppression, &groups->items[i]);
        }
        cst_arena_free(&pass.arena);
    }
    for (size_t i = 0; i < groups->count; i++) {
        const struct cst_suppression *suppression = groups->items[i].suppressed_by;
        if (suppression && cst_suppression_is_exceeded(suppression)) {
            groups->items[i].suppressed_by = NULL;
        }
    }
}

void cst_suppressions_free(struct cst_suppressions *suppressions)
{
    cst_arena_free(&suppressions->arena);
    *suppressions = (struct cst_suppressions){0};
}
