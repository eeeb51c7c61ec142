/* For tests of the ownership API: a sink that keeps what was told last, as values, with the words that live no longer than
 * the call. Header only; include it behind CMocka, and call listen() once the runtime is up. */
#ifndef TESTS_UNIT_OWNERSHIP_H
#define TESTS_UNIT_OWNERSHIP_H

#include "core/breach.h"
#include "core/findings.h"

#include <pthread.h>
#include <string.h>

/** Findings that were told since forget(), and the last of them. */
static struct {
    unsigned count;
    enum custody_finding_kind kind;
    enum custody_severity severity;
    uintptr_t address;
    bool has_block, has_by;
    const char *owner, *function, *type, *expected_type;
    char advice[640];
    uint64_t number;
    enum custody_deed deeds[CST_MOMENTS_MAX];
    size_t deed_count;
} last;

static inline void keep_history(const struct cst_told *told)
{
    last.deed_count = told->moment_count;
    for (size_t i = 0; i < told->moment_count; i++) {
        last.deeds[i] = told->moments[i].deed;
    }
}

/* From any thread; who looks at it has joined the others. */
static inline uint64_t keep_told(const struct cst_finding *finding)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one_at_a_time);
    last.count++;
    last.kind = finding->kind;
    last.severity = finding->severity;
    last.address = finding->address;
    last.has_block = finding->has_block;
    last.has_by = finding->has_by;
    last.owner = finding->owner.side;
    if (finding->told) {
        last.function = finding->told->function;
        last.type = finding->told->type;
        last.expected_type = finding->told->expected_type;
        last.number = finding->told->number;
        strncpy(last.advice, finding->told->advice, sizeof last.advice - 1);
        keep_history(finding->told);
    }
    uint64_t count = last.count;
    pthread_mutex_unlock(&one_at_a_time);
    return count;
}

/** Forgets what was told: equal findings are told again. */
static inline void forget(void)
{
    memset(&last, 0, sizeof last);
    cst_findings_after_fork();
}

static inline void listen(void)
{
    cst_findings_start(keep_told);
    forget();
}

#define assert_silent() assert_int_equal(last.count, 0)

/** One finding was told, of this kind, at this address; forgets it. */
#define assert_told(KIND, pointer) \
    do { \
        assert_int_equal(last.count, 1); \
        assert_string_equal(custody_finding_name(last.kind), custody_finding_name(CUSTODY_FINDING_##KIND)); \
        assert_int_equal(last.address, (uintptr_t)(pointer)); \
        last.count = 0; \
        cst_findings_after_fork(); \
    } while (0)

#endif
