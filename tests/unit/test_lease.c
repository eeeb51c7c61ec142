/* Leases through the public API: what each kind of lease sees, what it says of it, and what it must not mind. */
#include "custody/custody.h"

#include "core/lease_past.h"
#include "entry/options.h"

#include "child.h"
#include "sink.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static custody_side device;

/* Begins a lease that must be possible. */
static custody_lease lease(void *buffer, size_t capacity, unsigned flags)
{
    custody_lease number;
    assert_int_equal(custody_lease_begin(device, buffer, capacity, flags, &number), CUSTODY_STATUS_OK);
    assert_int_not_equal(number, 0);
    return number;
}

static const struct sunk *the_finding(enum custody_finding_kind kind)
{
    assert_int_equal(sunk_count, 1);
    assert_int_equal(sunk[0].finding.kind, kind);
    assert_true(sunk[0].told.has_buffer);
    return &sunk[0];
}

static void expect(enum custody_finding_kind kind, const char *function, size_t capacity, size_t length)
{
    const struct sunk *one = the_finding(kind);
    assert_string_equal(one->function, function);
    assert_int_equal(one->told.capacity, capacity);
    assert_int_equal(one->told.length, length);
}

/* --- what is possible --- */

static void impossible_terms_are_refused(void **state)
{
    (void)state;
    char buffer[8];
    custody_lease number = 9;
    const struct {
        void *buffer;
        size_t capacity;
        unsigned flags;
    } terms[] = {
        {buffer, 8, 0},
        {buffer, 8, CUSTODY_LEASE_GUARD},
        {buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL | CUSTODY_LEASE_NUL32},
        {buffer, 8, CUSTODY_LEASE_OUT | 1U << 20},
        {NULL, 8, CUSTODY_LEASE_OUT},
    };
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        assert_int_equal(custody_lease_begin(device, terms[i].buffer, terms[i].capacity, terms[i].flags, &number),
                         CUSTODY_STATUS_INVALID_ARGUMENT);
        assert_int_equal(number, 0);
    }
    assert_int_equal(custody_lease_begin(device, buffer, 8, CUSTODY_LEASE_OUT, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
}

static void no_lease_is_a_lease_in_which_nothing_is_checked(void **state)
{
    (void)state;
    assert_null(custody_lease_memory(0));
    assert_int_equal(custody_lease_end(0, 1000), 1);
    assert_int_equal(sunk_count, 0);
}

static void a_lease_that_ended_is_told_of_with_what_it_was(void **state)
{
    (void)state;
    char buffer[8];
    custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT);
    assert_int_equal(custody_lease_end(number, 8), 1);
    assert_int_equal(custody_lease_end(number, 8), 0);
    expect(CUSTODY_FINDING_STALE_HANDLE, "custody_lease_end", 8, CUSTODY_LENGTH_UNKNOWN);
    assert_int_equal(sunk[0].told.number, number);
    assert_int_equal(sunk[0].told.moment_count, 2);
    assert_int_equal(sunk[0].deeds[0], CUSTODY_DEED_LEASED);
    assert_string_equal(sunk[0].receivers[0], "device");
    assert_int_equal(sunk[0].deeds[1], CUSTODY_DEED_LEASE_ENDED);
    assert_null(custody_lease_memory(number));
    assert_int_equal(sunk_count, 2);
}

static void a_number_that_is_none_is_told_of(void **state)
{
    (void)state;
    assert_int_equal(custody_lease_end(UINT64_MAX, 8), 0);
    assert_null(custody_lease_memory(1ULL << 40));
    assert_int_equal(sunk_count, 2);
    assert_int_equal(sunk[1].finding.kind, CUSTODY_FINDING_STALE_HANDLE);
}

static void numbers_are_never_given_twice(void **state)
{
    (void)state;
    char buffer[8];
    custody_lease before = 0;
    for (int i = 0; i < 1000; i++) {
        custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT);
        assert_true(number > before);
        before = number;
        custody_lease_end(number, 8);
    }
    assert_int_equal(sunk_count, 0);
}

static void many_leases_are_live_at_one_time(void **state)
{
    (void)state;
    static char buffers[3000];
    static custody_lease numbers[3000];
    for (size_t i = 0; i < 3000; i++) {
        numbers[i] = lease(&buffers[i], 1, CUSTODY_LEASE_OUT);
    }
    for (size_t i = 0; i < 3000; i++) {
        assert_ptr_equal(custody_lease_memory(numbers[i]), &buffers[i]);
        assert_int_equal(custody_lease_end(numbers[i], 1), 1);
    }
    assert_int_equal(sunk_count, 0);
}

static void errno_is_as_it_was(void **state)
{
    (void)state;
    char buffer[64];
    errno = 77;
    custody_lease number = lease(buffer, 32, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 40);
    custody_lease_end(number, 32);
    custody_lease_check();
    assert_int_equal(errno, 77);
    assert_int_equal(sunk_count, 1);
}

/* --- capacities --- */

static void a_capacity_beyond_the_block_is_told_of_and_what_lies_there_is_not_touched(void **state)
{
    (void)state;
    char *block = custody_alloc(device, 1, 0);
    block[0] = 'a';
    custody_lease number = lease(block, 32, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_begin", 1, 32);
    assert_string_equal(sunk[0].advice, "a capacity of at most 1 bytes: there the block ends");
    assert_true(sunk[0].finding.has_block);
    char *copy = custody_lease_memory(number);
    assert_int_equal(copy[0], 'a');
    memset(copy, 'b', 32);
    memset(block, 'c', 16); /* as many as the heap gave */
    assert_int_equal(custody_lease_end(number, 32), 1);
    assert_memory_equal(block, "bccc", 4);
    custody_release(device, block);
    assert_int_equal(sunk_count, 1);
}

static void the_room_of_a_buffer_inside_a_block_ends_with_the_block(void **state)
{
    (void)state;
    char *block = custody_alloc(device, 100, 0);
    custody_lease_end(lease(block + 60, 40, CUSTODY_LEASE_OUT), 40);
    assert_int_equal(sunk_count, 0);
    custody_lease_end(lease(block + 60, 41, CUSTODY_LEASE_OUT), 40);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_begin", 40, 41);
    custody_release(device, block);
}

static void a_guard_needs_room_in_the_block_too(void **state)
{
    (void)state;
    char *block = custody_alloc(device, 48, 0);
    memset(block, 'a', 48);
    custody_lease_end(lease(block, 32, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD), 32);
    assert_int_equal(sunk_count, 0);
    custody_lease number = lease(block, 40, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_begin", 48, 56);
    memset(block, 'b', 41);
    assert_int_equal(custody_lease_end(number, 40), 0); /* what room there is has a guard */
    assert_int_equal(sunk_count, 2);
    custody_release(device, block);
}

static void a_buffer_that_was_released_has_no_room(void **state)
{
    (void)state;
    char *block = custody_alloc(device, 48, 0);
    custody_release(device, block);
    custody_lease number = lease(block, 48, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_GUARD);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_begin", 0, 48);
    memset(custody_lease_memory(number), 'b', 48);
    assert_int_equal(custody_lease_end(number, 48), 1);
}

static void capacities_that_are_no_more_than_a_manner_of_speaking_crash_nothing(void **state)
{
    (void)state;
    char buffer[64] = "text";
    const size_t capacities[] = {INT32_MAX, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2};
    const unsigned flags[] = {CUSTODY_LEASE_GUARD, CUSTODY_LEASE_COPY, CUSTODY_LEASE_NUL, 0};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            custody_lease number = lease(buffer, capacities[i], CUSTODY_LEASE_OUT | flags[j]);
            assert_ptr_equal(custody_lease_memory(number), buffer);
            assert_int_equal(custody_lease_end(number, 4), 1);
        }
    }
    assert_int_equal(sunk_count, 0);
}

static void a_constant_is_leased_for_reading_with_a_guard_that_cannot_be_laid(void **state)
{
    (void)state;
    static const char constant[64] = "constant";
    custody_lease number = lease((void *)(uintptr_t)constant, 9, CUSTODY_LEASE_IN | CUSTODY_LEASE_GUARD);
    assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 1);
    assert_int_equal(sunk_count, 0);
}

/* --- guards --- */

static void a_write_behind_the_capacity_is_an_overrun_up_to_its_end(void **state)
{
    (void)state;
    char buffer[8 + CUSTODY_GUARD_SIZE];
    custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD);
    memset(custody_lease_memory(number), 'x', 12);
    assert_int_equal(custody_lease_end(number, 8), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", 8, 12);
    assert_string_equal(sunk[0].finding.by.side, "test_lease"); /* that calls; the library did it */
    assert_string_equal(sunk[0].receivers[0], "device");
}

static void one_terminator_too_many_is_an_overrun(void **state)
{
    (void)state;
    char buffer[8 + CUSTODY_GUARD_SIZE];
    custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD);
    memcpy(custody_lease_memory(number), "12345678", 9);
    assert_int_equal(custody_lease_end(number, 8), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", 8, 9);
}

static void a_full_buffer_is_no_overrun(void **state)
{
    (void)state;
    char buffer[8 + CUSTODY_GUARD_SIZE];
    for (int i = 0; i < 256; i++) {
        custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD);
        memset(custody_lease_memory(number), i, 8);
        assert_int_equal(custody_lease_end(number, 8), 1);
        number = lease(buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
        memset(custody_lease_memory(number), i, 8);
        assert_int_equal(custody_lease_end(number, 8), 1);
    }
    assert_int_equal(sunk_count, 0);
}

/* --- copies --- */

static void a_copy_has_the_contents_and_gives_back_what_is_reported(void **state)
{
    (void)state;
    char buffer[32] = "before, and some more of it";
    custody_lease number = lease(buffer, 32, CUSTODY_LEASE_IN | CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    char *copy = custody_lease_memory(number);
    assert_ptr_not_equal(copy, buffer);
    assert_memory_equal(copy, buffer, 32);
    memset(copy, 'x', 32);
    assert_int_equal(custody_lease_end(number, 6), 1);
    assert_string_equal(buffer, "xxxxxx, and some more of it");
}

static void a_copy_gives_back_all_when_no_length_is_known_and_the_terminator_with_one(void **state)
{
    (void)state;
    char buffer[16];
    memset(buffer, 'b', 16);
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 15);
    assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 1);
    assert_memory_equal(buffer, "xxxxxxxxxxxxxxxb", 16);
    number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL);
    memcpy(custody_lease_memory(number), "text\0junk", 9);
    assert_int_equal(custody_lease_end(number, 4), 1);
    assert_memory_equal(buffer, "text\0xxxx", 9);
    assert_int_equal(sunk_count, 0);
}

static void a_copy_takes_what_is_written_too_far(void **state)
{
    (void)state;
    char buffer[16] = "0123456789";
    custody_lease number = lease(buffer, 8, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 200);
    assert_int_equal(custody_lease_end(number, 8), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", 8, 200);
    assert_memory_equal(buffer, "xxxxxxxx89", 10);
}

static void a_write_in_front_of_a_copy_is_an_overrun(void **state)
{
    (void)state;
    char buffer[16];
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    ((char *)custody_lease_memory(number))[-2] = 'x';
    assert_int_equal(custody_lease_end(number, 16), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", 16, CUSTODY_LENGTH_UNKNOWN);
    assert_string_equal(sunk[0].advice, "no write in front of the buffer; one began 2 bytes before it");
}

static void what_a_library_writes_for_reading_only_does_not_reach_the_buffer(void **state)
{
    (void)state;
    char buffer[16] = "to be read";
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_IN | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 4);
    assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", 16, CUSTODY_LENGTH_UNKNOWN);
    assert_string_equal(buffer, "to be read");
}

static void a_page_that_ends_where_memory_ends_is_copied_whole(void **state)
{
    (void)state;
    const size_t page = 4096;
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    custody_lease number = lease(pages, page, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    assert_ptr_not_equal(custody_lease_memory(number), pages);
    assert_int_equal((uintptr_t)custody_lease_memory(number) % page, 0);
    memset(custody_lease_memory(number), 'x', page);
    assert_int_equal(custody_lease_end(number, page), 1);
    assert_int_equal(pages[page - 1], 'x');
    number = lease(pages, page + 1, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    assert_ptr_equal(custody_lease_memory(number), pages); /* not all of it can be read */
    assert_int_equal(custody_lease_end(number, page), 1);
    munmap(pages, 2 * page);
    assert_int_equal(sunk_count, 0);
}

/* --- reading --- */

static void a_write_to_a_buffer_for_reading_is_an_overrun(void **state)
{
    (void)state;
    static char buffer[5000];
    for (size_t at = 0; at < sizeof buffer; at += 613) {
        sink_empty(NULL);
        custody_lease number = lease(buffer, sizeof buffer, CUSTODY_LEASE_IN);
        buffer[at]++;
        assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 0);
        expect(CUSTODY_FINDING_BUFFER_OVERRUN, "custody_lease_end", sizeof buffer, CUSTODY_LENGTH_UNKNOWN);
    }
}

static void a_buffer_that_was_read_is_silent_whatever_was_reported(void **state)
{
    (void)state;
    char buffer[16] = "to be read";
    assert_int_equal(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_IN), 10), 1);
    assert_int_equal(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_IN), 1000), 1);
    assert_int_equal(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_IN | CUSTODY_LEASE_COPY), 16), 1);
    assert_int_equal(sunk_count, 0);
}

/* --- lengths --- */

static void a_length_above_the_capacity_is_an_overclaim(void **state)
{
    (void)state;
    char buffer[16] = {0};
    assert_int_equal(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_OUT), 17), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERCLAIM, "custody_lease_end", 16, 17);
    assert_string_equal(sunk[0].finding.by.side, "test_lease"); /* that calls; the library did it */
    assert_string_equal(sunk[0].receivers[0], "device");
}

static void what_it_would_take_is_no_overclaim_where_that_is_agreed(void **state)
{
    (void)state;
    char buffer[16] = "cut off like thi";
    unsigned flags = CUSTODY_LEASE_OUT | CUSTODY_LEASE_REPORTS_NEED;
    assert_int_equal(custody_lease_end(lease(buffer, 16, flags), 17000), 1);
    assert_int_equal(custody_lease_end(lease(buffer, 16, flags | CUSTODY_LEASE_NUL), 16), 1);
    assert_int_equal(custody_lease_end(lease(buffer, 16, flags | CUSTODY_LEASE_NUL32), 13), 1);
    custody_lease number = lease(buffer, 16, flags | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL);
    memcpy(custody_lease_memory(number), "another text, cu", 16);
    assert_int_equal(custody_lease_end(number, 30), 1);
    assert_memory_equal(buffer, "another text, cu", 16);
    assert_int_equal(sunk_count, 0);
}

static void what_it_would_take_may_be_anything_when_that_is_asked_for(void **state)
{
    (void)state;
    char buffer[1];
    assert_int_equal(custody_lease_end(lease(NULL, 0, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL), 1000), 1);
    assert_int_equal(custody_lease_end(lease(NULL, 0, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY), 1000), 1);
    assert_null(custody_lease_memory(lease(NULL, 0, CUSTODY_LEASE_OUT)));
    assert_int_equal(custody_lease_end(lease(buffer, 0, CUSTODY_LEASE_OUT | CUSTODY_LEASE_GUARD), 1000), 1);
    custody_lease number = lease(buffer, 0, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    assert_ptr_equal(custody_lease_memory(number), buffer);
    assert_int_equal(custody_lease_end(number, 1000), 1);
    assert_int_equal(sunk_count, 0);
}

/* --- terminators --- */

static const struct {
    unsigned flag;
    size_t width;
} terminators[] = {{CUSTODY_LEASE_NUL, 1}, {CUSTODY_LEASE_NUL16, 2}, {CUSTODY_LEASE_NUL32, 4}};

static void a_terminator_behind_the_length_is_what_was_promised(void **state)
{
    (void)state;
    char buffer[16];
    for (size_t i = 0; i < 3; i++) {
        for (unsigned copy = 0; copy <= CUSTODY_LEASE_COPY; copy += CUSTODY_LEASE_COPY) {
            memset(buffer, 'x', 16);
            custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | terminators[i].flag | copy);
            memset((char *)custody_lease_memory(number) + 12, 0, terminators[i].width);
            assert_int_equal(custody_lease_end(number, 12), 1);
            assert_int_equal(buffer[12 + terminators[i].width - 1], 0);
        }
    }
    assert_int_equal(sunk_count, 0);
}

static void a_terminator_that_is_too_short_is_missing(void **state)
{
    (void)state;
    char buffer[16];
    for (size_t i = 0; i < 3; i++) {
        sink_empty(NULL);
        memset(buffer, 'x', 16);
        custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | terminators[i].flag);
        memset(buffer + 12, 0, terminators[i].width - 1);
        assert_int_equal(custody_lease_end(number, 12), 0);
        expect(CUSTODY_FINDING_BUFFER_OVERCLAIM, "custody_lease_end", 16, 12);
        assert_string_equal(sunk[0].advice, "a terminator behind the 12 bytes that are reported");
    }
}

static void a_length_that_leaves_no_room_for_the_terminator_is_an_overclaim(void **state)
{
    (void)state;
    char buffer[16] = "sixteen letters.";
    for (size_t i = 0; i < 3; i++) {
        sink_empty(NULL);
        size_t length = 16 - terminators[i].width + 1;
        custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | terminators[i].flag);
        assert_int_equal(custody_lease_end(number, length), 0);
        expect(CUSTODY_FINDING_BUFFER_OVERCLAIM, "custody_lease_end", 16, length);
    }
}

static void without_a_length_a_terminator_may_be_anywhere_at_its_width(void **state)
{
    (void)state;
    static char buffer[600];
    for (size_t i = 0; i < 3; i++) {
        sink_empty(NULL);
        size_t width = terminators[i].width;
        memset(buffer, 'x', sizeof buffer);
        custody_lease number = lease(buffer, sizeof buffer, CUSTODY_LEASE_OUT | terminators[i].flag);
        memset(buffer + sizeof buffer - width, 0, width);
        assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 1);
        number = lease(buffer, sizeof buffer, CUSTODY_LEASE_OUT | terminators[i].flag);
        memset(buffer, 'y', sizeof buffer);
        memset(buffer + 302 + width / 2, 0, width - width / 2); /* of one byte: everywhere is at its width */
        int expected = width == 1;
        assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), expected);
        assert_int_equal(sunk_count, !expected);
    }
}

static void a_text_that_fills_the_buffer_without_an_end_is_an_overclaim(void **state)
{
    (void)state;
    char buffer[16] = "";
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 16);
    assert_int_equal(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN), 0);
    expect(CUSTODY_FINDING_BUFFER_OVERCLAIM, "custody_lease_end", 16, CUSTODY_LENGTH_UNKNOWN);
}

static void a_call_that_wrote_nothing_owes_no_terminator(void **state)
{
    (void)state;
    char buffer[16];
    memset(buffer, 'x', 16);
    for (size_t i = 0; i < 3; i++) {
        unsigned flags = CUSTODY_LEASE_OUT | terminators[i].flag;
        assert_int_equal(custody_lease_end(lease(buffer, 16, flags), 0), 1);
        assert_int_equal(custody_lease_end(lease(buffer, 16, flags), CUSTODY_LENGTH_UNKNOWN), 1);
        assert_int_equal(custody_lease_end(lease(buffer, 16, flags | CUSTODY_LEASE_COPY), 0), 1);
        assert_int_equal(custody_lease_end(lease(buffer, 2, flags), 0), 1);
    }
    assert_int_equal(sunk_count, 0);
}

/* --- after the lease --- */

static void a_write_to_a_past_copy_is_told_of_once(void **state)
{
    (void)state;
    char buffer[16];
    size_t before = custody_lease_check();
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    char *kept = custody_lease_memory(number);
    assert_int_equal(custody_lease_end(number, 16), 1);
    assert_int_equal(custody_lease_check(), before);
    kept[15] ^= 1;
    assert_int_equal(custody_lease_check(), before + 1);
    const struct sunk *one = the_finding(CUSTODY_FINDING_BUFFER_RETAINED);
    assert_false(one->finding.has_by);
    assert_int_equal(one->finding.address, (uintptr_t)kept);
    assert_int_equal(one->told.capacity, 16);
    assert_string_equal(one->receivers[0], "device");
    assert_int_equal(one->deeds[1], CUSTODY_DEED_LEASE_ENDED);
    kept[14] ^= 1;
    assert_int_equal(custody_lease_check(), before + 1);
    assert_int_equal(sunk_count, 1);
}

static void what_a_lease_had_seen_at_its_end_is_not_told_of_again(void **state)
{
    (void)state;
    char buffer[16];
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', 20);
    custody_lease_end(number, 16);
    custody_lease_check();
    the_finding(CUSTODY_FINDING_BUFFER_OVERRUN);
}

static void the_ends_of_other_leases_find_a_late_write(void **state)
{
    (void)state;
    char buffer[16];
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    char *kept = custody_lease_memory(number);
    custody_lease_end(number, 16);
    kept[0] ^= 1;
    for (size_t looked = 0; looked < CST_LEASE_PAST_BYTES; looked += CST_LEASE_LOOK_BYTES) {
        assert_int_equal(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_OUT), 16), 1);
    }
    the_finding(CUSTODY_FINDING_BUFFER_RETAINED);
}

/* The oldest goes with the next; only bytes are looked through that a lease's end may look through. */
static void what_gives_way_is_looked_at_a_last_time(void **state)
{
    (void)state;
    static char buffer[CST_LEASE_LOOK_BYTES];
    unsigned flags = CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY;
    char *kept = NULL;
    for (size_t i = 0; i < 64; i++) {
        custody_lease number = lease(buffer, sizeof buffer, flags);
        if (i == 20) {
            kept = custody_lease_memory(number);
        }
        custody_lease_end(number, sizeof buffer);
        if (i == 20) {
            kept[5] ^= 1;
        }
    }
    the_finding(CUSTODY_FINDING_BUFFER_RETAINED);
}

static void a_copy_that_is_too_large_to_be_watched_is_given_back(void **state)
{
    (void)state;
    static char buffer[CST_LEASE_PAST_BYTES];
    custody_lease number = lease(buffer, sizeof buffer, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    memset(custody_lease_memory(number), 'x', sizeof buffer);
    assert_int_equal(custody_lease_end(number, sizeof buffer), 1);
    assert_int_equal(buffer[sizeof buffer - 1], 'x');
    assert_int_equal(sunk_count, 0);
}

/* Each thread leases a part of memory that all of them share; nothing is to be told of. */
#define THREADS 4
static char *shared;

static void *lease_a_part(void *argument)
{
    size_t index = (size_t)(uintptr_t)argument;
    char *part = shared + index * 64;
    for (int i = 0; i < 2000; i++) {
        custody_lease number;
        if (custody_lease_begin(device, part, 64, CUSTODY_LEASE_OUT | (i % 2 ? CUSTODY_LEASE_COPY : 0), &number) !=
            CUSTODY_STATUS_OK) {
            return (void *)1;
        }
        memset(custody_lease_memory(number), (int)index, 64);
        if (!custody_lease_end(number, 64) || part[63] != (char)index) {
            return (void *)1;
        }
    }
    return NULL;
}

static void lease_in_threads(char *memory)
{
    pthread_t threads[THREADS];
    shared = memory;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, lease_a_part, (void *)(uintptr_t)i), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(sunk_count, 0);
}

static void threads_lease_buffers_at_one_time(void **state)
{
    (void)state;
    static char buffers[THREADS * 64];
    lease_in_threads(buffers);
}

static void threads_lease_parts_of_one_block_at_one_time(void **state)
{
    (void)state;
    char *block = custody_alloc(device, THREADS * 64, 0);
    lease_in_threads(block);
    custody_release(device, block);
}

static void in_the_child(void)
{
    char buffer[16];
    custody_lease number = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    char *kept = custody_lease_memory(number);
    custody_lease_end(number, 16);
    custody_lease live = lease(buffer, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY);
    char *block = custody_alloc(device, 77, 0);
    custody_lease of_block = lease(block, 77, CUSTODY_LEASE_OUT);
    kept[0] ^= 1;
    pid_t child = fork();
    if (child == 0) {
        require(custody_lease_check() == 0); /* the parent's to tell */
        custody_release(device, block);      /* who has it may be a thread that is not here */
        require(custody_lease_end(of_block, 77) == 1 && sunk_count == 0);
        memset(custody_lease_memory(live), 'x', 16);
        require(custody_lease_end(live, 16) == 1 && buffer[15] == 'x');
        require(custody_lease_end(lease(buffer, 16, CUSTODY_LEASE_OUT), 17) == 0);
        _exit(sunk_count == 1 ? 0 : 1);
    }
    int status;
    require(waitpid(child, &status, 0) == child && status == 0);
    require(custody_lease_check() == 1);
}

static void a_child_has_its_parents_leases_and_not_what_it_watched(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(in_the_child), 0);
}

static int start(void **state)
{
    (void)state;
    cst_options.leaks = CST_LEAKS_OFF;
    return custody_side_register("device", CUSTODY_LANG_C, &device) != CUSTODY_STATUS_OK;
}

#define TEST(name) cmocka_unit_test_setup(name, sink_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_has_its_parents_leases_and_not_what_it_watched),
        TEST(impossible_terms_are_refused),
        TEST(no_lease_is_a_lease_in_which_nothing_is_checked),
        TEST(a_lease_that_ended_is_told_of_with_what_it_was),
        TEST(a_number_that_is_none_is_told_of),
        TEST(numbers_are_never_given_twice),
        TEST(many_leases_are_live_at_one_time),
        TEST(errno_is_as_it_was),
        TEST(a_capacity_beyond_the_block_is_told_of_and_what_lies_there_is_not_touched),
        TEST(the_room_of_a_buffer_inside_a_block_ends_with_the_block),
        TEST(a_guard_needs_room_in_the_block_too),
        TEST(a_buffer_that_was_released_has_no_room),
        TEST(capacities_that_are_no_more_than_a_manner_of_speaking_crash_nothing),
        TEST(a_constant_is_leased_for_reading_with_a_guard_that_cannot_be_laid),
        TEST(a_write_behind_the_capacity_is_an_overrun_up_to_its_end),
        TEST(one_terminator_too_many_is_an_overrun),
        TEST(a_full_buffer_is_no_overrun),
        TEST(a_copy_has_the_contents_and_gives_back_what_is_reported),
        TEST(a_copy_gives_back_all_when_no_length_is_known_and_the_terminator_with_one),
        TEST(a_copy_takes_what_is_written_too_far),
        TEST(a_write_in_front_of_a_copy_is_an_overrun),
        TEST(what_a_library_writes_for_reading_only_does_not_reach_the_buffer),
        TEST(a_page_that_ends_where_memory_ends_is_copied_whole),
        TEST(a_write_to_a_buffer_for_reading_is_an_overrun),
        TEST(a_buffer_that_was_read_is_silent_whatever_was_reported),
        TEST(a_length_above_the_capacity_is_an_overclaim),
        TEST(what_it_would_take_is_no_overclaim_where_that_is_agreed),
        TEST(what_it_would_take_may_be_anything_when_that_is_asked_for),
        TEST(a_terminator_behind_the_length_is_what_was_promised),
        TEST(a_terminator_that_is_too_short_is_missing),
        TEST(a_length_that_leaves_no_room_for_the_terminator_is_an_overclaim),
        TEST(without_a_length_a_terminator_may_be_anywhere_at_its_width),
        TEST(a_text_that_fills_the_buffer_without_an_end_is_an_overclaim),
        TEST(a_call_that_wrote_nothing_owes_no_terminator),
        TEST(a_write_to_a_past_copy_is_told_of_once),
        TEST(what_a_lease_had_seen_at_its_end_is_not_told_of_again),
        TEST(the_ends_of_other_leases_find_a_late_write),
        TEST(what_gives_way_is_looked_at_a_last_time),
        TEST(a_copy_that_is_too_large_to_be_watched_is_given_back),
        TEST(threads_lease_buffers_at_one_time),
        TEST(threads_lease_parts_of_one_block_at_one_time),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
