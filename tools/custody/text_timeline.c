/* What is known of one thing, as text; see timeline.h. */
#include "deed.h"
#include "headline.h"
#include "numbered.h"
#include "paint.h"
#include "source_text.h"
#include "text_finding.h"
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "ledger made by libledger.so (c), 40 bytes, handle 7 at 0x7d00e7008000" */
static const char *deed_title(struct cst_arena *arena, const struct cst_log_deed *deed)
{
    const char *title = cst_arena_format(arena, "%s%s%s", deed->type ? deed->type : "", deed->type ? " " : "",
                                         cst_deed_words(arena, &deed->moment));
    if (deed->has_size) {
        title = cst_arena_format(arena, "%s, %s", title, cst_headline_count(arena, deed->size, "byte"));
    }
    if (deed->has_number) {
        title = cst_arena_format(arena, "%s, %s %" PRIu64, title,
                                 cst_numbered_word(cst_numbered_deed(deed->event, deed->moment.deed)), deed->number);
    }
    return *deed->address ? cst_arena_format(arena, "%s at %s", title, deed->address) : title;
}

static bool has_deeds(const struct cst_timeline *timeline, const struct cst_log_process *process)
{
    for (size_t i = 0; i < timeline->count; i++) {
        if (timeline->items[i].deed && timeline->items[i].deed->process == process) {
            return true;
        }
    }
    return false;
}

static bool is_first_of_process(const struct cst_timeline *timeline, size_t index)
{
    const struct cst_log_process *process = cst_timeline_process(&timeline->items[index]);
    for (size_t i = 0; i < index; i++) {
        if (cst_timeline_process(&timeline->items[i]) == process) {
            return false;
        }
    }
    return true;
}

/* A finding stands by itself: it ends with an empty line, and one is in front of it. */
static void print_entry(struct cst_text_finding *printer, const struct cst_timeline_entry *entry, bool behind_deed,
                        const struct cst_groups *groups)
{
    if (entry->deed) {
        cst_text_finding_moment(printer, entry->deed->process, &entry->deed->moment,
                                deed_title(&printer->arena, entry->deed));
        return;
    }
    if (behind_deed) {
        fputc('\n', printer->stacks->canvas->file);
    }
    const struct cst_group group = cst_timeline_group(groups, entry->finding);
    cst_text_finding_print(printer, &group);
}

static void print_process(struct cst_text_finding *printer, const struct cst_timeline *timeline, size_t first,
                          const struct cst_groups *groups)
{
    const struct cst_log_process *process = cst_timeline_process(&timeline->items[first]);
    const char *title = cst_arena_format(&printer->arena, "%s, pid %" PRId64 ":", process->program, process->pid);
    cst_paint(printer->stacks->canvas, CST_PAINT_BOLD, title);
    fputc('\n', printer->stacks->canvas->file);
    /* Where there are deeds, they tell the history themselves. */
    printer->without_history = has_deeds(timeline, process);
    bool behind_deed = false;
    for (size_t i = first; i < timeline->count; i++) {
        if (cst_timeline_process(&timeline->items[i]) == process) {
            print_entry(printer, &timeline->items[i], behind_deed, groups);
            behind_deed = timeline->items[i].deed != NULL;
        }
    }
    if (behind_deed) {
        fputc('\n', printer->stacks->canvas->file);
    }
}

void cst_timeline_text(FILE *out, bool colour, const struct cst_timeline_wish *wish,
                       const struct cst_timeline *timeline, const struct cst_groups *groups,
                       struct cst_symbols *symbols)
{
    char *directory = getcwd(NULL, 0);
    const struct cst_canvas canvas = {.file = out, .colour = colour};
    struct cst_text_stack stacks = {.canvas = &canvas,
                                    .symbols = symbols,
                                    .sources = cst_source_texts_new(),
                                    .directory = directory ? directory : "",
                                    .all_calls = wish->all_calls};
    struct cst_text_finding printer = {.stacks = &stacks, .policies = &groups->policies};
    for (size_t i = 0; i < timeline->count; i++) {
        if (is_first_of_process(timeline, i)) {
            print_process(&printer, timeline, i, groups);
        }
    }
    fprintf(out, "%s, %s\n", cst_headline_count(&printer.arena, timeline->deeds, "call"),
            cst_headline_count(&printer.arena, timeline->count - timeline->deeds, "finding"));
    cst_source_texts_free(stacks.sources);
    cst_arena_free(&printer.arena);
    free(directory);
}
