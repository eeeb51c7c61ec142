/* Use of policies; see policy_use.h. */
#include "policy_use.h"

#include "policy_source.h"
#include "say.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Numbers of lines that one brief line has at most. */
#define BRIEF_LINES 8

static struct cst_policy_use *find_use(const struct cst_policy_uses *uses, const char *file, const char *digest)
{
    for (size_t i = 0; i < uses->count; i++) {
        struct cst_policy_use *use = &uses->items[i];
        if (strcmp(use->file, file) == 0 && strcmp(use->digest, digest) == 0) {
            return use;
        }
    }
    return NULL;
}

static struct cst_rule_use *find_rule(const struct cst_policy_use *use, uint64_t line)
{
    for (size_t i = 0; i < use->count; i++) {
        if (use->rules[i].line == line) {
            return &use->rules[i];
        }
    }
    return NULL;
}

/* Processes mostly tell the same rules in the same order. */
static void add_rule(struct cst_arena *arena, struct cst_policy_use *use, const struct cst_log_rule *told, size_t index)
{
    bool is_same = index < use->count && use->rules[index].line == told->line;
    struct cst_rule_use *rule = is_same ? &use->rules[index] : find_rule(use, told->line);
    if (!rule) {
        use->rules = cst_arena_extend(arena, use->rules, use->count, sizeof *use->rules);
        rule = &use->rules[use->count++];
        *rule = (struct cst_rule_use){.line = told->line, .word = told->word, .text = ""};
    }
    rule->count += told->count;
}

/* The part of an absolute path that is below the current directory, if it is. */
static const char *shorten(const char *path)
{
    char *directory = getcwd(NULL, 0);
    size_t length = directory ? strlen(directory) : 0;
    bool is_below = length > 1 && strncmp(path, directory, length) == 0 && path[length] == '/';
    free(directory);
    return is_below ? path + length + 1 : path;
}

static void add_process(struct cst_arena *arena, struct cst_policy_uses *uses, const struct cst_log_policy *told)
{
    struct cst_policy_use *use = find_use(uses, told->file, told->digest);
    if (!use) {
        uses->items = cst_arena_extend(arena, uses->items, uses->count, sizeof *uses->items);
        use = &uses->items[uses->count++];
        *use = (struct cst_policy_use){.file = told->file, .shown = shorten(told->file), .digest = told->digest};
    }
    use->processes++;
    use->failures += !told->holds;
    use->errors = told->errors;
    for (size_t i = 0; i < told->count; i++) {
        add_rule(arena, use, &told->rules[i], i);
    }
}

/* The rule at "FILE:LINE" of any policy with this file, and that policy. */
static struct cst_rule_use *rule_at(const struct cst_policy_uses *uses, const char *place,
                                    const struct cst_policy_use **out_use)
{
    const char *colon = strrchr(place, ':');
    for (size_t i = 0; colon && i < uses->count; i++) {
        *out_use = &uses->items[i];
        size_t length = strlen((*out_use)->file);
        if (length == (size_t)(colon - place) && strncmp((*out_use)->file, place, length) == 0) {
            return find_rule(*out_use, strtoull(colon + 1, NULL, 10));
        }
    }
    return NULL;
}

/* Of a process that ended without a word its findings tell something. */
static void add_findings(const struct cst_policy_uses *uses, const struct cst_log *log)
{
    for (size_t i = 0; i < log->finding_count; i++) {
        const struct cst_log_finding *finding = log->findings[i];
        const struct cst_policy_use *use = NULL;
        struct cst_rule_use *rule =
            finding->process->end == CST_END_MISSING ? rule_at(uses, finding->policy, &use) : NULL;
        if (rule) {
            rule->count += finding->count;
        }
    }
}

static void quote_rules(struct cst_arena *arena, struct cst_policy_use *use)
{
    struct cst_policy_source source = {0};
    char digest[sizeof "0123456789abcdef"];
    if (cst_policy_source_peek(&source, use->file)) {
        struct cst_view text = {.bytes = source.text, .length = source.size};
        snprintf(digest, sizeof digest, "%016" PRIx64, cst_policy_file_digest(text));
        for (size_t i = 0; i < source.count && strcmp(digest, use->digest) == 0; i++) {
            struct cst_rule_use *rule = find_rule(use, source.rules[i].line);
            struct cst_view line = source.rules[i].text;
            if (rule) {
                rule->text = cst_arena_format(arena, "%.*s", (int)line.length, line.bytes);
            }
        }
    }
    cst_policy_source_free(&source);
}

struct cst_policy_uses cst_policy_uses_make(struct cst_arena *arena, const struct cst_log *log)
{
    struct cst_policy_uses uses = {0};
    for (size_t i = 0; i < log->process_count; i++) {
        if (log->processes[i]->policy.file && *log->processes[i]->policy.file) {
            add_process(arena, &uses, &log->processes[i]->policy);
        }
        uses.untold += log->processes[i]->end == CST_END_MISSING;
    }
    add_findings(&uses, log);
    for (size_t i = 0; i < uses.count; i++) {
        quote_rules(arena, &uses.items[i]);
    }
    return uses;
}

const char *cst_policy_uses_rule(struct cst_arena *arena, const struct cst_policy_uses *uses, const char *place)
{
    const struct cst_policy_use *use = NULL;
    const struct cst_rule_use *rule = rule_at(uses, place, &use);
    if (!rule) {
        return shorten(place);
    }
    return cst_arena_format(arena, "%s:%" PRIu64 "%s%s", use->shown, rule->line, *rule->text ? ": " : "", rule->text);
}

static void print_failure(FILE *out, const char *prefix, const struct cst_policy_use *use)
{
    fprintf(out, "%sthe policy ", prefix);
    cst_print_text(out, use->shown);
    fprintf(out, " did not hold in %zu process%s: ", use->failures, use->failures == 1 ? "" : "es");
    fputs(use->errors > 0 ? "it has errors; see `custody policy`\n" : "it could not be read\n", out);
}

static void print_unused(FILE *out, const char *prefix, const struct cst_policy_use *use)
{
    for (size_t i = 0; i < use->count; i++) {
        const struct cst_rule_use *rule = &use->rules[i];
        if (rule->count == 0) {
            fprintf(out, "%sunused rule: ", prefix);
            cst_print_text(out, use->shown);
            fprintf(out, ":%" PRIu64 ": ", rule->line);
            cst_print_text(out, *rule->text ? rule->text : rule->word);
            fputc('\n', out);
        }
    }
}

static size_t count_unused(const struct cst_policy_use *use)
{
    size_t count = 0;
    for (size_t i = 0; i < use->count; i++) {
        count += use->rules[i].count == 0;
    }
    return count;
}

static void print_briefly(FILE *out, const char *prefix, const struct cst_policy_use *use, size_t unused)
{
    fprintf(out, "%s%zu unused rule%s in ", prefix, unused, unused == 1 ? "" : "s");
    cst_print_text(out, use->shown);
    const char *separator = unused == 1 ? ", line " : ", lines ";
    size_t shown = 0;
    for (size_t i = 0; i < use->count && shown < BRIEF_LINES; i++) {
        if (use->rules[i].count == 0) {
            fprintf(out, "%s%" PRIu64, separator, use->rules[i].line);
            separator = ", ";
            shown++;
        }
    }
    fputs(shown < unused ? ", ...\n" : "\n", out);
}

void cst_policy_uses_print(FILE *out, const char *prefix, const struct cst_policy_uses *uses, bool brief)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct cst_policy_use *use = &uses->items[i];
        size_t unused = count_unused(use);
        if (use->failures > 0) {
            print_failure(out, prefix, use);
        }
        if (unused > 1 && brief) {
            print_briefly(out, prefix, use, unused);
        } else {
            print_unused(out, prefix, use);
        }
        if (unused > 0 && uses->untold > 0) {
            fprintf(out, "%s(%zu process%s ended without telling what it used)\n", prefix, uses->untold,
                    uses->untold == 1 ? "" : "es");
        }
    }
}
