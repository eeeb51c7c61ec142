/* The policy: see policy.h. Judging is a look into a table of answers. A row is one word, written and read at once: 48 bits
 * of the hash of what was asked, 16 of the answer. What stacks decide is asked with the stacks in the hash. */
#include "core/policy.h"

#include "base/pool.h"
#include "core/side.h"
#include "core/thread.h"
#include "plat/sys.h"
#include "policy/glob.h"
#include "policy/judge.h"
#include "site/stack.h"
#include "site/stack_frame.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define ROWS 4096
#define ANSWER_BITS 16
#define ANSWER_NONE 1U  /* no rule speaks of it */
#define ANSWER_STACK 2U /* it depends on stacks */
#define ANSWER_RULE 3U  /* plus the index of the rule */

_Static_assert(CST_POLICY_RULES_MAX + ANSWER_RULE < 1U << ANSWER_BITS, "every rule is an answer");

bool cst_policy_judges;

static struct {
    const char *path;
    bool holds;
    uint64_t digest;
    size_t errors;
    struct cst_policy_rule *rules;
    const char **names; /* of the sides that rules name, terminated; NULL for other rules */
    _Atomic uint64_t *counts;
    size_t count;
} policy;

static _Atomic uint64_t answers[ROWS];

/* Reads the whole file into memory of ours: one that another process shortens meanwhile must not be a fault here. */
static int read_file(const char *path, struct cst_view *out_text)
{
    uint64_t whole = 0;
    int fd = cst_sys_open_regular(path, &whole);
    if (fd < 0)
        return fd;
    char *bytes = whole <= CST_POLICY_FILE_MAX ? cst_pool_alloc(whole + 1) : NULL;
    ssize_t got = bytes ? 1 : whole > CST_POLICY_FILE_MAX ? -EFBIG : -ENOMEM;
    size_t size = 0;
    while (got > 0 && size < whole) {
        got = cst_sys_read(fd, bytes + size, whole - size);
        size += got > 0 ? (size_t)got : 0;
    }
    cst_sys_close(fd);
    *out_text = (struct cst_view){.bytes = bytes, .length = size};
    return got < 0 ? (int)got : 0;
}

static bool copy_names(void)
{
    for (size_t i = 0; i < policy.count; i++) {
        struct cst_view name = policy.rules[i].name;
        policy.names[i] = name.bytes ? cst_pool_copy(name.bytes, name.length) : NULL;
        if (name.bytes && !policy.names[i])
            return false;
    }
    return true;
}

static bool is_about_crossings(const struct cst_policy_rule *rule)
{
    return rule->verb == CST_POLICY_ALLOW || rule->verb == CST_POLICY_FORBID;
}

static int take_rules(struct cst_view text, cst_policy_complain *complain, void *data)
{
    size_t bound = cst_policy_file_bound(text);
    policy.rules = cst_pool_alloc((bound + 1) * sizeof *policy.rules);
    policy.names = cst_pool_alloc((bound + 1) * sizeof *policy.names);
    policy.counts = cst_pool_alloc((bound + 1) * sizeof *policy.counts);
    if (!policy.rules || !policy.names || !policy.counts)
        return -ENOMEM;
    size_t count = cst_policy_file_read(text, policy.rules, bound, complain, data, &policy.errors);
    if (policy.errors > 0)
        return CST_POLICY_HAS_ERRORS;
    policy.count = count;
    return copy_names() ? 0 : -ENOMEM;
}

int cst_policy_load(const char *path, cst_policy_complain *complain, void *data)
{
    struct cst_view text;
    policy.path = path;
    int result = read_file(path, &text);
    if (result == 0) {
        policy.digest = cst_policy_file_digest(text);
        result = take_rules(text, complain, data);
    }
    policy.holds = result == 0;
    if (!policy.holds)
        policy.count = 0;
    cst_policy_judges = false;
    for (size_t i = 0; i < policy.count; i++)
        cst_policy_judges = cst_policy_judges || is_about_crossings(&policy.rules[i]);
    return result;
}

static void count_use(size_t index)
{
    atomic_fetch_add_explicit(&policy.counts[index], 1, memory_order_relaxed);
}

const char *cst_policy_name(const char *module, enum custody_lang lang)
{
    size_t index = cst_policy_find_side(policy.rules, policy.count, module, custody_lang_name(lang));
    if (index == CST_POLICY_NO_RULE)
        return NULL;
    count_use(index);
    return policy.names[index];
}

/* The rule that isolates the side of this name, or the first that isolates any for NULL. */
static size_t find_isolating(const char *side)
{
    for (size_t i = 0; i < policy.count; i++)
        if (policy.rules[i].verb == CST_POLICY_ISOLATE && (!side || strcmp(policy.names[i], side) == 0))
            return i;
    return CST_POLICY_NO_RULE;
}

bool cst_policy_has_isolated(void)
{
    return find_isolating(NULL) != CST_POLICY_NO_RULE;
}

bool cst_policy_isolates(const char *side)
{
    size_t index = find_isolating(side);
    if (index == CST_POLICY_NO_RULE)
        return false;
    count_use(index);
    return true;
}

static struct cst_policy_party describe(const struct cst_rule_party *party)
{
    const struct cst_side *side = cst_side_get(party->side);
    return (struct cst_policy_party){
        .side = side->name,
        .lang = custody_lang_name(side->lang),
        .contract = custody_contract_name(party->contract),
        .module = party->module ? party->module->path : NULL,
        .is_known = party->side != CST_SIDE_UNKNOWN,
        .acts_for_others = cst_rules_transparent(party),
    };
}

/* True when any of `count` frames lies in a function that the glob matches. */
static bool any_fits(struct cst_view glob, const uintptr_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cst_stack_frame_place place = cst_stack_frame_place(frames[i]);
        const char *name;
        uintptr_t start;
        if (place.module && cst_module_symbol(place.module, cst_stack_frame_address(frames[i]) - 1, &name, &start) &&
            cst_glob_fits(glob, cst_view_of(name)))
            return true;
    }
    return false;
}

static bool function_fits(enum cst_policy_field field, struct cst_view glob, void *data)
{
    const struct cst_policy_release *release = data;
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    bool is_release = field == CST_POLICY_TO_FUNCTION;
    size_t count = cst_stack_load(is_release ? release->release_stack : release->alloc_stack, frames);
    if (count == 0 && is_release)
        return any_fits(glob, &release->return_address, 1);
    return any_fits(glob, frames, count);
}

/* The answer afresh; without `ask`, as far as it needs no stacks. */
static unsigned answer(const struct cst_policy_release *release, cst_policy_ask *ask)
{
    const struct cst_policy_crossing crossing = {
        .from = describe(&release->owner), .to = describe(&release->by), .call = custody_door_symbol(release->call)};
    bool asks = false;
    size_t rule = cst_policy_find(policy.rules, policy.count, &crossing, ask, (void *)(uintptr_t)release, &asks);
    if (asks)
        return ANSWER_STACK;
    return rule == CST_POLICY_NO_RULE ? ANSWER_NONE : (unsigned)rule + ANSWER_RULE;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93U;
    return hash ^ hash >> 32;
}

static uint64_t module_id(const struct cst_rule_party *party)
{
    return party->module ? party->module->id + 1 : 0;
}

static uint64_t hash_of_parties(const struct cst_policy_release *release)
{
    uint64_t sides = (uint64_t)release->owner.side << 48 | (uint64_t)release->by.side << 32 |
                     (uint64_t)release->owner.contract << 24 | (uint64_t)release->by.contract << 16 |
                     (uint64_t)release->call;
    return mix(mix(0, sides), module_id(&release->owner) << 32 | module_id(&release->by));
}

/* Two releases of equal hashes would get one answer: as likely as two equal numbers of 60 bits. */
static unsigned remembered(uint64_t hash, const struct cst_policy_release *release, cst_policy_ask *ask)
{
    _Atomic uint64_t *row = &answers[hash % ROWS];
    uint64_t found = atomic_load_explicit(row, memory_order_relaxed);
    if (found >> ANSWER_BITS == hash >> ANSWER_BITS && (found & ((1U << ANSWER_BITS) - 1)) != 0)
        return (unsigned)(found & ((1U << ANSWER_BITS) - 1));
    unsigned fresh = answer(release, ask);
    atomic_store_explicit(row, (hash >> ANSWER_BITS << ANSWER_BITS) | fresh, memory_order_relaxed);
    return fresh;
}

/* Symbol tables are mapped by our own means; libc may be asked for modules, and must not meet us at the doors. */
static unsigned with_stacks(uint64_t hash, const struct cst_policy_release *release)
{
    uint8_t mode = cst_thread_guard();
    uint64_t site = release->release_stack ? release->release_stack : release->return_address;
    unsigned found = remembered(mix(mix(hash, release->alloc_stack), site), release, function_fits);
    cst_thread_unguard(mode);
    return found;
}

const struct cst_policy_rule *cst_policy_judge(const struct cst_policy_release *release)
{
    uint64_t hash = hash_of_parties(release);
    unsigned found = remembered(hash, release, NULL);
    if (found == ANSWER_STACK)
        found = with_stacks(hash, release);
    return found >= ANSWER_RULE ? &policy.rules[found - ANSWER_RULE] : NULL;
}

void cst_policy_count(const struct cst_policy_rule *rule)
{
    count_use((size_t)(rule - policy.rules));
}

const char *cst_policy_path(void)
{
    return policy.path;
}

bool cst_policy_holds(void)
{
    return policy.holds;
}

uint64_t cst_policy_digest(void)
{
    return policy.digest;
}

size_t cst_policy_errors(void)
{
    return policy.errors;
}

size_t cst_policy_size(void)
{
    return policy.count;
}

struct cst_policy_use cst_policy_use(size_t index)
{
    const struct cst_policy_rule *rule = &policy.rules[index];
    return (struct cst_policy_use){
        .line = rule->line, .word = cst_policy_verb_word(rule->verb), .count = atomic_load(&policy.counts[index])};
}

void cst_policy_forget(void)
{
    for (size_t i = 0; cst_policy_judges && i < ROWS; i++)
        atomic_store_explicit(&answers[i], 0, memory_order_relaxed);
}

void cst_policy_after_fork(void)
{
    for (size_t i = 0; i < policy.count; i++)
        atomic_store_explicit(&policy.counts[i], 0, memory_order_relaxed);
}
