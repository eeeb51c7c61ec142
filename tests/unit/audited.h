/* For tests of the audit: a small registry of modules in place of the real one, and processes of their own whose log and
 * words are kept, since a log is opened once a process. Header only, one a test program; include it behind CMocka. */
#ifndef TESTS_UNIT_AUDITED_H
#define TESTS_UNIT_AUDITED_H

#include "audit/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said.h"

/* ---- a registry of modules ---- */

static struct cst_module modules[] = {
    {.id = 0,
     .epoch = 1,
     .base = 0x400000,
     .lo = 0x400000,
     .hi = 0x500000,
     .path = "/bin/client",
     .name = "client",
     .build_id = {0xab, 0x0c},
     .build_id_size = 2,
     .role = CST_ROLE_PROGRAM,
     .lang = CUSTODY_LANG_RUST,
     .rust = CST_RUST_EXACT,
     .rust_by = CST_RUST_BY_DEBUG_INFO},
    {.id = 1,
     .epoch = 2,
     .base = 0x700000,
     .lo = 0x700000,
     .hi = 0x800000,
     .path = "/lib/\xff\"led\ng/libledger.so",
     .name = "libledger.so",
     .role = CST_ROLE_LIBRARY,
     .lang = CUSTODY_LANG_C},
    {.id = 2,
     .epoch = 3,
     .base = 0x900000,
     .lo = 0x900000,
     .hi = 0xa00000,
     .path = "/lib/plugin.so",
     .name = "plugin.so",
     .role = CST_ROLE_LIBRARY,
     .lang = CUSTODY_LANG_CXX,
     .unloaded = true},
};

static inline bool covers(const struct cst_module *module, uintptr_t address)
{
    return address >= module->lo && address < module->hi;
}

const struct cst_module *cst_module_find(uintptr_t address)
{
    for (size_t i = 0; i < 3; i++) {
        if (!modules[i].unloaded && covers(&modules[i], address)) {
            return &modules[i];
        }
    }
    return NULL;
}

const struct cst_module *cst_module_recall(uintptr_t address)
{
    for (size_t i = 0; i < 3; i++) {
        if (covers(&modules[i], address)) {
            return &modules[i];
        }
    }
    return NULL;
}

const struct cst_module *cst_module_get(uint32_t id)
{
    return id < 3 ? &modules[id] : NULL;
}

uint32_t cst_module_count(void)
{
    return 3;
}

/* The one function that has a name lies in module 1. */
static const char *symbol_name = "ledger_free";
static uintptr_t symbol_offset = 0x1100;

bool cst_module_symbol(const struct cst_module *module, uintptr_t address, const char **out_name, uintptr_t *out_start)
{
    (void)address;
    *out_name = symbol_name;
    *out_start = module->base + symbol_offset;
    return module->id == 1;
}

/* ---- a process a test ---- */

static char directory[64];
static char log_path[128];
static char *logged; /* allocated */

static inline int setup(void **state)
{
    (void)state;
    (void)strcpy(directory, "/tmp/custody_audit_XXXXXX");
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    (void)snprintf(log_path, sizeof log_path, "%s/log", directory);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    free(logged);
    logged = NULL;
    (void)unlink(log_path);
    return rmdir(directory);
}

/* The log, allocated; NULL when there is no file or nothing in it. */
static inline char *read_log(void)
{
    FILE *file = fopen(log_path, "r");
    char *text = NULL;
    size_t size = 0;
    if (file == NULL) {
        return NULL;
    }
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Runs `body` in a child that has to end with status 0; leaves what it wrote in `said` and `logged`. */
static inline void in_a_process(void (*body)(void))
{
    run_and_listen(body);
    free(logged);
    logged = read_log();
}

/* For bodies, where CMocka's asserts would jump out of the wrong process. */
static inline void require(bool condition, int code)
{
    if (!condition) {
        _exit(code);
    }
}

/* Every line of the log against the schema, by a real validator; and seq counting 1, 2, 3 in each process. */
static inline void expect_valid_log(void)
{
    char command[512];
    (void)snprintf(command, sizeof command,
                   "/usr/bin/python3 -c '\n"
                   "import json, jsonschema, sys\n"
                   "check = jsonschema.Draft202012Validator(json.load(open(\"docs/audit-log.schema.json\")))\n"
                   "last = {}\n"
                   "for line in open(\"%s\", encoding=\"utf-8\", newline=\"\\n\"):\n"
                   "    event = json.loads(line)\n"
                   "    check.validate(event)\n"
                   "    assert event[\"seq\"] == last.get(event[\"pid\"], 0) + 1, line\n"
                   "    last[event[\"pid\"]] = event[\"seq\"]\n'",
                   log_path);
    assert_int_equal(system(command), 0);
}

static inline size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = text; at != NULL && (at = strstr(at, part)) != NULL; at++) {
        found++;
    }
    return found;
}

static inline void expect_logged(const char *part)
{
    if (logged == NULL || strstr(logged, part) == NULL) {
        fail_msg("'%s' is not in the log:\n%s", part, logged != NULL ? logged : "(none)");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
