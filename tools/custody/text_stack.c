/* Stacks as text; see text_stack.h. */
#include "text_stack.h"

#include "call_list.h"

#include <inttypes.h>
#include <string.h>

/* What follows "/rustc/<commit>" in the paths of Rust's own libraries; NULL for other paths. */
static const char *rust_library(const char *file)
{
    static const char prefix[] = "/rustc/";
    if (strncmp(file, prefix, sizeof prefix - 1) != 0) {
        return NULL;
    }
    return strchr(file + sizeof prefix - 1, '/');
}

/* Prints a path, the current directory and the hash of Rust's compiler left out. */
static void print_file(const struct cst_text_stack *printer, const char *file)
{
    const char *library = rust_library(file);
    size_t length = strlen(printer->directory);
    if (library) {
        fputs("<rust>", printer->canvas->file);
        file = library;
    } else if (length > 1 && strncmp(file, printer->directory, length) == 0 && file[length] == '/') {
        file += length + 1;
    }
    cst_paint(printer->canvas, CST_PAINT_PLAIN, file);
}

void cst_text_stack_place(const struct cst_text_stack *printer, const char *file, int line)
{
    print_file(printer, file);
    fprintf(printer->canvas->file, ":%d", line);
}

static void print_place(const struct cst_text_stack *printer, const struct cst_call *call)
{
    if (call->file && call->line > 0) {
        fputs(" at ", printer->canvas->file);
        cst_text_stack_place(printer, call->file, call->line);
    }
    if (call->inlined) {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (inlined)");
    }
}

/* Which file a call is in; its address there too when no line could be told. */
static void print_module(const struct cst_text_stack *printer, const struct cst_listed_call *call)
{
    FILE *out = printer->canvas->file;
    uint64_t offset = call->frame->offset;
    if (!call->module && call->frame->module == CST_NO_MODULE) {
        fprintf(out, " in no module, at 0x%" PRIx64, offset);
        return;
    }
    fputs(" in ", out);
    cst_paint(printer->canvas, CST_PAINT_PLAIN, call->module ? call->module->name : "unknown module");
    if (!call->call || call->call->line <= 0) {
        fprintf(out, "+0x%" PRIx64, offset);
    }
    if (call->file == CST_SYMBOL_FILE_CHANGED) {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (file changed since)");
    } else if (call->file == CST_SYMBOL_FILE_GONE && call->module && call->module->path[0] == '/') {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (file gone)");
    }
}

static void print_call(const struct cst_text_stack *printer, const struct cst_listed_call *call, size_t number)
{
    FILE *out = printer->canvas->file;
    fprintf(out, "    #%-2zu ", number);
    cst_paint(printer->canvas, CST_PAINT_PLAIN, call->call && call->call->function ? call->call->function : "??");
    if (call->call) {
        print_place(printer, call->call);
    }
    if (call->last) {
        print_module(printer, call);
    }
    fputc('\n', out);
}

/* Where the run of machinery that begins at `from` ends; `from` when none does. */
static size_t end_of_run(const struct cst_call_list *list, size_t from, enum cst_library *out_library)
{
    *out_library = CST_LIBRARY_NONE;
    size_t end = from;
    while (end < list->count && list->items[end].library != CST_LIBRARY_NONE) {
        *out_library = cst_origin_join(*out_library, list->items[end].library);
        end++;
    }
    return end;
}

static void print_calls(const struct cst_text_stack *printer, const struct cst_call_list *list)
{
    bool fold = !printer->all_calls && !cst_call_list_is_machinery(list);
    for (size_t i = 0; i < list->count;) {
        enum cst_library library = CST_LIBRARY_NONE;
        size_t end = fold ? end_of_run(list, i, &library) : i;
        /* One line for one call says less than the call. */
        if (end > i + 1) {
            fprintf(printer->canvas->file, "    ... %zu frames of %s\n", end - i, cst_origin_library_name(library));
            i = end;
        } else {
            print_call(printer, &list->items[i], i);
            i++;
        }
    }
}

/* Prints the line of `call` under its place; false when the file cannot be read. */
static bool print_excerpt(const struct cst_text_stack *printer, const struct cst_call *call)
{
    const char *line = call->file ? cst_source_texts_line(printer->sources, call->file, call->line) : NULL;
    if (!line) {
        return false;
    }
    FILE *out = printer->canvas->file;
    fputs("       --> ", out);
    cst_text_stack_place(printer, call->file, call->line);
    fprintf(out, "\n      %5d | ", call->line);
    cst_paint(printer->canvas, CST_PAINT_BOLD, line + strspn(line, " \t"));
    fputc('\n', out);
    return true;
}

static void print_first_excerpt(const struct cst_text_stack *printer, const struct cst_call_list *list)
{
    bool own_only = !cst_call_list_is_machinery(list);
    for (size_t i = 0; i < list->count; i++) {
        const struct cst_listed_call *call = &list->items[i];
        /* Where the program is another by now, its source may be, too. */
        bool passed_over = (own_only && call->library != CST_LIBRARY_NONE) || call->file == CST_SYMBOL_FILE_CHANGED;
        if (!passed_over && call->call && print_excerpt(printer, call->call)) {
            return;
        }
    }
}

void cst_text_stack_print(const struct cst_text_stack *printer, const struct cst_log_process *process,
                          const struct cst_log_stack *stack)
{
    struct cst_arena arena = {0};
    struct cst_call_list list = cst_call_list_make(&arena, printer->symbols, process, stack);
    print_calls(printer, &list);
    print_first_excerpt(printer, &list);
    cst_arena_free(&arena);
}
