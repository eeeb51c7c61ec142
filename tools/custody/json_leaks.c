/* Leaks as JSON; see json_leaks.h. */
#include "json_leaks.h"

json_t *cst_json_number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *cst_json_text(const char *value)
{
    return value ? json_string(value) : json_null();
}

static void set_known(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, *value ? cst_json_text(value) : json_null());
}

json_t *cst_json_bill(const struct cst_bill *bill)
{
    json_t *object = json_object();
    set_known(object, "module", bill->module_path);
    set_known(object, "lang", bill->lang);
    set_known(object, "crate", bill->crate);
    set_known(object, "function", bill->function);
    set_known(object, "file", bill->file);
    json_object_set_new(object, "line", bill->line > 0 ? json_integer(bill->line) : json_null());
    return object;
}

static void set_amount(json_t *object, const struct cst_leak_amount *amount)
{
    json_object_set_new(object, "blocks", cst_json_number(amount->blocks));
    json_object_set_new(object, "bytes", cst_json_number(amount->bytes));
}

/* Adds the amounts of a row to `object`. */
static json_t *with_amounts(json_t *object, const struct cst_leak_row *row)
{
    set_amount(object, &row->total);
    json_t *classes = json_object();
    for (int class = 0; class < CST_LEAK_CLASSES; class ++) {
        json_t *amount = json_object();
        set_amount(amount, &row->classes[class]);
        json_object_set_new(classes, cst_leak_class_name((enum cst_leak_class) class), amount);
    }
    json_object_set_new(object, "classes", classes);
    return object;
}

/* What a row stands for: a side by its name and language, the others by what is billed. */
static json_t *row_object(const struct cst_leak_row *row, enum cst_leak_by by)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", cst_json_text(row->name));
    if (by == CST_LEAKS_BY_SIDE) {
        json_object_set_new(object, "side", cst_json_text(row->bill.side));
    } else {
        set_known(object, "module", row->bill.module_path);
    }
    if (by == CST_LEAKS_BY_CRATE || by == CST_LEAKS_BY_SITE) {
        set_known(object, "crate", row->bill.crate);
    }
    if (by == CST_LEAKS_BY_SITE) {
        set_known(object, "function", row->bill.function);
        set_known(object, "file", row->bill.file);
        json_object_set_new(object, "line", row->bill.line > 0 ? json_integer(row->bill.line) : json_null());
    }
    return with_amounts(object, row);
}

json_t *cst_json_leak_table(const struct cst_leak_table *table)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < table->count; i++) {
        json_array_append_new(rows, row_object(&table->rows[i], table->by));
    }
    json_t *object = json_object();
    json_object_set_new(object, "by", cst_json_text(cst_leak_by_words[table->by]));
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "total", with_amounts(json_object(), &table->sum));
    return object;
}

/* Adds the steps from `node` on as far as they have no fork: calls by name, then the place of the innermost if it ends
 * there. Returns where they fork or end. */
static const struct cst_leak_node *set_chain(json_t *object, const struct cst_leak_node *node)
{
    json_t *calls = json_array();
    while (true) {
        if (node->step->file) {
            json_object_set_new(object, "file", cst_json_text(node->step->file));
            json_object_set_new(object, "line", json_integer(node->step->line));
        } else {
            json_array_append_new(calls, cst_json_text(node->step->name));
        }
        if (!cst_leak_node_is_chain(node)) {
            json_object_set_new(object, "calls", calls);
            return node;
        }
        node = &node->children[0];
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than CST_PATH_STEPS */
json_t *cst_json_leak_node(const struct cst_leak_node *node, uint64_t total)
{
    json_t *object = json_object();
    const struct cst_leak_node *end = node->step ? set_chain(object, node) : node;
    json_object_set_new(object, "blocks", cst_json_number(node->blocks));
    json_object_set_new(object, "bytes", cst_json_number(node->bytes));
    json_object_set_new(object, "share", json_real(total > 0 ? (double)node->bytes / (double)total : 0));
    json_t *children = json_array();
    for (size_t i = 0; i < end->child_count; i++) {
        json_array_append_new(children, cst_json_leak_node(&end->children[i], total));
    }
    json_object_set_new(object, "children", children);
    return object;
}
