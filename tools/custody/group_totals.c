/* Totals per program; see group_totals.h. Tables are short (sides are modules), so they are searched linearly. */
#include "group_totals.h"

#include <string.h>

static struct cst_program *find_program(struct cst_groups *groups, const char *name)
{
    for (size_t i = 0; i < groups->program_count; i++) {
        if (strcmp(groups->programs[i].name, name) == 0) {
            return &groups->programs[i];
        }
    }
    groups->programs =
        cst_arena_extend(&groups->arena, groups->programs, groups->program_count, sizeof *groups->programs);
    struct cst_program *program = &groups->programs[groups->program_count++];
    *program = (struct cst_program){.name = name};
    return program;
}

static struct cst_log_side *find_side(struct cst_arena *arena, struct cst_program *program,
                                      const struct cst_log_side *like)
{
    for (size_t i = 0; i < program->side_count; i++) {
        struct cst_log_side *side = &program->sides[i];
        if (strcmp(side->side, like->side) == 0 && strcmp(side->lang, like->lang) == 0) {
            return side;
        }
    }
    program->sides = cst_arena_extend(arena, program->sides, program->side_count, sizeof *program->sides);
    struct cst_log_side *side = &program->sides[program->side_count++];
    *side = (struct cst_log_side){.side = like->side, .lang = like->lang, .module = like->module};
    return side;
}

static void add_side(struct cst_log_side *sum, const struct cst_log_side *side)
{
    sum->allocs += side->allocs;
    sum->frees += side->frees;
    sum->total_bytes += side->total_bytes;
    sum->live_blocks += side->live_blocks;
    sum->live_bytes += side->live_bytes;
    if (side->peak_blocks > sum->peak_blocks) {
        sum->peak_blocks = side->peak_blocks;
    }
    if (side->peak_bytes > sum->peak_bytes) {
        sum->peak_bytes = side->peak_bytes;
    }
}

static bool same_crossing(const struct cst_log_crossing *a, const struct cst_log_crossing *b)
{
    return strcmp(a->from, b->from) == 0 && strcmp(a->from_lang, b->from_lang) == 0 && strcmp(a->to, b->to) == 0 &&
           strcmp(a->to_lang, b->to_lang) == 0 && strcmp(a->contract, b->contract) == 0;
}

static struct cst_log_crossing *find_crossing(struct cst_arena *arena, struct cst_program *program,
                                              const struct cst_log_crossing *like)
{
    for (size_t i = 0; i < program->crossing_count; i++) {
        if (same_crossing(&program->crossings[i], like)) {
            return &program->crossings[i];
        }
    }
    program->crossings =
        cst_arena_extend(arena, program->crossings, program->crossing_count, sizeof *program->crossings);
    struct cst_log_crossing *crossing = &program->crossings[program->crossing_count++];
    *crossing = *like;
    crossing->count = 0;
    crossing->allowed = true;
    return crossing;
}

static void add_inferred(struct cst_groups *groups, const struct cst_log_module *module)
{
    for (size_t i = 0; i < groups->inferred_count; i++) {
        if (strcmp(groups->inferred[i]->path, module->path) == 0) {
            return;
        }
    }
    groups->inferred =
        cst_arena_extend(&groups->arena, groups->inferred, groups->inferred_count, sizeof(struct cst_log_module *));
    groups->inferred[groups->inferred_count++] = module;
}

void cst_group_totals(struct cst_groups *groups, const struct cst_log *log)
{
    for (size_t i = 0; i < log->process_count; i++) {
        const struct cst_log_process *process = log->processes[i];
        struct cst_program *program = find_program(groups, process->program);
        program->processes++;
        program->unfinished += process->end == CST_END_MISSING;
        for (size_t j = 0; j < process->module_count; j++) {
            if (process->modules[j] && process->modules[j]->rust_inferred) {
                add_inferred(groups, process->modules[j]);
            }
        }
        for (size_t j = 0; j < process->side_count; j++) {
            add_side(find_side(&groups->arena, program, &process->sides[j]), &process->sides[j]);
        }
        for (size_t j = 0; j < process->crossing_count; j++) {
            const struct cst_log_crossing *crossing = &process->crossings[j];
            struct cst_log_crossing *sum = find_crossing(&groups->arena, program, crossing);
            sum->count += crossing->count;
            sum->allowed = sum->allowed && crossing->allowed;
        }
    }
}
