/* Stacks as text; see text_stack.h. */
#include "text_stack.h"

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

static void print_place(const struct cst_text_stack *printer, const struct cst_call *call)
{
    FILE *out = printer->canvas->file;
    if (call->file && call->line > 0) {
        fputs(" at ", out);
        print_file(printer, call->file);
        fprintf(out, ":%d", call->line);
    }
    if (call->inlined) {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (inlined)");
    }
}

/* Which file a frame is in; its address there too when no line could be told. */
static void print_module(const struct cst_text_stack *printer, const struct cst_log_process *process,
                         const struct cst_log_frame *frame, const struct cst_calls *calls)
{
    FILE *out = printer->canvas->file;
    const struct cst_log_module *module = cst_log_module_of(process, frame);
    bool has_line = calls->count > 0 && calls->items[calls->count - 1].line > 0;
    if (!module && frame->module == CST_NO_MODULE) {
        fprintf(out, " in no module, at 0x%" PRIx64, frame->offset);
        return;
    }
    fputs(" in ", out);
    cst_paint(printer->canvas, CST_PAINT_PLAIN, module ? module->name : "unknown module");
    if (!has_line) {
        fprintf(out, "+0x%" PRIx64, frame->offset);
    }
    if (calls->file == CST_SYMBOL_FILE_CHANGED) {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (file changed since)");
    } else if (calls->file == CST_SYMBOL_FILE_GONE && module && module->path[0] == '/') {
        cst_paint(printer->canvas, CST_PAINT_DIM, " (file gone)");
    }
}

static void print_number(const struct cst_text_stack *printer, int number)
{
    fprintf(printer->canvas->file, "    #%-2d ", number);
}

/* Prints one frame as one or more numbered calls; returns the next number. */
static int print_frame(const struct cst_text_stack *printer, const struct cst_log_process *process,
                       const struct cst_log_frame *frame, int number)
{
    const struct cst_calls *calls = cst_symbols_resolve(printer->symbols, process, frame);
    FILE *out = printer->canvas->file;
    for (size_t i = 0; i < calls->count; i++) {
        print_number(printer, number++);
        const char *function = calls->items[i].function;
        cst_paint(printer->canvas, CST_PAINT_PLAIN, function ? function : "??");
        print_place(printer, &calls->items[i]);
        if (i + 1 == calls->count) {
            print_module(printer, process, frame, calls);
        }
        fputc('\n', out);
    }
    if (calls->count == 0) {
        print_number(printer, number++);
        fputs("??", out);
        print_module(printer, process, frame, calls);
        fputc('\n', out);
    }
    return number;
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
    print_file(printer, call->file);
    fprintf(out, ":%d\n      %5d | ", call->line, call->line);
    cst_paint(printer->canvas, CST_PAINT_BOLD, line + strspn(line, " \t"));
    fputc('\n', out);
    return true;
}

static void print_first_excerpt(const struct cst_text_stack *printer, const struct cst_log_process *process,
                                const struct cst_log_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        const struct cst_calls *calls = cst_symbols_resolve(printer->symbols, process, &stack->frames[i]);
        for (size_t j = 0; j < calls->count; j++) {
            if (print_excerpt(printer, &calls->items[j])) {
                return;
            }
        }
    }
}

void cst_text_stack_print(const struct cst_text_stack *printer, const struct cst_log_process *process,
                          const struct cst_log_stack *stack)
{
    int number = 0;
    for (size_t i = 0; i < stack->count; i++) {
        number = print_frame(printer, process, &stack->frames[i], number);
    }
    print_first_excerpt(printer, process, stack);
}
