/* The event `module`: what was loaded where. Module ids in frames refer to these lines. */
#include "audit/audit.h"
#include "audit/line.h"

static const char *role_name(enum cst_module_role role)
{
    switch (role) {
    case CST_ROLE_PROGRAM:
        return "program";
    case CST_ROLE_LIBRARY:
        return "library";
    case CST_ROLE_LIBC:
        return "libc";
    case CST_ROLE_CXX_RUNTIME:
        return "c++-runtime";
    case CST_ROLE_CUSTODY:
        return "custody";
    }
    return "library";
}

static const char *rust_name(enum cst_rust_attribution rust)
{
    switch (rust) {
    case CST_RUST_ABSENT:
        return "absent";
    case CST_RUST_EXACT:
        return "exact";
    case CST_RUST_INFERRED:
        return "inferred";
    }
    return "absent";
}

static const char *rust_by_name(enum cst_rust_by by)
{
    switch (by) {
    case CST_RUST_BY_NONE:
        return "none";
    case CST_RUST_BY_SYMBOLS:
        return "symbols";
    case CST_RUST_BY_PATTERN:
        return "pattern";
    case CST_RUST_BY_ALLOCATOR:
        return "allocator";
    case CST_RUST_BY_DEBUG_INFO:
        return "debug-info";
    case CST_RUST_BY_SHARED:
        return "shared";
    }
    return "none";
}

static void write_build_id(struct cst_json *json, const struct cst_module *module)
{
    if (module->build_id_size == 0) {
        cst_json_null(json, "build_id");
        return;
    }
    char digits[2 * CST_BUILD_ID_MAX + 1];
    struct cst_text text;
    cst_text_init(&text, digits, sizeof digits, 0);
    for (size_t i = 0; i < module->build_id_size && i < CST_BUILD_ID_MAX; i++) {
        cst_text_hex(&text, module->build_id[i], 2);
    }
    cst_json_string(json, "build_id", digits);
}

void cst_audit_module(const struct cst_module *module)
{
    struct cst_json *json = cst_line_begin("module");
    if (json == NULL) {
        return;
    }
    cst_json_unsigned(json, "id", module->id);
    cst_json_string(json, "path", module->path);
    cst_json_string(json, "name", module->name);
    write_build_id(json, module);
    cst_json_hex(json, "base", module->base);
    cst_json_hex(json, "lo", module->lo);
    cst_json_hex(json, "hi", module->hi);
    cst_json_unsigned(json, "epoch", module->epoch);
    if (module->link_namespace > 0) {
        cst_json_unsigned(json, "namespace", (uint64_t)module->link_namespace);
    }
    cst_json_string(json, "role", role_name(module->role));
    cst_json_string(json, "lang", custody_lang_name(module->lang));
    cst_json_string(json, "rust", rust_name(module->rust));
    cst_json_string(json, "rust_by", rust_by_name(module->rust_by));
    if (module->operators != CST_OPERATORS_SHARED) {
        cst_json_string(json, "operators", module->operators == CST_OPERATORS_OWN ? "own" : "hidden");
    }
    cst_line_end(json);
}
