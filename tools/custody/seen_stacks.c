/* Different stacks; see seen_stacks.h. A stack is known by its text in the log. */
#include "seen_stacks.h"

#include "event_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

struct seen {
    const char *text;
    struct cst_log_stack stack;
    UT_hash_handle hh;
};

struct cst_seen_stacks {
    struct seen *all; /* by text; uthash keeps the order in which they came */
};

static void add(struct cst_log *log, struct cst_seen_stacks *stacks, const char *text, const json_t *array)
{
    struct seen *seen = NULL;
    HASH_FIND_STR(stacks->all, text, seen);
    if (!seen) {
        seen = cst_arena_alloc(&log->arena, sizeof *seen);
        seen->text = cst_arena_copy(&log->arena, text);
        seen->stack = cst_event_stack(log, array);
        HASH_ADD_KEYPTR(hh, stacks->all, seen->text, strlen(seen->text), seen);
    }
}

void cst_seen_stacks_add(struct cst_log *log, struct cst_log_process *process, const json_t *array)
{
    char *text = json_array_size(array) > 0 ? json_dumps(array, JSON_COMPACT) : NULL;
    if (!text) {
        return;
    }
    if (!process->seen_stacks) {
        process->seen_stacks = cst_arena_alloc(&log->arena, sizeof *process->seen_stacks);
    }
    add(log, process->seen_stacks, text, array);
    free(text);
}

void cst_seen_stacks_visit(const struct cst_seen_stacks *stacks,
                           void (*visit)(void *context, const struct cst_log_stack *stack), void *context)
{
    for (const struct seen *seen = stacks ? stacks->all : NULL; seen; seen = seen->hh.next) {
        visit(context, &seen->stack);
    }
}

void cst_seen_stacks_free(struct cst_seen_stacks *stacks)
{
    if (stacks) {
        HASH_CLEAR(hh, stacks->all);
    }
}
