/* A sink for tests of the public API: what the last findings said, in place of the log. Header only; the runtime must have
 * started. */
#ifndef TESTS_UNIT_SINK_H
#define TESTS_UNIT_SINK_H

#include "core/findings.h"

#include <stdio.h>
#include <string.h>

#define SINK_MAX 16

/** A finding with copies of what does not outlive the call. */
struct sunk {
    struct cst_finding finding;
    struct cst_told told;
    char function[32], advice[160];
    enum custody_deed deeds[CST_MOMENTS_MAX];
    const char *receivers[CST_MOMENTS_MAX];
};

static struct sunk sunk[SINK_MAX];
static unsigned sunk_count;

static inline uint64_t sink(const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    if (sunk_count < SINK_MAX && told) {
        struct sunk *one = &sunk[sunk_count];
        *one = (struct sunk){.finding = *finding, .told = *told};
        snprintf(one->function, sizeof one->function, "%s", told->function ? told->function : "");
        snprintf(one->advice, sizeof one->advice, "%s", told->advice);
        for (size_t i = 0; i < told->moment_count; i++) {
            one->deeds[i] = told->moments[i].deed;
            one->receivers[i] = told->moments[i].has_to ? told->moments[i].to.side : "";
        }
    }
    return ++sunk_count;
}

/** Before each test: nothing was told, and equal findings are told again. */
static inline int sink_empty(void **state)
{
    (void)state;
    cst_findings_start(sink);
    cst_findings_after_fork();
    sunk_count = 0;
    memset(sunk, 0, sizeof sunk);
    return 0;
}

#endif
