/* Questions that logs answer without interpretation; see audit_log.h. */
#include "audit_log.h"

#include "recorded.h"
#include "seen_stacks.h"

#include <errno.h>
#include <stdlib.h>

const struct cst_log_module *cst_log_module_of(const struct cst_log_process *process, const struct cst_log_frame *frame)
{
    return frame->module < process->module_count ? process->modules[frame->module] : NULL;
}

bool cst_log_any_start(const struct cst_log *log)
{
    for (size_t i = 0; i < log->process_count; i++) {
        if (log->processes[i]->started) {
            return true;
        }
    }
    return false;
}

const struct cst_log_stack *cst_log_stack_at(const struct cst_log_finding *finding, size_t index)
{
    const struct cst_log_stack *own[] = {&finding->alloc, &finding->release, &finding->first_release};
    size_t count = sizeof own / sizeof *own;
    if (index < count) {
        return own[index];
    }
    return index - count < finding->told.history_count ? &finding->told.history[index - count].stack : NULL;
}

const struct cst_log_stack *cst_log_stack_of_origin(const struct cst_log_finding *finding)
{
    bool from_history = finding->alloc.count == 0 && finding->told.history_count > 0;
    return from_history ? &finding->told.history[0].stack : &finding->alloc;
}

bool cst_log_covers(const char *start, uint64_t size, uint64_t address)
{
    char *end = NULL;
    errno = 0;
    uint64_t from = strtoull(start, &end, 16);
    bool is_address = *start && *end == '\0' && errno == 0;
    return is_address && (address == from || (address > from && address - from < size));
}

void cst_log_free(struct cst_log *log)
{
    cst_recorded_free(log->recorded);
    for (size_t i = 0; i < log->process_count; i++) {
        cst_seen_stacks_free(log->processes[i]->seen_stacks);
    }
    cst_arena_free(&log->arena);
    *log = (struct cst_log){0};
}
