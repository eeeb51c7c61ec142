/* Words for classes of leaks; see leak_class.h. */
#include "leak_class.h"

#include <string.h>

/* `one` and `many` are said of blocks. Of the last three the moment matters, and is said by when_of. */
static const struct {
    const char *name, *one, *many, *title, *advice;
} words[CST_LEAK_CLASSES] = {
    [CST_LEAK_DEFINITE] = {"definite", "definitely lost", "definitely lost", "definitely lost",
                           "nothing points to it any more: release it before the last pointer to it goes"},
    [CST_LEAK_INDIRECT] = {"indirect", "lost with what pointed to it", "lost with what pointed to them",
                           "lost with what pointed to it",
                           "only lost blocks point to it: see to those first, and release it with them"},
    [CST_LEAK_POSSIBLE] = {"possible", "possibly lost: only pointers into it were found",
                           "possibly lost: only pointers into them were found", "possibly lost",
                           "nothing points to its start: if it is in use through a pointer into it, nothing is wrong; "
                           "otherwise release it before the last pointer to its start goes"},
    [CST_LEAK_REACHABLE] = {"reachable", "still reachable", "still reachable", "still reachable",
                            "something still points to it: release it, unless it is meant to live as long as the "
                            "program"},
    [CST_LEAK_LIVE] = {"live", "still live", "still live", "live",
                       "whether anything still points to it was not examined: release it, unless it is meant to live "
                       "as long as the program"},
    [CST_LEAK_OTHER] = {"other", "never released", "never released", "never released", ""},
};

enum cst_leak_class cst_leak_class_of(const struct cst_log_finding *finding)
{
    if (!*finding->leak_class) {
        return CST_LEAK_LIVE;
    }
    for (int class = 0; class < CST_LEAK_OTHER; class ++) {
        if (strcmp(finding->leak_class, words[class].name) == 0) {
            return (enum cst_leak_class) class;
        }
    }
    return CST_LEAK_OTHER;
}

const char *cst_leak_class_name(enum cst_leak_class class)
{
    return words[class].name;
}

/* A block that is lost stays lost; one that is not may still be released, so the moment belongs to what is said of it. */
static const char *when_of(const struct cst_log_finding *finding)
{
    enum cst_leak_class class = cst_leak_class_of(finding);
    bool at_a_moment = class == CST_LEAK_REACHABLE || class == CST_LEAK_LIVE;
    if (finding->on_request) {
        return at_a_moment ? " when asked for" : ", found on request";
    }
    return at_a_moment ? " at exit" : "";
}

const char *cst_leak_class_fate(struct cst_arena *arena, const struct cst_log_finding *finding, uint64_t blocks)
{
    enum cst_leak_class class = cst_leak_class_of(finding);
    const char *fate = blocks == 1 ? words[class].one : words[class].many;
    if (class == CST_LEAK_OTHER) {
        fate = cst_arena_format(arena, "%s (%s)", fate, finding->leak_class);
    }
    return cst_arena_format(arena, "%s%s", fate, when_of(finding));
}

const char *cst_leak_class_title(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    return cst_arena_format(arena, "%s%s", words[cst_leak_class_of(finding)].title, when_of(finding));
}

const char *cst_leak_class_advice(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    const char *advice = words[cst_leak_class_of(finding)].advice;
    if (finding->has_holder && finding->has_owner && cst_leak_class_of(finding) == CST_LEAK_REACHABLE) {
        return cst_arena_format(arena,
                                "all references to it lie in memory of %s: have %s give it back, so that %s can "
                                "release it, unless it is meant to live as long as the program",
                                finding->holder.side, finding->holder.side, finding->owner.side);
    }
    return advice;
}
