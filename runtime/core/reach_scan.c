/* Looking for words that may be pointers: see reach_scan.h. Blocks are read where they lie. Roots are read through copies
 * that the kernel makes, for they are memory that we know nothing of: a file behind it may have become shorter, a guard may
 * lie in it. So are blocks of which the program has made a part unreadable, or has put something else in its place. */
#include "core/reach_scan.h"

#include "core/heap.h"
#include "core/reach_find.h"
#include "core/side.h"
#include "plat/sys.h"

#include <errno.h>
#include <string.h>

/* From this size on it pays to ask the kernel which pages were ever touched. */
#define SPARSE_SIZE ((size_t)1 << 20)
/* proc_pid_pagemap(5): present or swapped; a page of a file. */
#define PAGEMAP_TOUCHED (UINT64_C(3) << 62)
#define PAGEMAP_FILE (UINT64_C(1) << 61)

/* Words with which a stream of libc keeps its buffer. */
#define BUFFER_WORDS 8

/* What words that are found have in common. */
struct like {
    uintptr_t start; /* of the block that they lie in, and how far it reaches; nowhere for roots */
    size_t extent;
    uint16_t holder;
    bool libc;    /* the memory is libc's own */
    bool changed; /* pages of a file are left out */
};

/* Looks through [lo, hi), which may be read as it is. */
typedef void scanner(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like);

/* Bytes from the beginning of the heap's range that a pointer to a block may lie in. */
static size_t heap_span(void)
{
    return cst_side_any_isolated ? cst_shadow.size
                                 : atomic_load_explicit(&cst_heap_shared_committed, memory_order_acquire);
}

static void put(struct cst_reach *reach, uintptr_t address, const struct like *like)
{
    const struct cst_reach_word word = {.address = address, .holder = like->holder};
    if (address - like->start >= like->extent)
        cst_reach_put(reach, &word);
}

static bool is_libc(const struct cst_reach *reach, uint16_t holder)
{
    return reach->room->parties[holder & (CST_SIDE_MAX - 1)].libc;
}

/* True when the words before `last` and it are those with which a stream of libc keeps its buffer, the whole of a block of
 * its own: six places in it, or none, then its beginning and its end (struct _IO_FILE, from _IO_read_ptr to _IO_buf_end). */
static bool keeps_buffer(const struct cst_reach *reach, const uintptr_t *last)
{
    uintptr_t begin = last[-1], end = last[0], start;
    if (begin >= end || !cst_heap_has(begin))
        return false;
    for (const uintptr_t *place = last - (BUFFER_WORDS - 1); place < last - 1; place++)
        if (*place != 0 && *place - begin > end - begin)
            return false;
    const struct cst_tag *tag = cst_reach_find(reach, begin, &start);
    return tag && start == begin && begin + cst_tag_size(tag) == end && is_libc(reach, cst_tag_side(tag));
}

/* True for the end of a stream's buffer, which says nothing about the block that happens to come next. */
static bool ends_buffer(const struct cst_reach *reach, const uintptr_t *first, const uintptr_t *behind,
                        const uintptr_t *at)
{
    for (const uintptr_t *last = at; last < at + BUFFER_WORDS && last < behind; last++)
        if (*last == *at && last - first >= BUFFER_WORDS - 1 && keeps_buffer(reach, last))
            return true;
    return false;
}

static void scan_libc(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    const uintptr_t *first = (const uintptr_t *)((lo + 7) & ~(uintptr_t)7);
    const uintptr_t *behind = (const uintptr_t *)(hi & ~(uintptr_t)7);
    for (const uintptr_t *at = first; at < behind; at++)
        if (cst_tag_covers(*at) && !ends_buffer(reach, first, behind, at))
            put(reach, *at, like);
}

static void scan_words(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    if (CST_UNLIKELY(like->libc)) {
        scan_libc(reach, lo, hi, like);
        return;
    }
    const uintptr_t base = cst_shadow.base, span = heap_span();
    for (lo = (lo + 7) & ~(uintptr_t)7; lo + sizeof(uintptr_t) <= hi; lo += sizeof(uintptr_t)) {
        uintptr_t word = *(const uintptr_t *)lo;
        if (CST_UNLIKELY(word - base < span))
            put(reach, word, like);
    }
}

static void scan_bytes(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    const uintptr_t base = cst_shadow.base, span = heap_span();
    for (; lo + sizeof(uintptr_t) <= hi; lo++) {
        uintptr_t word;
        memcpy(&word, (const void *)lo, sizeof word);
        if (CST_UNLIKELY(word - base < span))
            put(reach, word, like);
    }
}

static uintptr_t next_page(uintptr_t address)
{
    return (address & ~(CST_PAGE_SIZE - 1)) + CST_PAGE_SIZE;
}

/* Copies memory of ours as far as it can be read; -errno, or 0, when it cannot. */
typedef ssize_t reader(const struct cst_reach *reach, uintptr_t address, void *bytes, size_t size);

static ssize_t read_readable(const struct cst_reach *reach, uintptr_t address, void *bytes, size_t size)
{
    (void)reach;
    return cst_sys_read_memory(address, bytes, size);
}

/* Reads what is protected too. */
static ssize_t read_any(const struct cst_reach *reach, uintptr_t address, void *bytes, size_t size)
{
    ssize_t got = reach->memory >= 0 ? cst_sys_pread(reach->memory, bytes, size, address) : -EBADF;
    return got > 0 ? got : cst_sys_read_memory(address, bytes, size);
}

static bool makes_no_copies(ssize_t result)
{
    return result == -ENOSYS || result == -EPERM;
}

/* Copies and looks at the copies, skipping pages that cannot be read. The last `again` bytes of one copy are the first of
 * the next. False, having looked at nothing from there on, when the kernel makes no copies at all. */
static bool scan_copies(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like, scanner *scan,
                        reader *read, size_t again)
{
    const uintptr_t copy = (uintptr_t)reach->room->copy;
    while (lo < hi) {
        size_t wanted = hi - lo < CST_REACH_COPY ? hi - lo : CST_REACH_COPY;
        ssize_t got = read(reach, lo, reach->room->copy, wanted);
        if (makes_no_copies(got))
            return false;
        size_t copied = got > 0 ? (size_t)got : 0;
        scan(reach, copy, copy + copied, like);
        if (copied < wanted)
            lo = next_page(lo + copied);
        else
            lo += lo + copied < hi ? copied - again : copied;
    }
    return true;
}

/* Where the kernel makes no copies, memory is read as it is. */
static void copy_words(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    if (!scan_copies(reach, lo, hi, like, scan_words, read_readable, 0))
        scan_words(reach, lo, hi, like);
}

/* A word may begin in front of `hi` and end behind it. */
static void copy_bytes(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    const size_t rest = sizeof(uintptr_t) - 1;
    if (lo < hi && !scan_copies(reach, lo, hi + rest, like, scan_bytes, read_readable, rest))
        scan_bytes(reach, lo, hi, like);
}

static void copy_barred(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like)
{
    (void)scan_copies(reach, lo, hi, like, scan_words, read_any, 0);
}

/* True when the pages of `count` entries from that of `lo` on could be told. */
static bool read_pagemap(const struct cst_reach *reach, uintptr_t lo, size_t count, uint64_t *out_pages)
{
    size_t size = count * sizeof *out_pages;
    return reach->pagemap >= 0 &&
           cst_sys_pread(reach->pagemap, out_pages, size, (lo >> CST_PAGE_SHIFT) * sizeof *out_pages) == (ssize_t)size;
}

/* Looks through runs of pages that were touched, up to CST_REACH_PAGES pages on. Returns how far it came. */
static uintptr_t scan_touched_pages(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like,
                                    scanner *scan)
{
    uint64_t *pages = reach->room->pages;
    size_t count = ((hi - 1) >> CST_PAGE_SHIFT) - (lo >> CST_PAGE_SHIFT) + 1;
    count = count < CST_REACH_PAGES ? count : CST_REACH_PAGES;
    bool told = read_pagemap(reach, lo, count, pages);
    uintptr_t run = lo;
    for (size_t i = 0; i < count; i++) {
        uintptr_t next = next_page(lo) < hi ? next_page(lo) : hi;
        if (told && (!(pages[i] & PAGEMAP_TOUCHED) || (like->changed && (pages[i] & PAGEMAP_FILE)))) {
            scan(reach, run, lo, like);
            run = next;
        }
        lo = next;
    }
    scan(reach, run, lo, like);
    return lo;
}

/* The same for a kernel that lists such runs, whatever lies between them. Returns `lo` when it does not. */
static uintptr_t scan_touched_runs(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like,
                                   scanner *scan)
{
    struct cst_sys_run *runs = reach->room->runs;
    uintptr_t come = lo;
    ssize_t count = reach->pagemap >= 0
                        ? cst_sys_touched(reach->pagemap, lo, hi, like->changed, runs, CST_REACH_RUNS, &come)
                        : -EBADF;
    for (ssize_t i = 0; i < count; i++)
        scan(reach, runs[i].lo > lo ? runs[i].lo : lo, runs[i].hi < hi ? runs[i].hi : hi, like);
    return come;
}

static void scan_range(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, const struct like *like, scanner *scan)
{
    if (CST_LIKELY(hi - lo < SPARSE_SIZE && !like->changed)) {
        scan(reach, lo, hi, like);
        return;
    }
    while (lo < hi) {
        uintptr_t come = scan_touched_runs(reach, lo, hi, like, scan);
        lo = come > lo ? come : scan_touched_pages(reach, lo, hi, like, scan);
    }
}

void cst_reach_scan_block(struct cst_reach *reach, uintptr_t start, size_t size, uint16_t holder)
{
    const struct like like = {.start = start, .extent = size, .holder = holder, .libc = is_libc(reach, holder)};
    bool barred = CST_UNLIKELY(reach->barred_count > 0) && cst_reach_is_barred(reach, start, start + size);
    scan_range(reach, start, start + size, &like, barred ? copy_barred : scan_words);
}

void cst_reach_root(struct cst_reach *reach, uintptr_t word, uint16_t holder)
{
    const struct like like = {.holder = holder};
    scan_words(reach, (uintptr_t)&word, (uintptr_t)(&word + 1), &like);
}

void cst_reach_roots(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, uint16_t holder, enum cst_reach_how how)
{
    const struct like like = {.holder = holder, .libc = is_libc(reach, holder), .changed = how == CST_REACH_CHANGED};
    scan_range(reach, lo, hi, &like, how == CST_REACH_PACKED ? copy_bytes : copy_words);
}
