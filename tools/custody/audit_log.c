/* Questions that logs answer without interpretation; see audit_log.h. */
#include "audit_log.h"

#include "recorded.h"

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

void cst_log_free(struct cst_log *log)
{
    cst_recorded_free(log->recorded);
    cst_arena_free(&log->arena);
    *log = (struct cst_log){0};
}
