/* Any bytes as a policy file: nothing is read outside of them, whatever is said of them stands in them, and what holds can
 * be matched. */
#include "../fuzz.h"

#include "policy/file.h"
#include "policy/judge.h"

struct reading {
    struct cst_view text;
    size_t errors;
};

static int lies_in(struct cst_view part, struct cst_view whole)
{
    return part.bytes >= whole.bytes && part.bytes + part.length <= whole.bytes + whole.length;
}

static void check_error(const struct cst_policy_error *error, void *data)
{
    struct reading *reading = data;
    reading->errors++;
    require(error->line > 0 && error->column > 0 && error->why[0]);
    require(lies_in(error->text, reading->text));
    require(error->column - 1 + error->length <= error->text.length || error->text.length == CST_POLICY_LINE_MAX);
    require(memchr(error->why, 0, sizeof error->why) != NULL);
}

static bool yes(enum cst_policy_field field, struct cst_view glob, void *data)
{
    (void)field;
    (void)data;
    return glob.length % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct reading reading = {.text = {.bytes = (const char *)bytes, .length = size}};
    size_t bound = cst_policy_file_bound(reading.text), errors = 0;
    struct cst_policy_rule *rules = calloc(bound + 1, sizeof *rules);
    require(rules != NULL);
    size_t count = cst_policy_file_read(reading.text, rules, bound, check_error, &reading, &errors);
    require(count <= bound && errors == reading.errors);
    const struct cst_policy_crossing crossing = {
        .from = {.side = "libledger.so",
                 .lang = "c",
                 .contract = "malloc",
                 .module = "/lib/libledger.so",
                 .is_known = true},
        .to = {.side = "app", .lang = "rust", .contract = "malloc", .is_known = true},
        .call = "free"};
    bool asks = false;
    (void)cst_policy_find(rules, count, &crossing, yes, NULL, &asks);
    (void)cst_policy_find_side(rules, count, "/lib/libledger.so", "c");
    free(rules);
    return 0;
}
