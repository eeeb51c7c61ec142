/* An address in words: see print.h. */
#include "entry/print.h"

#include "audit/say.h"
#include "audit/trace.h"
#include "core/side.h"
#include "entry/ownership.h"
#include "entry/thread.h"

/* Lines that are printed at most: a stack, a history, and some words. */
#define PRINT_SIZE 12000

static void write_party(struct cst_text *text, const char *name, enum custody_lang lang)
{
    cst_text_printable(text, name);
    if (lang != CUSTODY_LANG_NONE)
        cst_text_format(text, " (%s)", custody_lang_name(lang));
}

static void write_place(struct cst_text *text, const struct cst_portrait *portrait)
{
    static const char *const words[] = {
        [CST_PLACE_NONE] = "not known",
        [CST_PLACE_STACK] = "on a stack",
        [CST_PLACE_STATIC] = "code or static data",
        [CST_PLACE_MAPPING] = "in a mapping",
        [CST_PLACE_HEAP] = "in Custody's heap, where no block is",
        [CST_PLACE_FOREIGN] = "memory of an allocator that Custody does not see, perhaps",
        [CST_PLACE_WILD] = "not mapped",
    };
    cst_text_string(text, words[portrait->place]);
    if (portrait->place_name[0]) {
        cst_text_string(text, ": ");
        cst_text_printable(text, portrait->place_name);
    }
    cst_text_char(text, '\n');
}

static void write_block(struct cst_text *text, uintptr_t address, const struct cst_portrait *portrait)
{
    const struct cst_tag *tag = &portrait->tag;
    const struct cst_side *side = cst_side_get(cst_tag_side(tag));
    size_t size = cst_tag_size(tag), offset = address - portrait->start;
    if (offset > 0)
        cst_text_format(text, "%zu bytes into ", offset);
    cst_text_format(text, "a %s block of %zu bytes at 0x%lx, aligned to %zu\n",
                    cst_tag_state(tag) == CST_STATE_LIVE ? "live" : "released", size, portrait->start,
                    cst_tag_align(tag));
    cst_text_string(text, "custody:   owned by ");
    write_party(text, side->name, side->lang);
    cst_text_format(text, " under the contract %s\n", custody_contract_name(cst_tag_contract(tag)));
}

static void write_told(struct cst_text *text, uintptr_t address, uintptr_t start)
{
    struct cst_ownership_facts known = cst_ownership_of(address, start);
    if (known.type) {
        cst_text_string(text, "custody:   an object of the type ");
        cst_text_printable(text, known.type);
        cst_text_char(text, '\n');
    }
    if (known.loans > 0)
        cst_text_format(text, "custody:   %zu %s out\n", known.loans, known.loans == 1 ? "loan is" : "loans are");
}

static void write_moment(struct cst_text *text, const struct cst_moment *moment)
{
    struct cst_trace trace;
    cst_trace_load(moment->stack, &trace);
    cst_text_format(text, "custody:   %s by ", custody_deed_name(moment->deed));
    write_party(text, moment->by.side, moment->by.lang);
    if (moment->has_to) {
        cst_text_string(text, " to ");
        write_party(text, moment->to.side, moment->to.lang);
    }
    cst_text_string(text, " at ");
    cst_trace_write_innermost(text, &trace);
    cst_text_string(text, moment->thread[0] ? " in thread " : "");
    cst_text_printable(text, moment->thread);
    cst_text_char(text, '\n');
}

static void write_history(struct cst_text *text, uintptr_t start)
{
    struct cst_history_copy history;
    cst_ownership_history(start, &history);
    for (size_t i = 0; i < history.count; i++)
        write_moment(text, &history.moments[i]);
    if (history.left_out > 0)
        cst_text_format(text, "custody:   and %zu more that are not kept\n", history.left_out);
}

static void write_stack(struct cst_text *text, const char *what, uint32_t stack)
{
    struct cst_trace trace;
    cst_trace_load(stack, &trace);
    for (size_t i = 0; i < trace.count; i++) {
        cst_text_string(text, i == 0 ? "custody:   " : "custody:     called from ");
        cst_text_string(text, i == 0 ? what : "");
        cst_trace_write_frame(text, &trace.frames[i]);
        cst_text_char(text, '\n');
    }
}

static void begin(struct cst_text *text, char bytes[PRINT_SIZE], uintptr_t address)
{
    cst_text_init(text, bytes, PRINT_SIZE, 1);
    cst_text_format(text, "custody: 0x%lx: ", address);
}

/* `asks`: whether what the program told may be asked for. */
static void write_all(struct cst_text *text, uintptr_t address, const struct cst_portrait *portrait, bool asks)
{
    if (!portrait->has_block) {
        write_place(text, portrait);
        if (asks) {
            write_told(text, address, 0);
            write_history(text, address);
        }
        return;
    }
    bool is_live = cst_tag_state(&portrait->tag) == CST_STATE_LIVE;
    write_block(text, address, portrait);
    if (asks)
        write_told(text, address, portrait->start);
    write_stack(text, "allocated at ", cst_tag_alloc_stack(&portrait->tag));
    if (asks)
        write_history(text, portrait->start);
    if (!is_live)
        write_stack(text, "released at ", cst_tag_release_stack(&portrait->tag));
}

void cst_print_portrait(uintptr_t address, const struct cst_portrait *portrait)
{
    char bytes[PRINT_SIZE];
    struct cst_text text;
    begin(&text, bytes, address);
    uint8_t mode = cst_thread_guard();
    write_all(&text, address, portrait,
              !cst_thread_is_inside(mode)); /* inside it may hold the locks of what was told */
    cst_thread_unguard(mode);
    cst_say_bytes(text.bytes, text.length);
}

void cst_print_nothing(uintptr_t address)
{
    char bytes[PRINT_SIZE];
    struct cst_text text;
    begin(&text, bytes, address);
    cst_text_string(&text, "nothing can be said: Custody does not run, or this thread is inside it\n");
    cst_say_bytes(text.bytes, text.length);
}
