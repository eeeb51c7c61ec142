/* Tables as text; see text_table.h. */
#include "text_table.h"

#include "headline.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS_MAX 7

/* Cells row by row, the first row being the head. Columns from `first_number` on are aligned to the right. */
struct table {
    struct cst_arena *arena;
    const char **cells;
    size_t cell_count;
    size_t columns, first_number;
};

static void add_cell(struct table *table, const char *text)
{
    table->cells = cst_arena_extend(table->arena, table->cells, table->cell_count, sizeof *table->cells);
    table->cells[table->cell_count++] = text;
}

static void add_number(struct table *table, uint64_t number)
{
    add_cell(table, cst_arena_format(table->arena, "%" PRIu64, number));
}

static void add_head(struct table *table, const char *const *names)
{
    for (size_t i = 0; i < table->columns; i++) {
        add_cell(table, names[i]);
    }
}

static void pad(FILE *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputc(' ', out);
    }
}

static void print_row(const struct cst_canvas *canvas, const struct table *table, size_t row, const size_t *widths)
{
    fputs("  ", canvas->file);
    for (size_t column = 0; column < table->columns; column++) {
        const char *cell = table->cells[row * table->columns + column];
        size_t gap = widths[column] - strlen(cell);
        bool right = column >= table->first_number;
        bool last = column + 1 == table->columns;
        pad(canvas->file, right ? gap : 0);
        cst_paint(canvas, row == 0 ? CST_PAINT_DIM : CST_PAINT_PLAIN, cell);
        pad(canvas->file, (right || last ? 0 : gap) + (last ? 0 : 2));
    }
    fputc('\n', canvas->file);
}

static void print_table(const struct cst_canvas *canvas, const struct table *table)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t width = strlen(table->cells[i]);
        size_t *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t row = 0; row < table->cell_count / table->columns; row++) {
        print_row(canvas, table, row, widths);
    }
}

static void print_sides(const struct cst_canvas *canvas, struct cst_arena *arena, const struct cst_program *program,
                        const char *only)
{
    static const char *const head[] = {"side", "allocated", "bytes", "live blocks", "bytes", "peak blocks", "bytes"};
    struct table table = {.arena = arena, .columns = 7, .first_number = 1};
    add_head(&table, head);
    for (size_t i = 0; i < program->side_count; i++) {
        const struct cst_log_side *side = &program->sides[i];
        if (only && strcmp(side->side, only) != 0) {
            continue;
        }
        add_cell(&table, cst_headline_party(arena, side->side, side->lang));
        add_number(&table, side->allocs);
        add_number(&table, side->total_bytes);
        add_number(&table, side->live_blocks);
        add_number(&table, side->live_bytes);
        add_number(&table, side->peak_blocks);
        add_number(&table, side->peak_bytes);
    }
    if (table.cell_count > table.columns) {
        fprintf(canvas->file, "sides of ");
        cst_paint(canvas, CST_PAINT_BOLD, program->name);
        fprintf(canvas->file, " (%s)\n", cst_headline_count(arena, program->processes, "run"));
        print_table(canvas, &table);
        fputc('\n', canvas->file);
    }
}

static void print_crossings(const struct cst_canvas *canvas, struct cst_arena *arena, const struct cst_program *program,
                            const char *only)
{
    static const char *const head[] = {"owner", "released by", "contract", "", "times"};
    struct table table = {.arena = arena, .columns = 5, .first_number = 4};
    add_head(&table, head);
    for (size_t i = 0; i < program->crossing_count; i++) {
        const struct cst_log_crossing *crossing = &program->crossings[i];
        if (only && strcmp(crossing->from, only) != 0 && strcmp(crossing->to, only) != 0) {
            continue;
        }
        add_cell(&table, cst_headline_party(arena, crossing->from, crossing->from_lang));
        add_cell(&table, cst_headline_party(arena, crossing->to, crossing->to_lang));
        add_cell(&table, crossing->contract);
        add_cell(&table, crossing->allowed ? "allowed" : "reported");
        add_number(&table, crossing->count);
    }
    if (table.cell_count > table.columns) {
        fprintf(canvas->file, "crossings of ");
        cst_paint(canvas, CST_PAINT_BOLD, program->name);
        fputc('\n', canvas->file);
        print_table(canvas, &table);
        fputc('\n', canvas->file);
    }
}

void cst_text_table_program(const struct cst_canvas *canvas, const struct cst_program *program, const char *side)
{
    struct cst_arena arena = {0};
    print_sides(canvas, &arena, program, side);
    print_crossings(canvas, &arena, program, side);
    cst_arena_free(&arena);
}
