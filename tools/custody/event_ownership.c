/* Deeds from JSON; see event_ownership.h. */
#include "event_ownership.h"

#include "event_parts.h"
#include "field.h"
#include "numbered.h"
#include "seen_stacks.h"

#include <string.h>

bool cst_event_is_ownership(const char *name)
{
    static const char *const names[] = {"handle", "transfer", "lend", "lease"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Decided before anything is copied. */
static bool is_of_interest(const struct cst_log_interest *interest, const char *name, const json_t *event)
{
    uint64_t number = 0;
    bool has_number = cst_field_number(event, "number", &number);
    return (has_number &&
            cst_numbered_is(interest, cst_numbered_deed(name, cst_field_text(event, "deed", "")), number)) ||
           (interest->has_address &&
            cst_log_covers(cst_field_text(event, "addr", ""), cst_field_count(event, "size"), interest->address));
}

void cst_event_ownership(struct cst_log *log, struct cst_log_process *process, const char *name, const json_t *event)
{
    log->has_ownership = true;
    if (log->interest.stacks) {
        cst_seen_stacks_add(log, process, json_object_get(event, "stack"));
    }
    if (!is_of_interest(&log->interest, name, event)) {
        return;
    }
    struct cst_log_deed *deed = cst_arena_alloc(&log->arena, sizeof *deed);
    deed->process = process;
    deed->event = cst_arena_copy(&log->arena, name);
    deed->moment = cst_event_moment(log, event);
    deed->has_number = cst_field_number(event, "number", &deed->number);
    deed->address = cst_event_text(log, event, "addr", "");
    deed->has_size = cst_field_number(event, "size", &deed->size);
    deed->type = cst_event_text(log, event, "type", NULL);
    deed->line = log->lines;
    log->deeds = cst_arena_extend(&log->arena, log->deeds, log->deed_count, sizeof deed);
    log->deeds[log->deed_count++] = deed;
}
