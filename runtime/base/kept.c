/* Pointers that the kernel keeps: see kept.h. */
#include "base/kept.h"

#include "base/lines.h"
#include "base/text.h"
#include "plat/process.h"

#include <string.h>

struct visit {
    void (*word)(uintptr_t word, void *data);
    void *data;
};

/* Visits the hexadecimal number that follows `label` in each line. */
static void visit_labelled(const char *path, const char *label, const struct visit *visit)
{
    struct cst_lines lines;
    if (!cst_lines_open(&lines, path))
        return;
    for (char *line; (line = cst_lines_next(&lines)) != NULL;) {
        const char *at = strstr(line, label);
        uint64_t word;
        if (!at)
            continue;
        at += strlen(label);
        at += strspn(at, " ");
        if (cst_lines_number(&at, 16, &word))
            visit->word((uintptr_t)word, visit->data);
    }
    cst_lines_close(&lines);
}

/* "tfd: 5 events: 19 data: 7f8a1c000b20 pos:0 ..." for each descriptor that the epoll instance `fd` watches. */
static void visit_epoll(int fd, void *data)
{
    char path[64], target[32];
    struct cst_text text;
    cst_text_init(&text, path, sizeof path, 0);
    cst_text_format(&text, "/proc/thread-self/fd/%d", fd);
    if (!cst_process_read_link(path, target, sizeof target) || strcmp(target, "anon_inode:[eventpoll]") != 0)
        return;
    cst_text_init(&text, path, sizeof path, 0);
    cst_text_format(&text, "/proc/thread-self/fdinfo/%d", fd);
    visit_labelled(path, " data:", data);
}

/* "signal: 60/00007fff86e452a8" for each timer. */
static CST_NOINLINE void visit_timers(const struct visit *visit)
{
    struct cst_lines lines;
    if (!cst_lines_open(&lines, "/proc/self/timers"))
        return;
    for (char *line; (line = cst_lines_next(&lines)) != NULL;) {
        const char *slash = strncmp(line, "signal:", strlen("signal:")) == 0 ? strchr(line, '/') : NULL;
        uint64_t word;
        if (slash && (slash++, cst_lines_number(&slash, 16, &word)))
            visit->word((uintptr_t)word, visit->data);
    }
    cst_lines_close(&lines);
}

/* Descriptor 0 is never an epoll instance's that a program keeps. One after the other, so that a small stack holds the
 * window of one. */
void cst_kept_each(void (*visit)(uintptr_t word, void *data), void *data)
{
    struct visit each = {.word = visit, .data = data};
    (void)!cst_process_each_number("/proc/thread-self/fd", visit_epoll, &each);
    visit_timers(&each);
}
