/* What is known of one thing, as JSON; see timeline.h. */
#include "json_finding.h"
#include "json_leaks.h"
#include "numbered.h"
#include "timeline.h"

#include <inttypes.h>

static json_t *deed_object(struct cst_json_finding *maker, const struct cst_log_deed *deed)
{
    json_t *object = json_object();
    json_object_set_new(object, "event", cst_json_text(deed->event));
    json_object_set_new(object, "program", cst_json_text(deed->process->program));
    json_object_set_new(object, "pid", json_integer(deed->process->pid));
    json_object_set_new(object, "addr", cst_json_text(deed->address));
    if (deed->has_number) {
        json_object_set_new(object, "number", cst_json_number(deed->number));
    }
    if (deed->has_size) {
        json_object_set_new(object, "size", cst_json_number(deed->size));
    }
    if (deed->type) {
        json_object_set_new(object, "type", cst_json_text(deed->type));
    }
    cst_json_moment(maker, object, deed->process, &deed->moment);
    return object;
}

static json_t *entry_object(struct cst_json_finding *maker, const struct cst_timeline_entry *entry,
                            const struct cst_groups *groups)
{
    if (entry->deed) {
        return deed_object(maker, entry->deed);
    }
    const struct cst_group group = cst_timeline_group(groups, entry->finding);
    json_t *object = cst_json_finding(maker, &group);
    json_object_set_new(object, "event", cst_json_text("finding"));
    return object;
}

static void set_interest(struct cst_json_finding *maker, json_t *document, const struct cst_log_interest *interest)
{
    if (interest->has_address) {
        const char *address = cst_arena_format(&maker->arena, "0x%" PRIx64, interest->address);
        json_object_set_new(document, "block", cst_json_text(address));
    }
    if (interest->has_number) {
        json_object_set_new(document, "handle", cst_json_number(interest->number));
        if (interest->numbered != CST_NUMBERED_ANY) {
            json_object_set_new(document, "of", cst_json_text(cst_numbered_word(interest->numbered)));
        }
    }
}

bool cst_timeline_json(FILE *out, const struct cst_timeline_wish *wish, const struct cst_timeline *timeline,
                       const struct cst_groups *groups, struct cst_symbols *symbols)
{
    struct cst_json_finding maker = {.symbols = symbols};
    json_t *document = json_object(), *names = json_array(), *entries = json_array();
    for (size_t i = 0; i < wish->log_count; i++) {
        json_array_append_new(names, cst_json_text(wish->logs[i]));
    }
    for (size_t i = 0; i < timeline->count; i++) {
        json_array_append_new(entries, entry_object(&maker, &timeline->items[i], groups));
    }
    json_object_set_new(document, "v", json_integer(1));
    json_object_set_new(document, "tool", cst_json_text("custody"));
    json_object_set_new(document, "version", cst_json_text(CUSTODY_VERSION));
    json_object_set_new(document, "logs", names);
    set_interest(&maker, document, wish->interest);
    json_object_set_new(document, "history", entries);
    bool ok = json_dumpf(document, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    cst_arena_free(&maker.arena);
    return ok;
}
