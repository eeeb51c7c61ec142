/* Trees as text; see text_tree.h. */
#include "text_tree.h"

#include "headline.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

/** Branches of one node that are shown; the rest comes in one line. */
#define BRANCHES_MAX 20

/* What a tree is drawn with. */
struct lines {
    const char *fork, *last, *along, *none;
};

/* A tree under way. */
struct drawing {
    const struct cst_text_stack *printer;
    const struct lines *lines;
    struct cst_arena arena;
    uint64_t total; /* bytes of the root */
};

/* Whether the locale of the environment has the characters of boxes. The process itself stays in the C locale. */
static bool has_boxes(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale) {
        return false;
    }
    bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

static double share_of(const struct drawing *drawing, uint64_t bytes)
{
    return drawing->total > 0 ? 100.0 * (double)bytes / (double)drawing->total : 0;
}

static void print_weight(struct drawing *drawing, uint64_t blocks, uint64_t bytes)
{
    struct cst_arena *arena = &drawing->arena;
    const char *text = cst_arena_format(arena, "%s in %s, %.1f%%  ", cst_headline_bytes(arena, bytes),
                                        cst_headline_count(arena, blocks, "block"), share_of(drawing, bytes));
    cst_paint(drawing->printer->canvas, CST_PAINT_DIM, text);
}

/* Prints the steps from `node` on as far as they have no fork; returns where they have one or end. */
static const struct cst_leak_node *print_chain(const struct drawing *drawing, const struct cst_leak_node *node)
{
    FILE *out = drawing->printer->canvas->file;
    for (bool first = true;; first = false) {
        if (node->step->file) {
            fputs(first ? "at " : " at ", out);
            cst_text_stack_place(drawing->printer, node->step->file, node->step->line);
        } else {
            fputs(first ? "" : " > ", out);
            cst_paint(drawing->printer->canvas, CST_PAINT_PLAIN, node->step->name);
        }
        if (!cst_leak_node_is_chain(node)) {
            return node;
        }
        node = &node->children[0];
    }
}

static void print_rest(struct drawing *drawing, const struct cst_leak_node *node)
{
    uint64_t blocks = 0, bytes = 0;
    for (size_t i = BRANCHES_MAX; i < node->child_count; i++) {
        blocks += node->children[i].blocks;
        bytes += node->children[i].bytes;
    }
    print_weight(drawing, blocks, bytes);
    fprintf(drawing->printer->canvas->file, "%zu more branches\n", node->child_count - BRANCHES_MAX);
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than CST_PATH_STEPS */
static void print_children(struct drawing *drawing, const struct cst_leak_node *node, const char *indent)
{
    FILE *out = drawing->printer->canvas->file;
    bool cut = node->child_count > BRANCHES_MAX;
    size_t shown = cut ? BRANCHES_MAX : node->child_count;
    for (size_t i = 0; i < shown; i++) {
        const struct cst_leak_node *child = &node->children[i];
        bool last = !cut && i + 1 == shown;
        fprintf(out, "%s%s", indent, last ? drawing->lines->last : drawing->lines->fork);
        print_weight(drawing, child->blocks, child->bytes);
        const struct cst_leak_node *end = print_chain(drawing, child);
        fputc('\n', out);
        const char *below = last ? drawing->lines->none : drawing->lines->along;
        print_children(drawing, end, cst_arena_format(&drawing->arena, "%s%s", indent, below));
    }
    if (cut) {
        fprintf(out, "%s%s", indent, drawing->lines->last);
        print_rest(drawing, node);
    }
}

void cst_text_tree_print(const struct cst_text_stack *printer, const struct cst_leak_node *root)
{
    static const struct lines boxes = {"├─ ", "└─ ", "│  ", "   "};
    static const struct lines ascii = {"|- ", "`- ", "|  ", "   "};
    struct drawing drawing = {.printer = printer, .lines = has_boxes() ? &boxes : &ascii, .total = root->bytes};
    fprintf(printer->canvas->file, "leak tree: %s in %s\n", cst_headline_bytes(&drawing.arena, root->bytes),
            cst_headline_count(&drawing.arena, root->blocks, "block"));
    print_children(&drawing, root, "  ");
    fputc('\n', printer->canvas->file);
    cst_arena_free(&drawing.arena);
}
