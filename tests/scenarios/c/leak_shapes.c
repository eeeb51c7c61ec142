/* Shapes of what is lost. Of a structure whose last pointer is gone, the blocks that nothing points to are definite and
 * what they lead to is indirect; a cycle has one definite block. A structure that something still points into, but to
 * no block's start, is possible.
 *
 * @run lost-one
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=201 alloc=$prog
 * @run lost-three
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=3 bytes=606 alloc=$prog
 * @run lost-list
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=203 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=4 bytes=812 alloc=$prog
 * @run lost-cycle
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=204 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=3 bytes=612 alloc=$prog
 * @run lost-lasso
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=205 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=3 bytes=615 alloc=$prog
 * @run lost-tree
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=206 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=6 bytes=1236 alloc=$prog
 * @run lost-shared-tail
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=2 bytes=414 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=3 bytes=621 alloc=$prog
 * @run lost-self
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=208 alloc=$prog
 * @run lost-interior
 * @expect leak warning exact owner=$prog/c/malloc class=possible blocks=1 bytes=209 alloc=$prog
 * @run lost-beyond-interior
 * @expect leak warning exact owner=$prog/c/malloc class=possible blocks=2 bytes=420 alloc=$prog
 * @run lost-children
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=6 bytes=1266 alloc=$prog
 * @run lost-large
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=2 bytes=6000000 alloc=$prog
 * @run lost-long-list
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=48 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=indirect blocks=199999 bytes=9599952 alloc=$prog
 *
 * @run held-one
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=201 alloc=$prog
 * @run held-list
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=5 bytes=1015 alloc=$prog
 * @run held-cycle
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=4 bytes=816 alloc=$prog
 * @run held-lasso
 * @run held-tree
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=7 bytes=1442 alloc=$prog
 * @run held-self
 * @run held-interior
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=209 alloc=$prog
 * @run held-beyond-interior
 * @run held-large
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=2 bytes=6000000 alloc=$prog
 * @run held-long-list
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=200000 bytes=9600000 alloc=$prog
 *
 * @run freed-three
 * @forbid leak bytes=606
 * @run freed-list
 * @forbid leak bytes=1015
 * @run freed-cycle
 * @forbid leak bytes=816
 * @run freed-tree
 * @forbid leak bytes=1442
 * @run freed-children
 * @forbid leak bytes=1266
 * @run freed-large
 * @forbid leak bytes=6000000
 */
#include "keep.h"
#include "leaks.h"

struct node {
    struct node *next, *other;
};

enum { LONG = 200000 };

/* Where a held structure hangs, and all blocks of a case while it is made. */
static void *volatile root;
static struct node *made[LONG];
static size_t made_count;

__attribute__((noinline)) static struct node *node(size_t size)
{
    struct node *block = keep(calloc(1, size));
    made[made_count++] = block;
    return block;
}

static void make(size_t count, size_t size)
{
    for (volatile size_t i = 0; i < count; i++)
        node(size);
}

static void chain(size_t first, size_t end)
{
    for (size_t i = first; i + 1 < end; i++)
        made[i]->next = made[i + 1];
}

/* What becomes of the blocks; `held` is the pointer that stays in the fate HELD, `kept` the one that stays when lost. */
static void end_case(enum fate fate, void *held, void *kept)
{
    for (size_t i = 0; i < made_count; i++) {
        if (fate == FREED)
            free(made[i]);
        made[i] = NULL;
    }
    root = fate == HELD ? held : fate == LOST ? kept : NULL;
}

static void one(enum fate fate)
{
    make(1, 201);
    end_case(fate, made[0], NULL);
}

static void three(enum fate fate)
{
    make(3, 202);
    end_case(fate, NULL, NULL);
}

static void list(enum fate fate)
{
    make(5, 203);
    chain(0, 5);
    end_case(fate, made[0], NULL);
}

static void cycle(enum fate fate)
{
    make(4, 204);
    chain(0, 4);
    made[3]->next = made[0];
    end_case(fate, made[2], NULL);
}

/* A block that leads into a cycle. */
static void lasso(enum fate fate)
{
    make(4, 205);
    chain(0, 4);
    made[3]->next = made[1];
    end_case(fate, made[0], NULL);
}

static void tree(enum fate fate)
{
    make(7, 206);
    for (size_t i = 0; i < 3; i++) {
        made[i]->next = made[2 * i + 1];
        made[i]->other = made[2 * i + 2];
    }
    end_case(fate, made[0], NULL);
}

/* Two heads, one tail of three. */
static void shared_tail(enum fate fate)
{
    make(5, 207);
    chain(1, 5);
    made[0]->next = made[2];
    end_case(fate, NULL, NULL);
}

static void self(enum fate fate)
{
    make(1, 208);
    made[0]->next = made[0];
    end_case(fate, made[0], NULL);
}

static void interior(enum fate fate)
{
    make(1, 209);
    end_case(fate, made[0], (char *)made[0] + 96);
}

static void beyond_interior(enum fate fate)
{
    make(2, 210);
    chain(0, 2);
    end_case(fate, made[0], (char *)made[0] + 96);
}

/* A table is released, what it pointed to is not. */
static void children(enum fate fate)
{
    make(6, 211);
    void **table = keep(malloc(6 * sizeof *table));
    for (size_t i = 0; i < 6; i++)
        table[i] = made[i];
    free(keep(table));
    end_case(fate, NULL, NULL);
}

static void large(enum fate fate)
{
    make(2, 3000000);
    chain(0, 2);
    made[1]->next = made[0];
    if (fate == LOST)
        made[0]->next = made[1]->next = NULL;
    end_case(fate, made[0], NULL);
}

/* Longer than any stack that a recursive search would have. */
static void long_list(enum fate fate)
{
    make(LONG, 48);
    chain(0, LONG);
    end_case(fate, made[0], NULL);
}

static const struct leak_case cases[] = {
    {"one", one},
    {"three", three},
    {"list", list},
    {"cycle", cycle},
    {"lasso", lasso},
    {"tree", tree},
    {"shared-tail", shared_tail},
    {"self", self},
    {"interior", interior},
    {"beyond-interior", beyond_interior},
    {"children", children},
    {"large", large},
    {"long-list", long_list},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
