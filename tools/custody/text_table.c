/* Tables as text; see text_table.h. */
#include "text_table.h"

#include "headline.h"
#include "leak_crates.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS_MAX 8

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
    const char **cells = &table->cells[row * table->columns];
    size_t columns = table->columns;
    while (columns > 1 && !*cells[columns - 1]) {
        columns--;
    }
    fputs("  ", canvas->file);
    for (size_t column = 0; column < columns; column++) {
        const char *cell = cells[column];
        size_t gap = widths[column] - strlen(cell);
        bool right = column >= table->first_number;
        bool last = column + 1 == columns;
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

/* Rows below a side: what its crates have live. Blocks and bytes go below `live_column` and the next. */
static void add_crates(struct table *table, const struct cst_leak_crates *crates, size_t live_column)
{
    bool told = crates->count > 1 || (crates->count == 1 && *crates->items[0].name);
    for (size_t i = 0; told && i < crates->count; i++) {
        const struct cst_leak_crate *crate = &crates->items[i];
        add_cell(table, *crate->name ? cst_arena_format(table->arena, "  crate %s", crate->name) : "  no crate known");
        for (size_t column = 1; column < table->columns; column++) {
            if (column == live_column) {
                add_number(table, crate->live_blocks);
            } else if (column == live_column + 1) {
                add_number(table, crate->live_bytes);
            } else {
                add_cell(table, "");
            }
        }
    }
}

static void print_sides(const struct cst_canvas *canvas, struct cst_arena *arena, const struct cst_groups *groups,
                        const struct cst_program *program, struct cst_symbols *symbols, const char *only)
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
        struct cst_leak_crates crates = cst_leak_crates_make(arena, symbols, groups, program, side);
        add_crates(&table, &crates, 3);
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

void cst_text_table_program(const struct cst_canvas *canvas, const struct cst_groups *groups,
                            const struct cst_program *program, struct cst_symbols *symbols, const char *side)
{
    struct cst_arena arena = {0};
    print_sides(canvas, &arena, groups, program, symbols, side);
    print_crossings(canvas, &arena, program, side);
    cst_arena_free(&arena);
}

/** Bytes of a name in the table of leaks: those of C++ templates have no end. */
#define NAME_MAX_BYTES 100

/* A name whose middle is left out when it is long: its end has the line. UTF-8 stays whole. */
static const char *shorten(struct cst_arena *arena, const char *name)
{
    static const char gap[] = "...";
    size_t length = strlen(name);
    if (length <= NAME_MAX_BYTES) {
        return name;
    }
    size_t head = NAME_MAX_BYTES / 2, tail = length - (NAME_MAX_BYTES / 2 - (sizeof gap - 1));
    while (head > 0 && ((unsigned char)name[head] & 0xc0) == 0x80) {
        head--;
    }
    while (tail < length && ((unsigned char)name[tail] & 0xc0) == 0x80) {
        tail++;
    }
    return cst_arena_format(arena, "%.*s%s%s", (int)head, name, gap, name + tail);
}

static void add_amount(struct table *table, const struct cst_leak_amount *amount)
{
    add_cell(table, amount->blocks > 0 || amount->bytes > 0
                        ? cst_arena_format(table->arena, "%" PRIu64 " (%" PRIu64 ")", amount->bytes, amount->blocks)
                        : "-");
}

/* A row; classes that `sum` has none of are no columns. */
static void add_leaks(struct table *table, const char *name, const struct cst_leak_row *row,
                      const struct cst_leak_row *sum)
{
    add_cell(table, shorten(table->arena, name));
    add_amount(table, &row->total);
    for (int class = 0; class < CST_LEAK_CLASSES; class ++) {
        if (sum->classes[class].blocks > 0 || sum->classes[class].bytes > 0) {
            add_amount(table, &row->classes[class]);
        }
    }
}

static void add_leak_head(struct table *table, const struct cst_leak_table *leaks)
{
    add_cell(table, cst_leak_by_words[leaks->by]);
    add_cell(table, "all");
    for (int class = 0; class < CST_LEAK_CLASSES; class ++) {
        if (leaks->sum.classes[class].blocks > 0 || leaks->sum.classes[class].bytes > 0) {
            add_cell(table, cst_leak_class_name((enum cst_leak_class) class));
        }
    }
    table->columns = table->cell_count;
}

void cst_text_table_leaks(const struct cst_canvas *canvas, const struct cst_leak_table *leaks)
{
    struct cst_arena arena = {0};
    struct table table = {.arena = &arena, .first_number = 1};
    fprintf(canvas->file, "leaks by %s, in bytes (blocks)\n", cst_leak_by_words[leaks->by]);
    add_leak_head(&table, leaks);
    for (size_t i = 0; i < leaks->count; i++) {
        add_leaks(&table, leaks->rows[i].name, &leaks->rows[i], &leaks->sum);
    }
    add_leaks(&table, "all", &leaks->sum, &leaks->sum);
    print_table(canvas, &table);
    fputc('\n', canvas->file);
    cst_arena_free(&arena);
}
