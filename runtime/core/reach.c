/* Reach: see reach.h. The order of the mark: roots and what they lead to; then blocks that only pointers into their middle
 * lead to, and what those lead to; then each block that is left, as the leader of what it leads to. A leader that a later
 * one leads to is none any more. Mostly that is seen at once: what led to it was not met before. But a ring that an earlier
 * leader is in has been met. So where there are such rings, what leaders lead to is looked through once more, the last
 * leader first: it may lead to earlier ones, but none of those leads to it. So of each tree, and of each ring, one block is
 * left that nothing leads to.
 *
 * Memory is the limit, not instructions. So what a word points to is asked for a few words ahead of when it is looked at,
 * and so are the first bytes of a block. */
#include "core/reach.h"

#include "core/heap.h"
#include "core/reach_find.h"
#include "core/reach_hold.h"
#include "core/reach_scan.h"
#include "core/side.h"
#include "core/tag_walk.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <string.h>

/* Colours: the lower bits of the marks. SEEN: was looked through since it was found not to be reachable; SETTLED: and once
 * more. */
enum { REACHABLE = 1, POSSIBLE = 2, INDIRECT = 4, SEEN = 8, SETTLED = 16 };
enum mode { MODE_REACHABLE, MODE_POSSIBLE, MODE_LOST, MODE_SETTLE };

static void set_colours(struct cst_tag *tag, uint32_t colours)
{
    cst_tag_set_marks(tag, cst_tag_marks(tag) | colours);
}

/* ---- blocks on their way ---- */

/* A block in one word, so that its tag need not be looked at again: its size, its side, and the granule of the range that
 * it starts in. The size of a large one is left to its tag. */
#define SIZE_BITS 18
#define SIDE_BITS 10
#define SIZE_LARGE ((UINT64_C(1) << SIZE_BITS) - 1)
_Static_assert(CST_SIDE_MAX == 1 << SIDE_BITS, "a side does not fit");
_Static_assert(CST_HEAP_RANGE_MAX >> CST_BLOCK_ALIGN_LOG2 <= UINT64_C(1) << (64 - SIZE_BITS - SIDE_BITS),
               "a granule does not fit");

static uint64_t pack(uintptr_t start, uint64_t facts)
{
    size_t size = cst_facts_size(facts);
    return (start - cst_shadow.base) >> CST_BLOCK_ALIGN_LOG2 << (SIZE_BITS + SIDE_BITS) |
           (uint64_t)cst_facts_side(facts) << SIZE_BITS | (size < SIZE_LARGE ? size : SIZE_LARGE);
}

static uintptr_t start_of(uint64_t packed)
{
    return cst_shadow.base + (packed >> (SIZE_BITS + SIDE_BITS) << CST_BLOCK_ALIGN_LOG2);
}

static void push(struct cst_reach *reach, const struct cst_tag *tag, uintptr_t start)
{
    if (!cst_words_push(&reach->marked, pack(start, cst_tag_read_facts(tag))))
        reach->failed = true;
}

static void scan_block(struct cst_reach *reach, uint64_t packed)
{
    uintptr_t start = start_of(packed);
    size_t size = packed & SIZE_LARGE;
    if (CST_UNLIKELY(size == SIZE_LARGE))
        size = cst_tag_size(cst_tag_of(start));
    cst_reach_scan_block(reach, start, size, (uint16_t)(packed >> SIZE_BITS & (CST_SIDE_MAX - 1)));
}

/* ---- queues ---- */

/* The place of the oldest entry, which is taken. */
static size_t take_place(struct cst_reach_queue *queue)
{
    return (queue->next - queue->count--) % CST_REACH_LAG;
}

/* The place of a new entry. */
static size_t put_place(struct cst_reach_queue *queue)
{
    queue->count++;
    return queue->next++ % CST_REACH_LAG;
}

/* ---- marks ---- */

static void set_reachable(struct cst_reach *reach, struct cst_tag *tag, uintptr_t start)
{
    reach->reached += !(cst_tag_marks(tag) & POSSIBLE);
    set_colours(tag, REACHABLE);
    push(reach, tag, start);
}

static void judge(struct cst_reach *reach, const struct cst_reach_doubt *doubt)
{
    uint32_t marks = cst_tag_marks(doubt->tag);
    if (marks & REACHABLE)
        return;
    if (cst_reach_is_whole(reach, doubt->tag, doubt->start, doubt->address)) {
        set_reachable(reach, doubt->tag, doubt->start);
    } else if (!(marks & POSSIBLE)) {
        reach->reached++;
        set_colours(doubt->tag, POSSIBLE);
        reach->any_possible = true;
    }
}

static void judge_oldest(struct cst_reach *reach)
{
    struct cst_reach_doubt due = reach->doubts[take_place(&reach->doubts_queue)];
    judge(reach, &due);
}

/* What lies in front of where it points mostly decides. */
static void put_doubt(struct cst_reach *reach, struct cst_tag *tag, uintptr_t start, uintptr_t address)
{
    __builtin_prefetch((const void *)(address - sizeof(uintptr_t)));
    if (reach->doubts_queue.count == CST_REACH_LAG)
        judge_oldest(reach);
    reach->doubts[put_place(&reach->doubts_queue)] =
        (struct cst_reach_doubt){.tag = tag, .start = start, .address = address};
}

static void mark_reachable(struct cst_reach *reach, struct cst_tag *tag, uintptr_t start, uintptr_t address)
{
    if (cst_tag_marks(tag) & REACHABLE)
        return;
    if (address == start)
        set_reachable(reach, tag, start);
    else
        put_doubt(reach, tag, start, address);
}

static void mark_possible(struct cst_reach *reach, struct cst_tag *tag, uintptr_t start)
{
    uint32_t marks = cst_tag_marks(tag);
    if (marks & (REACHABLE | SEEN))
        return;
    reach->reached += !(marks & POSSIBLE);
    set_colours(tag, POSSIBLE | SEEN);
    push(reach, tag, start);
}

/* `pass` is SEEN the first time and SETTLED the second. */
static void mark_lost(struct cst_reach *reach, struct cst_tag *tag, uintptr_t start, uint32_t pass)
{
    uint32_t marks = cst_tag_marks(tag);
    if (marks & (REACHABLE | POSSIBLE))
        return;
    if (start == reach->leader) {
        reach->in_ring = true;
        return;
    }
    set_colours(tag, INDIRECT | pass);
    if (marks & pass)
        reach->met = true;
    else
        push(reach, tag, start);
}

/* Looks at what a word points to. */
static void follow(struct cst_reach *reach, const struct cst_reach_word *word)
{
    uintptr_t start;
    struct cst_tag *tag = cst_reach_find(reach, word->address, &start);
    if (!tag)
        return;
    if (cst_reach_held_by(cst_tag_marks(tag)) != CST_REACH_HELD_BY_MANY)
        cst_reach_hold(reach, tag, word->holder);
    switch ((enum mode)reach->mode) {
    case MODE_REACHABLE:
        mark_reachable(reach, tag, start, word->address);
        break;
    case MODE_POSSIBLE:
        mark_possible(reach, tag, start);
        break;
    case MODE_LOST:
        mark_lost(reach, tag, start, SEEN);
        break;
    case MODE_SETTLE:
        mark_lost(reach, tag, start, SETTLED);
        break;
    }
}

static void follow_oldest(struct cst_reach *reach)
{
    struct cst_reach_word due = reach->words[take_place(&reach->words_queue)];
    follow(reach, &due);
}

/* With as few words as these on their way the memory is waited for, not what it delivers. */
#define FEW_WORDS 8

/* Asks for the tag that tells what `word` points to, and looks at a word that was asked about before. Where few words are
 * under way, as in a list, it asks for the block with the tag: mostly it is one that was not met before. */
void cst_reach_put(struct cst_reach *reach, const struct cst_reach_word *word)
{
    if (!cst_heap_is_shared(word->address) && !cst_heap_has(word->address))
        return;
    __builtin_prefetch(cst_tag_of(word->address));
    if (reach->words_queue.count < FEW_WORDS)
        __builtin_prefetch((const void *)word->address);
    if (reach->words_queue.count == CST_REACH_LAG)
        follow_oldest(reach);
    reach->words[put_place(&reach->words_queue)] = *word;
}

/* Fills up the blocks whose first bytes have been asked for. */
static void make_ready(struct cst_reach *reach)
{
    uint64_t packed;
    while (reach->ready_queue.count < CST_REACH_LAG && cst_words_pop(&reach->marked, &packed)) {
        __builtin_prefetch((const void *)start_of(packed));
        reach->ready[put_place(&reach->ready_queue)] = packed;
    }
}

/* Looks through marked blocks, and at words, until there are none. */
static void drain(struct cst_reach *reach)
{
    for (;;) {
        make_ready(reach);
        if (reach->ready_queue.count > 0)
            scan_block(reach, reach->ready[take_place(&reach->ready_queue)]);
        else if (reach->words_queue.count > 0)
            follow_oldest(reach);
        else if (reach->doubts_queue.count > 0)
            judge_oldest(reach);
        else
            return;
    }
}

/* Looks through a block, and through what it leads to. */
static void look_through(struct cst_reach *reach, uintptr_t start, const struct cst_tag *tag)
{
    scan_block(reach, pack(start, cst_tag_read_facts(tag)));
    if (reach->words_queue.count > 0)
        drain(reach);
}

/* ---- the order of the mark ---- */

static void note_block(uintptr_t start, struct cst_tag *tag, void *data)
{
    struct cst_reach *reach = data;
    size_t first = (start - cst_shadow.base) >> CST_PAGE_SHIFT, size = cst_tag_size(tag);
    size_t last = (start + (size ? size - 1 : 0) - cst_shadow.base) >> CST_PAGE_SHIFT;
    for (size_t page = first + 1; page <= last && page < reach->pages; page++)
        reach->heads[page] = (uint32_t)(page - first);
    reach->live++;
    if (cst_tag_marks(tag) != 0)
        cst_tag_set_marks(tag, 0);
    if (cst_tag_contract(tag) == CUSTODY_CONTRACT_UNKNOWN || cst_tag_generation(tag) != reach->generation) {
        reach->reached++;
        set_colours(tag, REACHABLE);
        push(reach, tag, start);
    }
}

static void note_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_walk(from, to, note_block, data);
}

static void measure_part(uintptr_t from, uintptr_t to, void *data)
{
    struct cst_reach *reach = data;
    size_t end = (to - cst_shadow.base) >> CST_PAGE_SHIFT;
    if (from < to && end > reach->pages)
        reach->pages = end;
}

bool cst_reach_begin(struct cst_reach *reach, uint8_t generation, const struct cst_reach_range *barred,
                     size_t barred_count, const struct cst_reach_range *images, size_t image_count)
{
    *reach = (struct cst_reach){.generation = generation,
                                .barred = barred,
                                .barred_count = barred_count,
                                .images = images,
                                .image_count = image_count};
    cst_heap_each_part(measure_part, reach);
    reach->heads = reach->pages ? cst_own_map(reach->pages * sizeof *reach->heads) : NULL;
    reach->room = cst_own_map(sizeof *reach->room);
    reach->pagemap = cst_sys_open_read("/proc/thread-self/pagemap");
    reach->memory = barred_count > 0 ? cst_sys_open_read("/proc/thread-self/mem") : -1;
    if ((reach->pages && !reach->heads) || !reach->room)
        return false;
    cst_reach_note_parties(reach);
    cst_heap_each_part(note_part, reach);
    return true;
}

static void look_through_possible(uintptr_t start, struct cst_tag *tag, void *data)
{
    if ((cst_tag_marks(tag) & (REACHABLE | POSSIBLE | SEEN)) != POSSIBLE)
        return;
    set_colours(tag, SEEN);
    look_through(data, start, tag);
}

/* What it leads to may lead to leaders before it, other than by itself, only through a ring that such a leader is in: all
 * else that leads to a leader was not met before. */
static void lead(uintptr_t start, struct cst_tag *tag, void *data)
{
    struct cst_reach *reach = data;
    if (cst_tag_marks(tag) & (REACHABLE | POSSIBLE | INDIRECT | SEEN))
        return;
    bool rings = reach->in_ring;
    reach->leader = start;
    reach->met = false;
    set_colours(tag, SEEN);
    look_through(reach, start, tag);
    if (rings && reach->met && !cst_words_push(&reach->leaders, start))
        reach->failed = true;
}

static void settle(struct cst_reach *reach)
{
    uintptr_t start;
    while (cst_words_pop(&reach->leaders, &start)) {
        struct cst_tag *tag = cst_tag_of(start);
        if (cst_tag_marks(tag) & (INDIRECT | SETTLED))
            continue;
        reach->leader = start;
        set_colours(tag, SETTLED);
        look_through(reach, start, tag);
    }
}

static void look_through_possible_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_walk(from, to, look_through_possible, data);
}

static void lead_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_walk(from, to, lead, data);
}

bool cst_reach_finish(struct cst_reach *reach)
{
    reach->mode = MODE_REACHABLE;
    drain(reach);
    reach->mode = MODE_POSSIBLE;
    if (reach->any_possible)
        cst_heap_each_part(look_through_possible_part, reach);
    reach->mode = MODE_LOST;
    if (reach->reached < reach->live)
        cst_heap_each_part(lead_part, reach);
    reach->mode = MODE_SETTLE;
    settle(reach);
    return !reach->failed;
}

void cst_reach_stack(struct cst_reach *reach, uintptr_t stack_pointer)
{
    uintptr_t start;
    struct cst_tag *tag = cst_heap_has(stack_pointer) ? cst_reach_find(reach, stack_pointer, &start) : NULL;
    if (tag && !(cst_tag_marks(tag) & REACHABLE))
        set_reachable(reach, tag, start);
}

void cst_reach_end(struct cst_reach *reach)
{
    if (reach->heads)
        cst_own_unmap(reach->heads, reach->pages * sizeof *reach->heads);
    if (reach->room)
        cst_own_unmap(reach->room, sizeof *reach->room);
    cst_words_free(&reach->marked);
    cst_words_free(&reach->leaders);
    if (reach->pagemap >= 0)
        cst_sys_close(reach->pagemap);
    if (reach->memory >= 0)
        cst_sys_close(reach->memory);
}

enum cst_reach_class cst_reach_class_of(const struct cst_tag *tag)
{
    uint32_t marks = cst_tag_marks(tag);
    if (marks & REACHABLE)
        return CST_REACH_REACHABLE;
    if (marks & POSSIBLE)
        return CST_REACH_POSSIBLE;
    return marks & INDIRECT ? CST_REACH_INDIRECT : CST_REACH_DEFINITE;
}
