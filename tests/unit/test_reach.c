/* Reach: classes of blocks by what leads to them. The blocks are real, the roots are only those that a test gives: words,
 * or memory that it maps. */
#include "core/reach.h"

#include "core/reach_find.h"
#include "core/reach_hold.h"
#include "plat/sys.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE CST_PAGE_SIZE
#define MIB ((size_t)1 << 20)

/* ---- blocks ---- */

#define BLOCKS_MAX 64

static struct {
    void *block;
    enum custody_door release;
    uint16_t side;
} made[BLOCKS_MAX];
static size_t made_count;

static void *make_of(enum custody_door door, enum custody_door release_door, uint16_t side, size_t size, size_t align)
{
    void *block = cst_engine_alloc(door, side, AT_MAKE, 0, size, align, true);
    assert_non_null(block);
    assert_true(made_count < BLOCKS_MAX);
    made[made_count].block = block;
    made[made_count].release = release_door;
    made[made_count++].side = side;
    return block;
}

static void *block_of(uint16_t side, size_t size)
{
    return make_of(CUSTODY_DOOR_MALLOC, CUSTODY_DOOR_FREE, side, size, CST_BLOCK_ALIGN);
}

static void *block(size_t size)
{
    return block_of(program_side, size);
}

static int release_all(void **state)
{
    (void)state;
    while (made_count > 0) {
        uintptr_t start = (uintptr_t)made[--made_count].block;
        struct cst_tag *tag = cst_tag_of(start);
        size_t align = cst_tag_align(tag), rounded = cst_engine_round(cst_tag_size(tag), align);
        tag->facts = 0;
        cst_heap_release((void *)start, rounded, align);
    }
    return 0;
}

static uintptr_t at(const void *block, size_t offset)
{
    return (uintptr_t)block + offset;
}

static void point_to(void *block, size_t offset, uintptr_t target)
{
    memcpy((char *)block + offset, &target, sizeof target);
}

/* ---- a mark ---- */

static struct cst_reach reach;

static void begin(void)
{
    assert_true(cst_reach_begin(&reach, cst_thread.generation, NULL, 0, NULL, 0));
}

static void finish(void)
{
    assert_true(cst_reach_finish(&reach));
    cst_reach_end(&reach);
}

/* A mark whose only root is `word`. */
static void mark_from(uintptr_t word)
{
    begin();
    cst_reach_root(&reach, word, CST_HOLDER_NOBODY);
    finish();
}

static enum cst_reach_class class_of(const void *block)
{
    return cst_reach_class_of(cst_tag_of((uintptr_t)block));
}

#define assert_class(block, class) assert_int_equal(class_of(block), CST_REACH_##class)

/* ---- classes ---- */

static void what_roots_lead_to_is_reachable_and_the_rest_is_lost(void **state)
{
    (void)state;
    void *first = block(100), *second = block(5000), *lost = block(100);
    point_to(first, 96 - 8, at(second, 0));
    mark_from(at(first, 0));
    assert_class(first, REACHABLE);
    assert_class(second, REACHABLE);
    assert_class(lost, DEFINITE);
}

static void of_a_lost_tree_the_root_is_definite_and_the_rest_indirect(void **state)
{
    (void)state;
    void *root = block(64), *left = block(64), *right = block(64), *leaf = block(64);
    point_to(root, 0, at(left, 0));
    point_to(root, 8, at(right, 0));
    point_to(right, 16, at(leaf, 0));
    mark_from(0);
    assert_class(root, DEFINITE);
    assert_class(left, INDIRECT);
    assert_class(right, INDIRECT);
    assert_class(leaf, INDIRECT);
}

static void of_a_lost_ring_one_is_definite(void **state)
{
    (void)state;
    enum { RING = 5 };
    void *ring[RING];
    unsigned definite = 0, indirect = 0;
    for (size_t i = 0; i < RING; i++) {
        ring[i] = block(48);
    }
    for (size_t i = 0; i < RING; i++) {
        point_to(ring[i], 8, at(ring[(i + 2) % RING], 0));
    }
    mark_from(0);
    for (size_t i = 0; i < RING; i++) {
        definite += class_of(ring[i]) == CST_REACH_DEFINITE;
        indirect += class_of(ring[i]) == CST_REACH_INDIRECT;
    }
    assert_int_equal(definite, 1);
    assert_int_equal(indirect, RING - 1);
}

static void what_leads_to_a_lost_ring_is_its_leader(void **state)
{
    (void)state;
    void *blocks[3] = {block(32), block(32), block(32)};
    for (size_t leader = 0; leader < 3; leader++) { /* whichever of them is found first */
        void *a = blocks[(leader + 1) % 3], *b = blocks[(leader + 2) % 3];
        point_to(blocks[leader], 0, at(a, 0));
        point_to(a, 0, at(b, 0));
        point_to(b, 0, at(a, 0));
        mark_from(0);
        assert_class(blocks[leader], DEFINITE);
        assert_class(a, INDIRECT);
        assert_class(b, INDIRECT);
    }
}

/* Blocks of a lost graph, each with up to two pointers, and what each leads to in any number of steps. */
enum { GRAPH = 24 };

struct graph {
    void *blocks[GRAPH];
    uint32_t leads_to[GRAPH]; /* a bit each */
};

static void draw(struct graph *graph, uint64_t *random)
{
    for (size_t i = 0; i < GRAPH; i++) {
        memset(graph->blocks[i], 0, 48);
        graph->leads_to[i] = 0;
        for (size_t pointer = 0; pointer < 2; pointer++) {
            *random = *random * 6364136223846793005U + 1442695040888963407U;
            size_t target = (*random >> 33) % (2 * GRAPH);
            if (target < GRAPH && target != i) {
                point_to(graph->blocks[i], 8 + 16 * pointer, at(graph->blocks[target], 0));
                graph->leads_to[i] |= UINT32_C(1) << target;
            }
        }
    }
    for (size_t by = 0; by < GRAPH; by++) {
        for (size_t from = 0; from < GRAPH; from++) {
            if (graph->leads_to[from] >> by & 1)
                graph->leads_to[from] |= graph->leads_to[by];
        }
    }
}

/* True when whatever leads to block `i` is led to by it. */
static bool is_source(const struct graph *graph, size_t i)
{
    for (size_t other = 0; other < GRAPH; other++)
        if ((graph->leads_to[other] >> i & 1) && !(graph->leads_to[i] >> other & 1))
            return false;
    return true;
}

/* Blocks of the ring that block `i` is in, itself among them, that are definite. */
static unsigned definite_in_ring(const struct graph *graph, size_t i)
{
    unsigned count = 0;
    for (size_t other = 0; other < GRAPH; other++) {
        bool together = other == i || ((graph->leads_to[other] >> i & 1) && (graph->leads_to[i] >> other & 1));
        count += together && class_of(graph->blocks[other]) == CST_REACH_DEFINITE;
    }
    return count;
}

static void of_any_lost_graph_one_block_of_each_source_is_definite(void **state)
{
    (void)state;
    static struct graph graph;
    uint64_t random = 7;
    for (size_t i = 0; i < GRAPH; i++)
        graph.blocks[i] = block(48);
    for (unsigned round = 0; round < 2000; round++) {
        draw(&graph, &random);
        mark_from(0);
        for (size_t i = 0; i < GRAPH; i++)
            assert_int_equal(definite_in_ring(&graph, i), is_source(&graph, i));
    }
}

static void a_block_that_points_to_itself_is_held_by_nobody(void **state)
{
    (void)state;
    void *alone = block(32);
    point_to(alone, 8, at(alone, 0));
    mark_from(0);
    assert_class(alone, DEFINITE);
}

static void a_child_of_two_lost_leaders_is_indirect(void **state)
{
    (void)state;
    void *first = block(32), *second = block(32), *child = block(32);
    point_to(first, 0, at(child, 0));
    point_to(second, 0, at(child, 8));
    mark_from(0);
    assert_class(first, DEFINITE);
    assert_class(second, DEFINITE);
    assert_class(child, INDIRECT);
}

static void a_leader_that_a_later_one_leads_to_is_none(void **state)
{
    (void)state;
    void *a = block(32), *b = block(32), *low = a < b ? a : b, *high = a < b ? b : a, *child = block(32);
    point_to(low, 0, at(child, 0));
    point_to(high, 0, at(low, 0));
    mark_from(0);
    assert_class(high, DEFINITE);
    assert_class(low, INDIRECT);
    assert_class(child, INDIRECT);
}

static void a_pointer_into_the_middle_makes_it_possible_and_what_it_leads_to(void **state)
{
    (void)state;
    void *middle = block(100), *child = block(100), *both = block(100), *holder = block(100);
    point_to(middle, 0, at(child, 0));
    point_to(middle, 8, at(both, 0));
    point_to(holder, 0, at(both, 0));
    begin();
    cst_reach_root(&reach, at(middle, 40), CST_HOLDER_NOBODY);
    cst_reach_root(&reach, at(holder, 0), CST_HOLDER_NOBODY);
    finish();
    assert_class(middle, POSSIBLE);
    assert_class(child, POSSIBLE);
    assert_class(both, REACHABLE);
}

static void a_possible_block_that_is_also_held_whole_is_reachable(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        void *both = block(100);
        begin();
        cst_reach_root(&reach, at(both, order ? 0 : 48), CST_HOLDER_NOBODY);
        cst_reach_root(&reach, at(both, order ? 48 : 0), CST_HOLDER_NOBODY);
        finish();
        assert_class(both, REACHABLE);
    }
}

static void a_ring_that_is_possible_is_possible_all_round(void **state)
{
    (void)state;
    void *a = block(64), *b = block(64), *c = block(64);
    point_to(a, 0, at(b, 0));
    point_to(b, 0, at(c, 32));
    point_to(c, 0, at(a, 0));
    mark_from(at(b, 16));
    assert_class(a, POSSIBLE);
    assert_class(b, POSSIBLE);
    assert_class(c, POSSIBLE);
}

static void a_long_chain_and_a_wide_fan_are_followed_to_the_end(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    static void *chain[MANY];
    void *fan = block(MANY * sizeof(void *));
    for (size_t i = 0; i < MANY; i++) {
        chain[i] = cst_engine_alloc(CUSTODY_DOOR_MALLOC, program_side, AT_MAKE, 0, 16, CST_BLOCK_ALIGN, true);
    }
    for (size_t i = 0; i + 1 < MANY; i++) {
        point_to(chain[i], 0, at(chain[i + 1], 0));
    }
    mark_from(at(chain[0], 0));
    assert_class(chain[MANY - 1], REACHABLE);
    for (size_t i = 0; i < MANY; i++) {
        point_to(chain[i], 0, 0);
        point_to(fan, i * sizeof(void *), at(chain[i], 0));
    }
    mark_from(at(fan, 0));
    for (size_t i = 0; i < MANY; i++) {
        assert_class(chain[i], REACHABLE);
        cst_engine_release(CUSTODY_DOOR_FREE, program_side, AT_RELEASE, 0, chain[i], NAMING_NOTHING);
    }
}

static void marks_that_are_left_from_before_mean_nothing(void **state)
{
    (void)state;
    void *holder = block(32), *child = block(32);
    point_to(holder, 0, at(child, 0));
    mark_from(at(holder, 0));
    assert_class(child, REACHABLE);
    mark_from(0);
    assert_class(holder, DEFINITE);
    assert_class(child, INDIRECT);
    mark_from(at(child, 0));
    assert_class(holder, DEFINITE);
    assert_class(child, REACHABLE);
}

/* ---- whose blocks ---- */

static void blocks_of_a_parent_process_are_roots(void **state)
{
    (void)state;
    void *old = block(32);
    cst_thread.generation++;
    void *young = block(32), *lost = block(32);
    point_to(old, 0, at(young, 0));
    mark_from(0);
    cst_thread.generation--;
    assert_class(young, REACHABLE);
    assert_class(lost, DEFINITE);
}

static void blocks_of_nobody_are_roots(void **state)
{
    (void)state;
    void *nobodys = block(32), *child = block(32);
    cst_tag_of(at(nobodys, 0))->facts =
        cst_tag_facts(32, 4, cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN));
    point_to(nobodys, 0, at(child, 0));
    mark_from(0);
    assert_class(child, REACHABLE);
}

static void a_released_block_holds_nothing_and_is_met_by_nothing(void **state)
{
    (void)state;
    void *gone = block(64), *child = block(64);
    point_to(gone, 8, at(child, 0));
    cst_tag_release(cst_tag_of(at(gone, 0)), 0);
    mark_from(at(gone, 0));
    assert_class(child, DEFINITE);
    uintptr_t start;
    begin();
    assert_null(cst_reach_find(&reach, at(gone, 0), &start));
    assert_null(cst_reach_find(&reach, at(gone, 20), &start));
    finish();
}

/* ---- what a word points to ---- */

static void assert_found(uintptr_t address, const void *expected)
{
    uintptr_t start = 0;
    const struct cst_tag *tag = cst_reach_find(&reach, address, &start);
    if (tag != cst_tag_of((uintptr_t)expected) || start != (uintptr_t)expected) {
        fail_msg("%p is not found in the block of %zu bytes at %p", (void *)address,
                 cst_tag_size(cst_tag_of((uintptr_t)expected)), expected);
    }
}

static void assert_end(const void *block, size_t size)
{
    uintptr_t start = 0;
    const struct cst_tag *tag = cst_reach_find(&reach, at(block, size), &start);
    assert_true(!tag || start >= at(block, size));
}

static void every_address_in_a_block_is_found_and_its_end_is_not(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,     8,     15,    16,     17,     24,     32,    33,      48,          80,
                                   100,   112,   128,   160,    192,    224,    256,   320,     448,         512,
                                   640,   896,   1000,  1280,   1792,   2048,   2560,  3072,    3584,        4095,
                                   4096,  4097,  5120,  7168,   8192,   9000,   10240, 14336,   16384,       20480,
                                   28672, 40000, 65536, 100001, 262144, 300000, MIB,   MIB + 1, 3 * MIB + 5, 9 * MIB};
    enum { EACH = 7, SIZES = sizeof sizes / sizeof sizes[0] };
    for (size_t i = 0; i < SIZES; i++) {
        void *blocks[EACH];
        for (size_t n = 0; n < EACH; n++) { /* neighbours in a slab, across its pages */
            blocks[n] = block(sizes[i]);
        }
        begin();
        for (size_t n = 0; n < EACH; n++) {
            for (size_t offset = 0; offset < sizes[i]; offset += sizes[i] <= 20480 ? 1 : 509) {
                assert_found(at(blocks[n], offset), blocks[n]);
            }
            assert_found(at(blocks[n], sizes[i] - 1), blocks[n]);
            assert_end(blocks[n], sizes[i]);
        }
        finish();
        release_all(NULL);
    }
}

static void blocks_of_an_alignment_are_found_too(void **state)
{
    (void)state;
    for (size_t align = 32; align <= 65536; align *= 2) {
        static const size_t sizes[] = {1, 100, 5000, 70000};
        void *blocks[4];
        for (size_t i = 0; i < 4; i++) {
            blocks[i] = make_of(CUSTODY_DOOR_ALIGNED_ALLOC, CUSTODY_DOOR_FREE, program_side, sizes[i], align);
            assert_int_equal((uintptr_t)blocks[i] % align, 0);
        }
        begin();
        for (size_t i = 0; i < 4; i++) {
            assert_found(at(blocks[i], 0), blocks[i]);
            assert_found(at(blocks[i], sizes[i] / 2), blocks[i]);
            assert_found(at(blocks[i], sizes[i] - 1), blocks[i]);
            assert_end(blocks[i], sizes[i]);
        }
        finish();
        release_all(NULL);
    }
}

static void a_block_of_no_bytes_is_met_by_its_own_address_only(void **state)
{
    (void)state;
    void *empty = block(0);
    mark_from(at(empty, 1));
    assert_class(empty, DEFINITE);
    mark_from(at(empty, 0));
    assert_class(empty, REACHABLE);
}

static void the_end_of_a_block_does_not_keep_it(void **state)
{
    (void)state;
    void *full = block(64);
    mark_from(at(full, 64));
    assert_class(full, DEFINITE);
}

static void words_that_only_look_like_pointers_lead_nowhere(void **state)
{
    (void)state;
    void *lost = block(64);
    begin();
    const uintptr_t words[] = {0,
                               1,
                               UINTPTR_MAX,
                               cst_shadow.base - 1,
                               cst_shadow.base + cst_shadow.size - 1,
                               cst_shadow.base + cst_shadow.size,
                               (uintptr_t)cst_shadow.density,
                               (uintptr_t)&reach};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cst_reach_root(&reach, words[i], CST_HOLDER_NOBODY);
    }
    finish();
    assert_class(lost, DEFINITE);
}

/* ---- pointers into the middle that are as good as pointers to the beginning ---- */

static const struct cst_reach_range image = {.lo = 0x500000, .hi = 0x600000};

static bool keeps_whole(const void *block, size_t offset)
{
    assert_true(cst_reach_begin(&reach, cst_thread.generation, NULL, 0, &image, 1));
    bool whole = cst_reach_is_whole(&reach, cst_tag_of(at(block, 0)), at(block, 0), at(block, offset));
    finish();
    return whole;
}

static void low_bits_are_a_tag(void **state)
{
    (void)state;
    void *tagged = block(64);
    for (size_t bits = 0; bits < 8; bits++) {
        assert_true(keeps_whole(tagged, bits));
    }
    assert_false(keeps_whole(tagged, 8));
}

static void the_header_of_an_aligning_allocator_keeps_its_block(void **state)
{
    (void)state;
    void *aligned = block(500);
    point_to(aligned, 56, at(aligned, 0));
    assert_true(keeps_whole(aligned, 64));
    assert_false(keeps_whole(aligned, 72));
    point_to(aligned, 56, at(aligned, 8));
    assert_false(keeps_whole(aligned, 64));
}

static void a_second_base_class_keeps_its_object(void **state)
{
    (void)state;
    void *object = make_of(CUSTODY_DOOR_NEW, CUSTODY_DOOR_DELETE, program_side, 64, 16), *plain = block(64);
    void *objects[2] = {object, plain};
    for (size_t i = 0; i < 2; i++) {
        point_to(objects[i], 0, 0x500010);
        point_to(objects[i], 24, 0x5ffff8);
    }
    assert_true(keeps_whole(object, 24));
    assert_false(keeps_whole(plain, 24)); /* nothing that new made */
    assert_false(keeps_whole(object, 32));
    point_to(object, 24, 0x600000);
    assert_false(keeps_whole(object, 24));
    point_to(object, 24, 0x500000);
    point_to(object, 0, 0x4fffff);
    assert_false(keeps_whole(object, 24));
}

static void the_header_of_a_counted_string_keeps_it(void **state)
{
    (void)state;
    void *text = make_of(CUSTODY_DOOR_NEW, CUSTODY_DOOR_DELETE, program_side, 24 + 10 + 1, 16);
    point_to(text, 0, 4);
    point_to(text, 8, 10);
    assert_true(keeps_whole(text, 24));
    point_to(text, 0, 11);
    assert_false(keeps_whole(text, 24));
    point_to(text, 0, 4);
    point_to(text, 8, 9);
    assert_false(keeps_whole(text, 24));
}

static void the_cookie_of_an_array_keeps_it(void **state)
{
    (void)state;
    void *array = make_of(CUSTODY_DOOR_NEW_ARRAY, CUSTODY_DOOR_DELETE_ARRAY, program_side, 100, 16);
    void *single = make_of(CUSTODY_DOOR_NEW, CUSTODY_DOOR_DELETE, program_side, 100, 16);
    assert_true(keeps_whole(array, 8));
    assert_true(keeps_whole(array, 16));
    assert_false(keeps_whole(array, 24));
    assert_false(keeps_whole(single, 8));
}

static void the_counts_of_an_arc_keep_it(void **state)
{
    (void)state;
    void *arc = make_of(CUSTODY_DOOR_RUST_ALLOC, CUSTODY_DOOR_RUST_DEALLOC, rust_side, 56, 8);
    void *aligned = make_of(CUSTODY_DOOR_RUST_ALLOC, CUSTODY_DOOR_RUST_DEALLOC, rust_side, 128, 64);
    point_to(arc, 0, 1);
    point_to(arc, 8, 1);
    assert_true(keeps_whole(arc, 16));
    assert_false(keeps_whole(arc, 24));
    point_to(arc, 0, 0);
    assert_false(keeps_whole(arc, 16));
    point_to(arc, 0, UINT64_C(1) << 40);
    assert_false(keeps_whole(arc, 16));
    point_to(aligned, 0, 3);
    point_to(aligned, 8, 2);
    assert_true(keeps_whole(aligned, 64));
    assert_false(keeps_whole(aligned, 16));
}

static void the_control_bytes_of_a_hash_table_keep_it(void **state)
{
    (void)state;
    enum { BUCKETS = 32, ELEMENT = 24, CONTROL = BUCKETS * ELEMENT };
    void *table = make_of(CUSTODY_DOOR_RUST_ALLOC, CUSTODY_DOOR_RUST_DEALLOC, rust_side, CONTROL + BUCKETS + 16, 16);
    unsigned char *control = (unsigned char *)table + CONTROL;
    memset(control, 0xff, BUCKETS + 16);
    control[3] = control[BUCKETS + 3] = 0x21;
    assert_true(keeps_whole(table, CONTROL));
    assert_false(keeps_whole(table, CONTROL - 16));
    assert_false(keeps_whole(table, CONTROL + 16));
    control[BUCKETS + 3] = 0x22;
    assert_false(keeps_whole(table, CONTROL));
    memset(control, 0, BUCKETS + 16); /* full, which no table is */
    assert_false(keeps_whole(table, CONTROL));
}

static const struct cst_module libc = {.id = 4002, .name = "libc.so.6", .role = CST_ROLE_LIBC, .lang = CUSTODY_LANG_C};
static uint16_t libc_side;

static void anything_keeps_what_libc_made_for_itself(void **state)
{
    (void)state;
    void *table = block_of(libc_side, 400);
    assert_true(keeps_whole(table, 16));
    assert_true(keeps_whole(table, 399));
}

static void the_end_of_a_stdio_buffer_says_nothing_of_the_next_block(void **state)
{
    (void)state;
    void *stream = block_of(libc_side, 200), *buffer, *next = NULL;
    while (!next) { /* until two of a slab lie side by side */
        void *a = block_of(libc_side, 4096), *b = block(4096);
        buffer = a;
        next = at(a, 4096) == at(b, 0) ? b : NULL;
    }
    for (size_t place = 8; place <= 56; place += 8) {
        point_to(stream, place, at(buffer, place == 40 ? 5 : 0));
    }
    point_to(stream, 48, at(buffer, 4096));
    point_to(stream, 64, at(buffer, 4096));
    mark_from(at(stream, 0));
    assert_class(buffer, REACHABLE);
    assert_class(next, DEFINITE);
    void *table = block_of(libc_side, 200); /* two blocks that are kept, and no stream */
    point_to(table, 56, at(buffer, 0));
    point_to(table, 64, at(next, 0));
    point_to(table, 40, at(table, 0));
    mark_from(at(table, 0));
    assert_class(next, REACHABLE);
    void *not_libc = block(200);
    point_to(not_libc, 24, at(buffer, 4096));
    mark_from(at(not_libc, 0));
    assert_class(next, REACHABLE);
}

/* ---- memory of roots ---- */

static char *map(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static void mark_roots(const char *memory, size_t size, enum cst_reach_how how)
{
    begin();
    cst_reach_roots(&reach, (uintptr_t)memory, (uintptr_t)memory + size, CST_HOLDER_NOBODY, how);
    finish();
}

static void aligned_words_of_roots_are_seen_from_the_first_to_the_last(void **state)
{
    (void)state;
    void *target = block(32);
    char *memory = map(100 * PAGE);
    static const size_t places[] = {0, 8, 4088, 4096, 32768 - 8, 32768, 65536, 100 * 4096 - 8};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        point_to(memory, places[i], at(target, 0));
        mark_roots(memory, 100 * PAGE, CST_REACH_ALIGNED);
        assert_class(target, REACHABLE);
        point_to(memory, places[i], 0);
    }
    point_to(memory, 12, at(target, 0));
    mark_roots(memory, 100 * PAGE, CST_REACH_ALIGNED);
    assert_class(target, DEFINITE);
    point_to(memory, 50 * PAGE, at(target, 0));
    point_to(memory, 12, 0);
    mark_roots(memory, 50 * PAGE, CST_REACH_ALIGNED);
    assert_class(target, DEFINITE);
    munmap(memory, 100 * PAGE);
}

static void packed_words_are_seen_at_every_byte_also_across_copies(void **state)
{
    (void)state;
    void *target = block(32);
    size_t size = 3 * MIB;
    char *memory = map(size);
    memset(memory, 0x11, size);
    static const size_t borders[] = {PAGE, 32768, 2 * 32768 - 7, MIB, 2 * MIB};
    for (size_t i = 0; i < sizeof borders / sizeof borders[0]; i++) {
        for (size_t before = 0; before < 8; before++) {
            point_to(memory, borders[i] - before, at(target, 0));
            mark_roots(memory, size, CST_REACH_PACKED);
            assert_class(target, REACHABLE);
            memset(memory + borders[i] - 8, 0x11, 16);
        }
    }
    mark_roots(memory, size, CST_REACH_PACKED);
    assert_class(target, DEFINITE);
    point_to(memory, size - 8, at(target, 0));
    mark_roots(memory, size, CST_REACH_PACKED);
    assert_class(target, REACHABLE);
    munmap(memory, size);
}

static void pages_that_cannot_be_read_are_passed_over(void **state)
{
    (void)state;
    void *before = block(32), *behind = block(32), *in = block(32);
    for (size_t pages = 16; pages <= 512; pages *= 32) { /* small, and so large that untouched pages are asked for */
        char *memory = map(pages * PAGE);
        memset(memory, 0x11, pages * PAGE);
        point_to(memory, 3 * PAGE - 8, at(before, 0));
        point_to(memory, 4 * PAGE, at(in, 0));
        point_to(memory, 6 * PAGE, at(behind, 0));
        assert_int_equal(mprotect(memory + 3 * PAGE, PAGE, PROT_NONE), 0);
        assert_int_equal(mprotect(memory + 4 * PAGE, PAGE, PROT_NONE), 0);
        assert_int_equal(munmap(memory + 5 * PAGE, PAGE), 0);
        mark_roots(memory, pages * PAGE, CST_REACH_ALIGNED);
        assert_class(before, REACHABLE);
        assert_class(behind, REACHABLE);
        assert_class(in, DEFINITE);
        munmap(memory, pages * PAGE);
    }
}

static void a_file_that_became_shorter_than_its_mapping_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    char path[] = "/tmp/custody-reach-XXXXXX";
    void *target = block(32);
    int file = mkstemp(path);
    assert_true(file >= 0 && ftruncate(file, 8 * (off_t)PAGE) == 0);
    char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    assert_true(memory != MAP_FAILED);
    point_to(memory, 64, at(target, 0));
    assert_int_equal(ftruncate(file, PAGE), 0);
    mark_roots(memory, 8 * PAGE, CST_REACH_ALIGNED);
    assert_class(target, REACHABLE);
    munmap(memory, 8 * PAGE);
    close(file);
    unlink(path);
}

/* The kernel's list of what was touched, which older ones do not make: whether it may, how often it was asked, and whether
 * it ever answered. */
static struct {
    bool refused, answered;
    unsigned asked;
} list_of_touched;

ssize_t __real_cst_sys_touched(int pagemap, uintptr_t lo, uintptr_t hi, bool changed, struct cst_sys_run *out_runs,
                               size_t max, uintptr_t *out_come);

ssize_t __wrap_cst_sys_touched(int pagemap, uintptr_t lo, uintptr_t hi, bool changed, struct cst_sys_run *out_runs,
                               size_t max, uintptr_t *out_come)
{
    list_of_touched.asked++;
    ssize_t count =
        list_of_touched.refused ? -ENOTTY : __real_cst_sys_touched(pagemap, lo, hi, changed, out_runs, max, out_come);
    list_of_touched.answered |= count >= 0;
    return count;
}

/* More runs than the kernel is asked for at once, of odd and even lengths, and the two ends, which lie in pages that are
 * looked at in part. */
static void look_for_touched_pages(void)
{
    enum { RUNS = 1000, STEP = 16 };
    const size_t size = RUNS * STEP * PAGE;
    void *first = block(32), *last = block(32), *inner[RUNS / 50], *outside[2] = {block(32), block(32)};
    char *memory = map(size);
    for (size_t i = 0; i < RUNS; i++) {
        memory[i * STEP * PAGE + PAGE] = 1;
        memory[i * STEP * PAGE + PAGE * (i % 3 + 1)] = 1;
    }
    for (size_t i = 0; i < RUNS / 50; i++) {
        inner[i] = block(32);
        point_to(memory, (i * 50 * STEP + 1) * PAGE + 128, at(inner[i], 0));
    }
    point_to(memory, 64, at(first, 0));
    point_to(memory, 0, at(outside[0], 0));
    point_to(memory, size - 24, at(last, 0));
    point_to(memory, size - 8, at(outside[1], 0));
    mark_roots(memory + 64, size - 64 - 16, CST_REACH_ALIGNED);
    assert_class(first, REACHABLE);
    assert_class(last, REACHABLE);
    assert_class(outside[0], DEFINITE);
    assert_class(outside[1], DEFINITE);
    for (size_t i = 0; i < RUNS / 50; i++)
        assert_class(inner[i], REACHABLE);
    munmap(memory, size);
}

static void touched_pages_are_found_among_others(void **state)
{
    (void)state;
    look_for_touched_pages();
}

static void touched_pages_are_found_where_the_kernel_does_not_list_them(void **state)
{
    (void)state;
    list_of_touched.refused = true;
    look_for_touched_pages();
    list_of_touched.refused = false;
}

/* Of a module's memory, the pages that hold what the file says say nothing, whatever that looks like. */
static void look_for_changed_pages(void)
{
    char path[] = "/tmp/custody-reach-XXXXXX";
    void *as_in_file[2] = {block(32), block(32)}, *written = block(32);
    uintptr_t words[2] = {at(as_in_file[0], 0), at(as_in_file[1], 0)};
    int file = mkstemp(path);
    assert_true(file >= 0 && ftruncate(file, 8 * (off_t)PAGE) == 0);
    assert_int_equal(pwrite(file, &words[0], 8, 64), 8);
    assert_int_equal(pwrite(file, &words[1], 8, 3 * (off_t)PAGE + 64), 8);
    char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    assert_true(memory != MAP_FAILED);
    assert_memory_equal(memory + 64, &words[0], 8); /* read once, and the other never */
    point_to(memory, 5 * PAGE + 8, at(written, 0));
    assert_int_equal(mprotect(memory, 8 * PAGE, PROT_READ), 0);
    mark_roots(memory, 8 * PAGE, CST_REACH_CHANGED);
    assert_class(written, REACHABLE);
    assert_class(as_in_file[0], DEFINITE);
    assert_class(as_in_file[1], DEFINITE);
    munmap(memory, 8 * PAGE);
    close(file);
    unlink(path);
}

static void what_a_modules_file_says_is_no_pointer(void **state)
{
    (void)state;
    look_for_changed_pages();
    release_all(state);
    list_of_touched.refused = true;
    look_for_changed_pages();
    list_of_touched.refused = false;
}

static void terabytes_are_asked_about_in_few_steps(void **state)
{
    (void)state;
    const size_t size = (size_t)16 << 40;
    void *target = block(32);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    list_of_touched.answered = false;
    look_for_touched_pages();
    if (memory == MAP_FAILED || !list_of_touched.answered)
        skip();
    point_to(memory, size / 3 / 8 * 8, at(target, 0));
    list_of_touched.asked = 0;
    mark_roots(memory, size, CST_REACH_ALIGNED);
    assert_class(target, REACHABLE);
    assert_true(list_of_touched.asked < 10);
    munmap(memory, size);
}

static void a_huge_mapping_of_which_little_was_touched_takes_no_time_and_no_memory(void **state)
{
    (void)state;
    const size_t size = (size_t)32 << 30;
    void *target = block(32);
    char *memory = map(size);
    unsigned char touched[1];
    struct timespec before, after;
    point_to(memory, size - 8, at(target, 0));
    clock_gettime(CLOCK_MONOTONIC, &before);
    mark_roots(memory, size, CST_REACH_ALIGNED);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_class(target, REACHABLE);
    assert_true(after.tv_sec - before.tv_sec < 10);
    for (size_t i = 1; i < 1000; i++) {
        assert_int_equal(mincore(memory + size / 1000 / PAGE * PAGE * i, 1, touched), 0);
        assert_int_equal(touched[0] & 1, 0);
    }
    munmap(memory, size);
}

/* ---- memory of blocks ---- */

static void a_large_block_is_looked_through_where_it_was_touched(void **state)
{
    (void)state;
    const size_t size = 16 * MIB;
    void *large = cst_engine_alloc(CUSTODY_DOOR_MALLOC, program_side, AT_MAKE, 0, size, CST_BLOCK_ALIGN, false);
    made[made_count].block = large;
    made[made_count++].side = program_side;
    static const size_t places[] = {0, MIB - 8, 5 * MIB, 16 * MIB - 8};
    void *targets[4];
    for (size_t i = 0; i < 4; i++) {
        targets[i] = block(32);
        point_to(large, places[i], at(targets[i], 0));
    }
    mark_from(at(large, 0));
    for (size_t i = 0; i < 4; i++) {
        assert_class(targets[i], REACHABLE);
    }
}

static void a_block_is_looked_through_to_its_end_and_not_further(void **state)
{
    (void)state;
    void *holder = block(1000), *last = block(32), *behind = block(32);
    point_to(holder, 992, at(last, 0));
    point_to(holder, 1000, at(behind, 0));
    mark_from(at(holder, 0));
    assert_class(last, REACHABLE);
    assert_class(behind, DEFINITE);
}

/* A block of pages, the second of which the program has made unreadable, unmapped, or put a short file in its place. */
static void what_a_barred_page_holds_is_held(void **state)
{
    (void)state;
    void *barred = make_of(CUSTODY_DOOR_ALIGNED_ALLOC, CUSTODY_DOOR_FREE, program_side, 8 * PAGE, PAGE);
    void *before = block(32), *inside = block(32), *behind = block(32), *lost = block(32);
    const struct cst_reach_range bars[] = {{.lo = at(barred, 3 * PAGE), .hi = at(barred, 4 * PAGE)}};
    point_to(barred, 8, at(before, 0));
    point_to(barred, 3 * PAGE + 8, at(inside, 0));
    point_to(barred, 4 * PAGE, at(behind, 0));
    assert_int_equal(mprotect((char *)barred + 3 * PAGE, PAGE, PROT_NONE), 0);
    assert_true(cst_reach_begin(&reach, cst_thread.generation, bars, 1, NULL, 0));
    cst_reach_root(&reach, at(barred, 0), CST_HOLDER_NOBODY);
    cst_reach_root(&reach, at(barred, 3 * PAGE + 64), CST_HOLDER_NOBODY); /* must not be looked at for a header */
    finish();
    assert_int_equal(mprotect((char *)barred + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE), 0);
    assert_class(barred, REACHABLE);
    assert_class(before, REACHABLE);
    assert_class(inside, REACHABLE);
    assert_class(behind, REACHABLE);
    assert_class(lost, DEFINITE);
}

static void a_hole_in_a_block_crashes_nothing(void **state)
{
    (void)state;
    void *barred = make_of(CUSTODY_DOOR_ALIGNED_ALLOC, CUSTODY_DOOR_FREE, program_side, 8 * PAGE, PAGE);
    void *behind = block(32);
    const struct cst_reach_range bars[] = {{.lo = at(barred, PAGE), .hi = at(barred, 4 * PAGE)}};
    char *hole = (char *)barred + PAGE;
    point_to(barred, 4 * PAGE, at(behind, 0));
    assert_int_equal(munmap(hole, 3 * PAGE), 0);
    assert_true(cst_reach_begin(&reach, cst_thread.generation, bars, 1, NULL, 0));
    cst_reach_root(&reach, at(barred, 0), CST_HOLDER_NOBODY);
    finish();
    assert_ptr_equal(
        mmap(hole, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), hole);
    assert_class(behind, REACHABLE);
}

static void bars_are_found_among_many(void **state)
{
    (void)state;
    struct cst_reach_range bars[100];
    for (size_t i = 0; i < 100; i++) {
        bars[i] = (struct cst_reach_range){.lo = 1000 * i + 100, .hi = 1000 * i + 200};
    }
    reach = (struct cst_reach){.barred = bars, .barred_count = 100};
    for (uintptr_t i = 0; i < 100; i++) {
        assert_true(cst_reach_is_barred(&reach, 1000 * i + 199, 1000 * i + 300));
        assert_true(cst_reach_is_barred(&reach, 1000 * i, 1000 * i + 101));
        assert_false(cst_reach_is_barred(&reach, 1000 * i, 1000 * i + 100));
        assert_false(cst_reach_is_barred(&reach, 1000 * i + 200, 1000 * i + 1100));
    }
}

static void a_stack_in_a_block_keeps_it(void **state)
{
    (void)state;
    void *stack = block(65536), *local = block(32), *other = block(65536);
    point_to(stack, 60000, at(local, 0));
    begin();
    cst_reach_stack(&reach, at(stack, 50000));
    cst_reach_stack(&reach, (uintptr_t)&stack);
    finish();
    assert_class(stack, REACHABLE);
    assert_class(local, REACHABLE);
    assert_class(other, DEFINITE);
}

/* ---- heaps of their own ---- */

static uint16_t isolated_side;

static void isolated_heaps_hold_and_are_held(void **state)
{
    (void)state;
    void *shared = block(100), *isolated = block_of(isolated_side, 100), *again = block_of(isolated_side, 9 * MIB);
    void *lost = block_of(isolated_side, 100);
    assert_true(!cst_heap_is_shared(at(isolated, 0)) && cst_heap_has(at(isolated, 0)));
    point_to(isolated, 0, at(shared, 0));
    point_to(shared, 0, at(again, 0));
    mark_from(at(isolated, 0));
    assert_class(isolated, REACHABLE);
    assert_class(shared, REACHABLE);
    assert_class(again, REACHABLE);
    assert_class(lost, DEFINITE);
    mark_from(at(again, 7 * MIB));
    assert_class(again, POSSIBLE);
}

/* ---- holders ---- */

static uint16_t named_side;

static uint16_t holder_of(const void *block)
{
    return cst_reach_holder_of(cst_tag_of((uintptr_t)block));
}

static void a_block_that_one_other_side_holds_is_held_by_it(void **state)
{
    (void)state;
    void *theirs = block_of(library_side, 64), *second = block_of(library_side, 64), *ours = block(64);
    point_to(theirs, 0, at(ours, 0));
    point_to(second, 0, at(ours, 0));
    begin();
    cst_reach_root(&reach, at(theirs, 0), CST_HOLDER_NOBODY);
    cst_reach_root(&reach, at(second, 0), CST_HOLDER_NOBODY);
    finish();
    assert_int_equal(holder_of(ours), library_side);
    assert_int_equal(holder_of(theirs), CST_SIDE_UNKNOWN);
}

static void data_of_another_module_holds_as_its_blocks_do(void **state)
{
    (void)state;
    void *ours = block(64);
    begin();
    cst_reach_root(&reach, at(ours, 0), library_side | CST_HOLDER_DATA);
    finish();
    assert_int_equal(holder_of(ours), library_side);
}

static void assert_not_held_by(uint16_t owner, uint16_t holder)
{
    void *held = block_of(owner, 64);
    begin();
    cst_reach_root(&reach, at(held, 0), library_side);
    cst_reach_root(&reach, at(held, 0), holder);
    finish();
    assert_int_equal(holder_of(held), CST_SIDE_UNKNOWN);
    begin();
    cst_reach_root(&reach, at(held, 0), holder);
    finish();
    assert_int_equal(holder_of(held), CST_SIDE_UNKNOWN);
    assert_class(held, REACHABLE);
}

static void its_own_side_a_stack_libc_and_names_are_no_holders(void **state)
{
    (void)state;
    assert_not_held_by(program_side, program_side);
    assert_not_held_by(program_side, program_side | CST_HOLDER_DATA);
    assert_not_held_by(program_side, CST_HOLDER_NOBODY);
    assert_not_held_by(program_side, libc_side);
    assert_not_held_by(program_side, libc_side | CST_HOLDER_DATA);
    assert_not_held_by(program_side, named_side);
    assert_not_held_by(named_side, library_side);
}

static void of_several_others_none_is_the_holder(void **state)
{
    (void)state;
    void *held = block_of(rust_side, 64);
    begin();
    cst_reach_root(&reach, at(held, 0), library_side);
    cst_reach_root(&reach, at(held, 0), program_side);
    finish();
    assert_int_equal(holder_of(held), CST_SIDE_UNKNOWN);
}

static void in_one_module_rust_and_c_are_two_parties_but_its_data_is_both_theirs(void **state)
{
    (void)state;
    void *held = block_of(rust_side, 64);
    begin();
    cst_reach_root(&reach, at(held, 0), program_side);
    finish();
    assert_int_equal(holder_of(held), program_side);
    assert_not_held_by(rust_side, program_side | CST_HOLDER_DATA);
}

static void the_class_does_not_depend_on_the_holder(void **state)
{
    (void)state;
    void *theirs = block_of(library_side, 64), *ours = block(64);
    point_to(theirs, 0, at(ours, 0));
    mark_from(0);
    assert_class(theirs, DEFINITE);
    assert_class(ours, INDIRECT);
    assert_int_equal(holder_of(ours), library_side);
}

static int start(void **state)
{
    (void)state;
    cst_side_isolate("vault");
    if (!world_start()) {
        return -1;
    }
    isolated_side = cst_side_register("vault", CUSTODY_LANG_C);
    named_side = cst_side_register("a name", CUSTODY_LANG_C);
    libc_side = cst_side_of_module(&libc, CUSTODY_CONTRACT_MALLOC);
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, release_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_roots_lead_to_is_reachable_and_the_rest_is_lost),
        TEST(of_a_lost_tree_the_root_is_definite_and_the_rest_indirect),
        TEST(of_a_lost_ring_one_is_definite),
        TEST(what_leads_to_a_lost_ring_is_its_leader),
        TEST(a_block_that_points_to_itself_is_held_by_nobody),
        TEST(of_any_lost_graph_one_block_of_each_source_is_definite),
        TEST(a_child_of_two_lost_leaders_is_indirect),
        TEST(a_leader_that_a_later_one_leads_to_is_none),
        TEST(a_pointer_into_the_middle_makes_it_possible_and_what_it_leads_to),
        TEST(a_possible_block_that_is_also_held_whole_is_reachable),
        TEST(a_ring_that_is_possible_is_possible_all_round),
        TEST(a_long_chain_and_a_wide_fan_are_followed_to_the_end),
        TEST(marks_that_are_left_from_before_mean_nothing),
        TEST(blocks_of_a_parent_process_are_roots),
        TEST(blocks_of_nobody_are_roots),
        TEST(a_released_block_holds_nothing_and_is_met_by_nothing),
        TEST(every_address_in_a_block_is_found_and_its_end_is_not),
        TEST(blocks_of_an_alignment_are_found_too),
        TEST(a_block_of_no_bytes_is_met_by_its_own_address_only),
        TEST(the_end_of_a_block_does_not_keep_it),
        TEST(words_that_only_look_like_pointers_lead_nowhere),
        TEST(low_bits_are_a_tag),
        TEST(the_header_of_an_aligning_allocator_keeps_its_block),
        TEST(a_second_base_class_keeps_its_object),
        TEST(the_header_of_a_counted_string_keeps_it),
        TEST(the_cookie_of_an_array_keeps_it),
        TEST(the_counts_of_an_arc_keep_it),
        TEST(the_control_bytes_of_a_hash_table_keep_it),
        TEST(anything_keeps_what_libc_made_for_itself),
        TEST(the_end_of_a_stdio_buffer_says_nothing_of_the_next_block),
        TEST(aligned_words_of_roots_are_seen_from_the_first_to_the_last),
        TEST(packed_words_are_seen_at_every_byte_also_across_copies),
        TEST(pages_that_cannot_be_read_are_passed_over),
        TEST(a_file_that_became_shorter_than_its_mapping_is_read_as_far_as_it_goes),
        TEST(touched_pages_are_found_among_others),
        TEST(touched_pages_are_found_where_the_kernel_does_not_list_them),
        TEST(what_a_modules_file_says_is_no_pointer),
        TEST(terabytes_are_asked_about_in_few_steps),
        TEST(a_huge_mapping_of_which_little_was_touched_takes_no_time_and_no_memory),
        TEST(a_large_block_is_looked_through_where_it_was_touched),
        TEST(a_block_is_looked_through_to_its_end_and_not_further),
        TEST(what_a_barred_page_holds_is_held),
        TEST(a_hole_in_a_block_crashes_nothing),
        TEST(bars_are_found_among_many),
        TEST(a_stack_in_a_block_keeps_it),
        TEST(isolated_heaps_hold_and_are_held),
        TEST(a_block_that_one_other_side_holds_is_held_by_it),
        TEST(data_of_another_module_holds_as_its_blocks_do),
        TEST(its_own_side_a_stack_libc_and_names_are_no_holders),
        TEST(of_several_others_none_is_the_holder),
        TEST(in_one_module_rust_and_c_are_two_parties_but_its_data_is_both_theirs),
        TEST(the_class_does_not_depend_on_the_holder),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
