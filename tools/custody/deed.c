/* Deeds in words; see deed.h. */
#include "deed.h"

#include "headline.h"

#include <string.h>

/* What a deed is called; a word of a later version speaks for itself. */
static const char *words_of(const char *name)
{
    for (int i = 0; i < CUSTODY_DEED_COUNT; i++) {
        if (strcmp(name, custody_deed_name((enum custody_deed)i)) == 0) {
            return custody_deed_words((enum custody_deed)i);
        }
    }
    return name;
}

const char *cst_deed_words(struct cst_arena *arena, const struct cst_log_moment *moment)
{
    const char *words = words_of(moment->deed);
    if (moment->has_to) {
        words = cst_arena_format(arena, "%s to %s", words, cst_headline_party(arena, moment->to.side, moment->to.lang));
    }
    words = cst_arena_format(arena, "%s by %s", words, cst_headline_party(arena, moment->by.side, moment->by.lang));
    if (moment->has_to && strcmp(moment->to.contract, "unknown") != 0) {
        words = cst_arena_format(arena, "%s, contract '%s'", words, moment->to.contract);
    }
    return words;
}

const struct cst_log_moment *cst_deed_last(const struct cst_log_told *told, const char *deed)
{
    for (size_t i = told->history_count; i > 0; i--) {
        if (strcmp(told->history[i - 1].deed, deed) == 0) {
            return &told->history[i - 1];
        }
    }
    return NULL;
}

bool cst_deed_is_of_callback(const char *deed)
{
    static const enum custody_deed deeds[] = {CUSTODY_DEED_REGISTERED, CUSTODY_DEED_ENTERED, CUSTODY_DEED_LEFT,
                                              CUSTODY_DEED_DROPPED, CUSTODY_DEED_CLOSED};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (strcmp(deed, custody_deed_name(deeds[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool cst_deed_is_callback(const struct cst_log_told *told)
{
    return told->history_count > 0 && strcmp(told->history[0].deed, custody_deed_name(CUSTODY_DEED_REGISTERED)) == 0;
}

bool cst_deed_is_api(const char *call)
{
    /* These two are doors: they release. */
    bool is_door = strcmp(call, custody_door_symbol(CUSTODY_DOOR_CUSTODY_RELEASE)) == 0 ||
                   strcmp(call, custody_door_symbol(CUSTODY_DOOR_CUSTODY_RESIZE)) == 0;
    return strncmp(call, "custody_", strlen("custody_")) == 0 && !is_door;
}

bool cst_deed_same_stack(const struct cst_log_stack *a, const struct cst_log_stack *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (a->frames[i].module != b->frames[i].module || a->frames[i].offset != b->frames[i].offset) {
            return false;
        }
    }
    return a->count == b->count;
}
