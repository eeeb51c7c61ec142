/* The engine: what happens to memory, tags and counters when blocks are made, released and resized, rightly and wrongly;
 * after a wrong release everything is as if it had been right. The world is small (world.h) and the heap real. */
#include "core/engine.h"

#include "base/boot.h"
#include "child.h"
#include "core/crossing.h"
#include "core/settled.h"
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#define TOO_LARGE ((size_t)1 << 39)

static struct cst_tag tag_of(const void *block)
{
    assert_true(cst_tag_covers((uintptr_t)block));
    return *cst_tag_of((uintptr_t)block);
}

static void assert_live(const void *block, uint16_t side, enum custody_contract contract, size_t size, size_t align)
{
    struct cst_tag tag = tag_of(block);
    assert_true(cst_tag_is_live_of(&tag, cst_owner_make(contract, side)));
    assert_true(cst_tag_starts_at(&tag, (uintptr_t)block));
    assert_int_equal(cst_tag_size(&tag), size);
    assert_int_equal(cst_tag_align(&tag), align);
    assert_int_equal((uintptr_t)block % align, 0);
}

static uintptr_t alloc_place(const struct cst_tag *tag)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    return cst_stack_load(cst_tag_alloc_stack(tag), frames) == 1 ? frames[0] : 0;
}

static void assert_kind(enum custody_finding_kind kind)
{
    assert_int_equal(told_count, 1);
    assert_string_equal(custody_finding_name(told[0].finding.kind), custody_finding_name(kind));
}

static uint64_t live_blocks(uint16_t side)
{
    struct cst_count_total total = cst_count_sum(side);
    return total.allocs - total.frees;
}

static uint64_t live_bytes(uint16_t side)
{
    return cst_count_sum(side).live_bytes;
}

static void a_block_carries_its_side_contract_size_alignment_and_place(void **state)
{
    (void)state;
    /* The first call of a place takes the slow path, the second the fast one. */
    for (int time = 0; time < 2; time++) {
        char *plain = cst_engine_alloc(CUSTODY_DOOR_CALLOC, program_side, 0x2001, 0, 24, 16, true);
        char *aligned = cst_engine_alloc(CUSTODY_DOOR_RUST_ALLOC, rust_side, 0x2002, 0, 100, 64, false);
        assert_live(plain, program_side, CUSTODY_CONTRACT_MALLOC, 24, 16);
        assert_live(aligned, rust_side, CUSTODY_CONTRACT_RUST, 100, 64);
        struct cst_tag tags[] = {tag_of(plain), tag_of(aligned)};
        assert_int_equal(alloc_place(&tags[0]), 0x2001);
        assert_int_equal(alloc_place(&tags[1]), 0x2002);
        for (int i = 0; i < 24; i++) {
            assert_int_equal(plain[i], 0);
        }
        memset(plain, 0xff, 24);
        release(CUSTODY_DOOR_FREE, program_side, plain);
    }
}

static void alignments_below_the_heaps_own_are_remembered_as_asked_for(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 16; align *= 2) {
        void *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 5, align);
        assert_live(block, rust_side, CUSTODY_CONTRACT_RUST, 5, align);
        cst_engine_release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, AT_RELEASE, 0, block, naming(5, align));
    }
    assert_int_equal(told_count, 0);
}

static void a_block_of_no_bytes_is_a_block(void **state)
{
    (void)state;
    for (size_t align = 16; align <= 8192; align *= 2) {
        void *a = make(CUSTODY_DOOR_MALLOC, program_side, 0, align),
             *b = make(CUSTODY_DOOR_MALLOC, program_side, 0, align);
        assert_ptr_not_equal(a, b);
        assert_live(a, program_side, CUSTODY_CONTRACT_MALLOC, 0, align);
        assert_live(b, program_side, CUSTODY_CONTRACT_MALLOC, 0, align);
        release(CUSTODY_DOOR_FREE, program_side, a);
        release(CUSTODY_DOOR_FREE, program_side, b);
    }
    assert_int_equal(told_count, 0);
}

static void what_cannot_be_met_gives_null_and_enomem_and_counts_nothing(void **state)
{
    (void)state;
    static const struct {
        size_t size, align;
    } asked[] = {{SIZE_MAX, 16},
                 {SIZE_MAX, 4096},
                 {SIZE_MAX - 15, 16},
                 {SIZE_MAX / 2, 1},
                 {TOO_LARGE, 16},
                 {100, TOO_LARGE},
                 {100, (size_t)1 << 62},
                 {0, (size_t)1 << 63},
                 {SIZE_MAX / 2 + 2, (size_t)1 << 63},
                 {CST_TAG_SIZE_MAX + 1, 16}};
    uint64_t before = live_blocks(program_side);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        errno = 0;
        assert_null(make(CUSTODY_DOOR_MALLOC, program_side, asked[i].size, asked[i].align));
        assert_int_equal(errno, ENOMEM);
    }
    assert_int_equal(live_blocks(program_side), before);
}

static void a_release_by_the_owner_is_silent_and_leaves_its_place(void **state)
{
    (void)state;
    for (int time = 0; time < 3; time++) {
        void *block = make(CUSTODY_DOOR_MALLOC, program_side, 40, 16);
        release(CUSTODY_DOOR_FREE, program_side, block);
        struct cst_tag tag = tag_of(block);
        uintptr_t frames[CST_STACK_FRAMES_MAX];
        assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
        assert_int_equal(cst_stack_load(cst_tag_release_stack(&tag), frames), 1);
        assert_int_equal(frames[0], AT_RELEASE);
    }
    assert_int_equal(told_count, 0);
}

static void a_wrong_release_is_told_and_done(void **state)
{
    (void)state;
    static const struct {
        enum custody_door made, released;
        enum custody_finding_kind kind;
    } rows[] = {
        {CUSTODY_DOOR_RUST_ALLOC, CUSTODY_DOOR_FREE, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE},
        {CUSTODY_DOOR_MALLOC, CUSTODY_DOOR_RUST_DEALLOC, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE},
        {CUSTODY_DOOR_NEW, CUSTODY_DOOR_FREE, CUSTODY_FINDING_MISMATCHED_RELEASE},
        {CUSTODY_DOOR_NEW, CUSTODY_DOOR_DELETE_ARRAY, CUSTODY_FINDING_MISMATCHED_RELEASE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_forget();
        uint64_t blocks = live_blocks(program_side), bytes = live_bytes(program_side);
        void *block = make(rows[i].made, program_side, 100, 16);
        assert_int_equal(live_bytes(program_side), bytes + 100);
        release(rows[i].released, program_side, block);
        assert_kind(rows[i].kind);
        struct cst_tag tag = tag_of(block);
        assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
        assert_int_equal(live_blocks(program_side), blocks);
        assert_int_equal(live_bytes(program_side), bytes);
    }
}

static void a_block_released_by_another_side_is_counted_out_of_its_owners(void **state)
{
    (void)state;
    uint64_t owners = live_blocks(program_side), others = live_blocks(library_side);
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, program_side, 100, 16));
    assert_kind(CUSTODY_FINDING_CROSS_SIDE_FREE);
    assert_int_equal(live_blocks(program_side), owners);
    assert_int_equal(live_blocks(library_side), others);
}

static size_t settled_rows(void)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof cst_settled_rows / sizeof *cst_settled_rows; i++) {
        count += atomic_load(&cst_settled_rows[i].key) != CST_SETTLED_FREE;
    }
    return count;
}

/* A side that the program registered: anybody may release its blocks. */
static void a_release_that_was_allowed_is_allowed_and_counted_again(void **state)
{
    static struct cst_crossing crossings[CST_CROSSING_MAX];
    (void)state;
    uint16_t team = cst_side_register("team", CUSTODY_LANG_C);
    for (uint64_t i = 1; i <= 4; i++) {
        uint64_t blocks = live_blocks(team), bytes = live_bytes(team);
        void *block = make(CUSTODY_DOOR_MALLOC, team, 100, 16);
        release(CUSTODY_DOOR_FREE, library_side, block);
        struct cst_tag tag = tag_of(block);
        assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
        assert_int_not_equal(cst_tag_release_stack(&tag), 0);
        assert_int_equal(live_blocks(team), blocks);
        assert_int_equal(live_bytes(team), bytes);
        assert_int_equal(cst_crossing_list(crossings), 1);
        assert_int_equal(crossings[0].count, i);
        assert_true(crossings[0].allowed);
        assert_int_equal(settled_rows(), 1);
    }
    assert_int_equal(told_count, 0);
}

static void what_was_allowed_is_judged_again_when_the_layout_does_not_fit(void **state)
{
    (void)state;
    uint16_t team = cst_side_register("team", CUSTODY_LANG_C);
    for (size_t wrong = 0; wrong < 2; wrong++) {
        void *block = make(CUSTODY_DOOR_NEW, team, 100, 16);
        cst_engine_release(CUSTODY_DOOR_DELETE_SIZED, library_side, AT_RELEASE, 0, block, naming(100 + wrong, 16));
        assert_int_equal(settled_rows(), 1);
    }
    assert_kind(CUSTODY_FINDING_LAYOUT_MISMATCH);
}

static void a_resize_that_was_allowed_is_allowed_again_and_makes_the_caller_the_owner(void **state)
{
    (void)state;
    uint16_t team = cst_side_register("team", CUSTODY_LANG_C);
    for (size_t i = 0; i < 3; i++) {
        uint64_t blocks = live_blocks(team);
        void *block = make(CUSTODY_DOOR_MALLOC, team, 100, 16);
        block = resize(CUSTODY_DOOR_REALLOC, library_side, block, 300, 16, NAMING_NOTHING);
        assert_live(block, library_side, CUSTODY_CONTRACT_MALLOC, 300, 16);
        assert_int_equal(live_blocks(team), blocks);
        release(CUSTODY_DOOR_FREE, library_side, block);
        assert_int_equal(settled_rows(), 1);
    }
    assert_int_equal(told_count, 0);
}

static void a_layout_mismatch_is_done_with_the_blocks_own_size(void **state)
{
    (void)state;
    uint64_t bytes = live_bytes(rust_side);
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 3000, 64), *again;
    cst_engine_release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, AT_RELEASE, 0, block, naming(16, 1));
    assert_kind(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_int_equal(live_bytes(rust_side), bytes);
    again = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 16, 1);
    assert_ptr_not_equal(block, again);
    release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, again);
}

static void a_second_release_is_told_and_not_done(void **state)
{
    (void)state;
    void *block = make(CUSTODY_DOOR_MALLOC, program_side, 48, 16);
    release(CUSTODY_DOOR_FREE, program_side, block);
    uint64_t blocks = live_blocks(program_side);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_kind(CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(live_blocks(program_side), blocks);
    void *a = make(CUSTODY_DOOR_MALLOC, program_side, 48, 16), *b = make(CUSTODY_DOOR_MALLOC, program_side, 48, 16);
    assert_ptr_not_equal(a, b);
    release(CUSTODY_DOOR_FREE, program_side, a);
    release(CUSTODY_DOOR_FREE, program_side, b);
}

static void an_interior_release_is_told_and_leaves_the_block_as_it_was(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 200, 16);
    struct cst_tag before = tag_of(block);
    strcpy(block, "kept");
    release(CUSTODY_DOOR_FREE, program_side, block + 16);
    assert_kind(CUSTODY_FINDING_INTERIOR_FREE);
    struct cst_tag after = tag_of(block);
    assert_memory_equal(&after, &before, sizeof before);
    assert_string_equal(block, "kept");
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 1);
}

/* It lies, as such blocks do, somewhere inside a writable mapping. */
static char *block_of_another_allocator(void)
{
    char *area = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(area != MAP_FAILED);
    return area + 4000;
}

static void what_is_no_block_is_told_and_not_touched(void **state)
{
    (void)state;
    static char zeroed[64], expected[64];
    release(CUSTODY_DOOR_FREE, program_side, zeroed + 16);
    assert_kind(CUSTODY_FINDING_INVALID_FREE);
    assert_memory_equal(zeroed, expected, sizeof zeroed);
    char *theirs = block_of_another_allocator();
    strcpy(theirs, "theirs");
    world_forget();
    release(CUSTODY_DOOR_FREE, program_side, theirs);
    assert_kind(CUSTODY_FINDING_FOREIGN_FREE);
    assert_string_equal(theirs, "theirs");
}

static uint64_t clobber(const struct cst_finding *finding)
{
    errno = EPIPE;
    return keep(finding);
}

static void a_release_leaves_errno_alone_whatever_the_sink_does(void **state)
{
    (void)state;
    cst_findings_start(clobber);
    for (int time = 0; time < 2; time++) {
        void *mine = make(CUSTODY_DOOR_MALLOC, program_side, 1, 16),
             *theirs = make(CUSTODY_DOOR_NEW, library_side, 1, 16);
        errno = 1234;
        release(CUSTODY_DOOR_FREE, program_side, mine);
        assert_int_equal(errno, 1234);
        release(CUSTODY_DOOR_FREE, program_side, theirs);
        assert_int_equal(errno, 1234);
        release(CUSTODY_DOOR_FREE, program_side, &mine);
        assert_int_equal(errno, 1234);
    }
    cst_findings_start(keep);
    assert_int_equal(told_count, 2);
}

static void blocks_before_the_heap_are_released_in_silence_and_copied_by_a_resize(void **state)
{
    (void)state;
    char *early = cst_boot_alloc(20, 16);
    strcpy(early, "early");
    char *block = resize(CUSTODY_DOOR_REALLOC, program_side, early, 100, 16, NAMING_NOTHING);
    assert_string_equal(block, "early");
    assert_live(block, program_side, CUSTODY_CONTRACT_MALLOC, 100, 16);
    release(CUSTODY_DOOR_FREE, program_side, early);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 0);
}

static void a_resize_keeps_contents_and_alignment_and_takes_a_new_size_and_place(void **state)
{
    (void)state;
    static const size_t sizes[] = {17, 100, 5000, 100000, 3000000, 20, 0, 64};
    for (size_t align = 16; align <= 4096; align *= 16) {
        uint64_t blocks = live_blocks(rust_side), bytes = live_bytes(rust_side);
        size_t size = 16;
        char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, size, align);
        memset(block, 'x', size);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            block = resize(CUSTODY_DOOR_RUST_REALLOC, rust_side, block, sizes[i], align, naming(size, align));
            assert_live(block, rust_side, CUSTODY_CONTRACT_RUST, sizes[i], align);
            for (size_t at = 0; at < size && at < sizes[i]; at += 1 + size / 997) {
                assert_int_equal(block[at], 'x');
            }
            memset(block, 'x', sizes[i]);
            size = sizes[i];
            assert_int_equal(live_blocks(rust_side), blocks + 1);
            assert_int_equal(live_bytes(rust_side), bytes + size);
            struct cst_tag tag = tag_of(block);
            assert_int_equal(alloc_place(&tag), AT_AGAIN);
        }
        release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, block);
    }
    assert_int_equal(told_count, 0);
}

/* jemalloc serves alignments of a page and more from larger classes than the size has. */
static void a_block_with_an_alignment_is_resized_by_what_it_really_takes(void **state)
{
    (void)state;
    for (size_t align = 16; align <= 16384; align *= 2) {
        for (size_t size = 40; size < 60000; size += size / 3) {
            char *block = make(CUSTODY_DOOR_ALIGNED_ALLOC, program_side, size, align);
            memset(block, 'x', size);
            block = resize(CUSTODY_DOOR_REALLOC, program_side, block, size + 8, 16, NAMING_NOTHING);
            assert_int_equal(cst_heap_usable(block), cst_je_nallocx(size + 8, 0));
            for (size_t at = 0; at < size; at += 1 + size / 97) {
                assert_int_equal(block[at], 'x');
            }
            release(CUSTODY_DOOR_FREE, program_side, block);
        }
    }
    assert_int_equal(told_count, 0);
}

static void a_resize_that_moves_leaves_a_released_block_behind(void **state)
{
    (void)state;
    void *block = make(CUSTODY_DOOR_MALLOC, program_side, 32, 16);
    void *moved = resize(CUSTODY_DOOR_REALLOC, program_side, block, 3000, 16, NAMING_NOTHING);
    assert_ptr_not_equal(block, moved);
    struct cst_tag tag = tag_of(block);
    assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_kind(CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(told[0].first_release, AT_AGAIN);
    release(CUSTODY_DOOR_FREE, program_side, moved);
}

static void a_resize_that_fails_keeps_block_tag_and_counters(void **state)
{
    (void)state;
    static const size_t impossible[] = {TOO_LARGE, SIZE_MAX, SIZE_MAX / 2, CST_TAG_SIZE_MAX};
    for (size_t align = 16; align <= 64; align *= 4) {
        char *block = make(CUSTODY_DOOR_MALLOC, program_side, 100, align);
        strcpy(block, "kept");
        struct cst_tag before = tag_of(block);
        uint64_t blocks = live_blocks(program_side), bytes = live_bytes(program_side);
        for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
            errno = 0;
            assert_null(resize(CUSTODY_DOOR_REALLOC, program_side, block, impossible[i], align, NAMING_NOTHING));
            assert_int_equal(errno, ENOMEM);
            struct cst_tag after = tag_of(block);
            assert_memory_equal(&after, &before, sizeof before);
        }
        assert_string_equal(block, "kept");
        assert_int_equal(live_blocks(program_side), blocks);
        assert_int_equal(live_bytes(program_side), bytes);
        release(CUSTODY_DOOR_FREE, program_side, block);
    }
    assert_int_equal(told_count, 0);
}

static void a_resize_by_another_side_is_told_and_makes_it_the_owner(void **state)
{
    (void)state;
    uint64_t before = live_blocks(program_side);
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 100, 8);
    strcpy(block, "kept");
    block = resize(CUSTODY_DOOR_REALLOC, program_side, block, 4000, 16, NAMING_NOTHING);
    assert_kind(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_string_equal(block, "kept");
    assert_live(block, program_side, CUSTODY_CONTRACT_MALLOC, 4000, 16);
    assert_int_equal(live_blocks(program_side), before + 1);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 1);
}

static void a_resize_of_a_released_block_is_told_and_gives_a_fresh_one(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 100, 16);
    release(CUSTODY_DOOR_FREE, program_side, block);
    char *fresh = resize(CUSTODY_DOOR_REALLOC, program_side, block, 6000, 16, NAMING_NOTHING);
    assert_kind(CUSTODY_FINDING_DOUBLE_FREE);
    assert_live(fresh, program_side, CUSTODY_CONTRACT_MALLOC, 6000, 16);
    release(CUSTODY_DOOR_FREE, program_side, fresh);
}

static void a_resize_from_inside_a_block_copies_what_follows_and_leaves_the_block(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 64, 16);
    strcpy(block + 32, "inside");
    char *fresh = resize(CUSTODY_DOOR_REALLOC, program_side, block + 32, 6000, 16, NAMING_NOTHING);
    assert_kind(CUSTODY_FINDING_INTERIOR_FREE);
    assert_string_equal(fresh, "inside");
    assert_live(fresh, program_side, CUSTODY_CONTRACT_MALLOC, 6000, 16);
    assert_live(block, program_side, CUSTODY_CONTRACT_MALLOC, 64, 16);
    release(CUSTODY_DOOR_FREE, program_side, fresh);
    release(CUSTODY_DOOR_FREE, program_side, block);
}

static void a_resize_of_what_is_no_block_is_told_and_gives_null(void **state)
{
    (void)state;
    char local[64];
    errno = 0;
    assert_null(resize(CUSTODY_DOOR_REALLOC, program_side, local, 100, 16, NAMING_NOTHING));
    assert_int_equal(errno, ENOMEM);
    assert_kind(CUSTODY_FINDING_INVALID_FREE);
    world_forget();
    void *theirs = block_of_another_allocator();
    assert_null(resize(CUSTODY_DOOR_REALLOC, program_side, theirs, 100, 16, NAMING_NOTHING));
    assert_kind(CUSTODY_FINDING_FOREIGN_FREE);
}

static void a_resize_with_another_layout_is_told_and_done(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_RUST_ALLOC, rust_side, 100, 8);
    strcpy(block, "kept");
    block = resize(CUSTODY_DOOR_RUST_REALLOC, rust_side, block, 5000, 8, naming(50, 8));
    assert_kind(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_int_equal(told[0].finding.given_size, 50);
    assert_string_equal(block, "kept");
    release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, block);
}

/* As the runtime's own calls into libc leave them: never counted in, never judged. */
static void blocks_of_the_runtime_itself_are_released_uncounted_and_in_silence(void **state)
{
    (void)state;
    for (int resized = 0; resized < 2; resized++) {
        uintptr_t address = (uintptr_t)cst_heap_alloc(0, 64, CST_BLOCK_ALIGN, false);
        struct cst_tag *tag = cst_tag_claim(address, 64);
        tag->facts = cst_tag_facts(64, 4, cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN));
        tag->sites = cst_tag_sites(address, 0, 0);
        uint64_t unknown = live_blocks(CST_SIDE_UNKNOWN), bytes = live_bytes(CST_SIDE_UNKNOWN);
        void *block = (void *)address;
        if (resized) {
            block = resize(CUSTODY_DOOR_REALLOC, program_side, block, 5000, 16, NAMING_NOTHING);
        }
        release(CUSTODY_DOOR_FREE, program_side, block);
        assert_int_equal(live_blocks(CST_SIDE_UNKNOWN), unknown);
        assert_int_equal(live_bytes(CST_SIDE_UNKNOWN), bytes);
    }
    assert_int_equal(told_count, 0);
}

/* Rust whose entries are not hooked asks libc for memory: for alignments above the heap's own by their number. */
static void rust_seen_through_libc_gets_aligned_blocks_back_whole(void **state)
{
    (void)state;
    world_know(0x3001, CUSTODY_DOOR_POSIX_MEMALIGN, CST_HOW_RUST, CST_MODULE_NONE, rust_side, 0);
    for (size_t align = 8; align <= 4096; align *= 2) {
        void *block = cst_engine_alloc(CUSTODY_DOOR_POSIX_MEMALIGN, CST_SIDE_UNKNOWN, 0x3001, 0, 100, align, false);
        struct cst_tag tag = tag_of(block);
        assert_int_equal(cst_tag_align_log2(&tag) == CST_ALIGN_UNKNOWN, align <= 16);
        cst_engine_release(CUSTODY_DOOR_RUST_DEALLOC, rust_side, AT_RELEASE, 0, block, naming(100, align));
        void *again[8];
        for (int i = 0; i < 8; i++) {
            again[i] = make(CUSTODY_DOOR_MALLOC, program_side, 100, 16);
            assert_int_equal(cst_heap_usable(again[i]), 112);
        }
        for (int i = 0; i < 8; i++) {
            release(CUSTODY_DOOR_FREE, program_side, again[i]);
        }
    }
    assert_int_equal(told_count, 0);
}

static void without_stacks_blocks_have_none_and_findings_still_say_where(void **state)
{
    (void)state;
    cst_thread.stacks = 0;
    void *block = make(CUSTODY_DOOR_NEW, program_side, 8, 16);
    struct cst_tag tag = tag_of(block);
    assert_int_equal(cst_tag_alloc_stack(&tag), 0);
    release(CUSTODY_DOOR_FREE, program_side, block);
    cst_thread.stacks = 1;
    assert_kind(CUSTODY_FINDING_MISMATCHED_RELEASE);
    assert_int_equal(told[0].alloc, 0);
    assert_int_equal(told[0].release, AT_RELEASE);
}

static void the_guard_is_as_before_after_a_finding(void **state)
{
    (void)state;
    release(CUSTODY_DOOR_FREE, program_side, &told_count);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    assert_int_equal(told_count, 1);
}

static void use_an_isolated_side(void)
{
    static const struct cst_module alone = {
        .id = 4003, .name = "alone", .role = CST_ROLE_LIBRARY, .lang = CUSTODY_LANG_C};
    cst_side_isolate("other,alone");
    uint16_t side = cst_side_of_module(&alone, CUSTODY_CONTRACT_MALLOC);
    require(cst_side_get(side)->arena != 0);
    for (int time = 0; time < 3; time++) {
        char *block = make(CUSTODY_DOOR_MALLOC, side, 100, 64),
             *shared = make(CUSTODY_DOOR_MALLOC, program_side, 100, 64);
        require(cst_heap_arena_of((uintptr_t)block) == cst_side_get(side)->arena);
        require(cst_heap_is_shared((uintptr_t)shared));
        block = resize(CUSTODY_DOOR_REALLOC, side, block, 100000, 16, NAMING_NOTHING);
        require(cst_heap_arena_of((uintptr_t)block) == cst_side_get(side)->arena);
        release(CUSTODY_DOOR_FREE, side, block);
        release(CUSTODY_DOOR_FREE, program_side, shared);
        require(told_count == 0);
        release(CUSTODY_DOOR_FREE, side, block);
        require(told_count == 1 && told[0].finding.kind == CUSTODY_FINDING_DOUBLE_FREE);
        world_forget();
    }
    require(live_blocks(side) == 0 && live_bytes(side) == 0);
}

static void an_isolated_side_is_served_from_a_heap_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(use_an_isolated_side), 0);
}

static int forget(void **state)
{
    (void)state;
    world_forget();
    return 0;
}

/* libstdc++ asks malloc for 1 byte when 0 are wanted, and for whole alignments (libsupc++/new_op.cc, new_opa.cc). */
static void a_block_made_for_operator_new_is_as_it_was_asked_for(void **state)
{
    (void)state;
    const struct {
        size_t made, wanted, align;
    } cases[] = {{1, 0, 16}, {100, 100, 16}, {128, 70, 64}, {8, 5, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t made_align = cases[i].align < 8 ? 8 : cases[i].align;
        void *block = make(CUSTODY_DOOR_ALIGNED_ALLOC, library_side, cases[i].made, made_align);
        const struct cst_call call = {.door = CUSTODY_DOOR_NEW, .side = program_side, .return_address = AT_AGAIN};
        cst_engine_retag(&call, block, cases[i].wanted, cases[i].align);
        assert_live(block, program_side, CUSTODY_CONTRACT_NEW, cases[i].wanted, cases[i].align);
        cst_engine_release(CUSTODY_DOOR_DELETE_SIZED, program_side, AT_RELEASE, 0, block,
                           naming(cases[i].wanted, cases[i].align));
        assert_int_equal(told_count, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_block_made_for_operator_new_is_as_it_was_asked_for),
        TEST(a_block_carries_its_side_contract_size_alignment_and_place),
        TEST(alignments_below_the_heaps_own_are_remembered_as_asked_for),
        TEST(a_block_of_no_bytes_is_a_block),
        TEST(what_cannot_be_met_gives_null_and_enomem_and_counts_nothing),
        TEST(a_release_by_the_owner_is_silent_and_leaves_its_place),
        TEST(a_wrong_release_is_told_and_done),
        TEST(a_block_released_by_another_side_is_counted_out_of_its_owners),
        TEST(a_release_that_was_allowed_is_allowed_and_counted_again),
        TEST(what_was_allowed_is_judged_again_when_the_layout_does_not_fit),
        TEST(a_resize_that_was_allowed_is_allowed_again_and_makes_the_caller_the_owner),
        TEST(a_block_with_an_alignment_is_resized_by_what_it_really_takes),
        TEST(a_layout_mismatch_is_done_with_the_blocks_own_size),
        TEST(a_second_release_is_told_and_not_done),
        TEST(an_interior_release_is_told_and_leaves_the_block_as_it_was),
        TEST(what_is_no_block_is_told_and_not_touched),
        TEST(a_release_leaves_errno_alone_whatever_the_sink_does),
        TEST(blocks_before_the_heap_are_released_in_silence_and_copied_by_a_resize),
        TEST(a_resize_keeps_contents_and_alignment_and_takes_a_new_size_and_place),
        TEST(a_resize_that_moves_leaves_a_released_block_behind),
        TEST(a_resize_that_fails_keeps_block_tag_and_counters),
        TEST(a_resize_by_another_side_is_told_and_makes_it_the_owner),
        TEST(a_resize_of_a_released_block_is_told_and_gives_a_fresh_one),
        TEST(a_resize_from_inside_a_block_copies_what_follows_and_leaves_the_block),
        TEST(a_resize_of_what_is_no_block_is_told_and_gives_null),
        TEST(a_resize_with_another_layout_is_told_and_done),
        TEST(blocks_of_the_runtime_itself_are_released_uncounted_and_in_silence),
        TEST(rust_seen_through_libc_gets_aligned_blocks_back_whole),
        TEST(without_stacks_blocks_have_none_and_findings_still_say_where),
        TEST(the_guard_is_as_before_after_a_finding),
        TEST(an_isolated_side_is_served_from_a_heap_of_its_own),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
