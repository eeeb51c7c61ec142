/* Buffers that a program leases to a library: each way to go wrong, and the right use of each kind of lease. Whether a
 * block's size is known depends on whose it is: the program's own come from malloc, which only the preload sees. Linked statically, library and program
 * are one side, and which of them released a buffer is not known.
 *
 * @libs reed
 * @custody shared static both
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @run behind-guard
 * @expect buffer-overrun error exact by=$prog/c/custody call=custody_lease_end capacity=16 length=23 release=$prog
 * @run behind-copy
 * @expect buffer-overrun error exact by=$prog/c/custody call=custody_lease_end capacity=16 length=23 release=$prog
 * @run small-block
 * @expect buffer-overrun error exact owner=playlist/c/custody by=$prog/c/custody call=custody_lease_begin size=20 capacity=20 length=24 alloc=$prog
 * @run small-malloc
 * @expect[custody=both] buffer-overrun error exact owner=$prog/c/malloc by=$prog/c/custody call=custody_lease_begin size=20 capacity=20 length=24 alloc=$prog
 * @run for-reading
 * @expect buffer-overrun error exact by=$prog/c/custody call=custody_lease_end capacity=32 length=none
 * @run for-reading-copy
 * @expect buffer-overrun error exact by=$prog/c/custody call=custody_lease_end capacity=32 length=none
 * @run claims-more
 * @expect buffer-overclaim error exact by=$prog/c/custody call=custody_lease_end capacity=16 length=22
 * @run bare
 * @expect buffer-overclaim error exact by=$prog/c/custody call=custody_lease_end capacity=16 length=16
 * @run written-late
 * @expect buffer-retained error exact capacity=32 length=none
 * @run written-late-unseen
 * @expect buffer-retained error exact capacity=32 length=none
 * @run freed-by-library
 * @expect[custody=both link=shared] buffer-retained error exact owner=$prog/c/malloc by=$reed/c/malloc call=free size=33 capacity=32 release=$reed
 * @expect[custody=both link=static] released-while-lent error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=33 capacity=32
 * @expect[custody=both link=static] double-free error exact owner=$prog/c/malloc call=free size=33
 * @run freed-late
 * @expect[custody=both] buffer-retained error exact by=$reed/c/malloc call=free capacity=32 release=$reed
 * @run freed-from-stack
 * @expect[custody=both link=shared] buffer-retained error exact by=$reed/c/malloc call=free capacity=32 place=none
 * @expect[custody=both link=static] invalid-free error exact by=$prog/c/malloc call=free place=stack
 * @run resized-by-library
 * @expect[custody=both link=shared] buffer-retained error exact owner=$prog/c/malloc by=$reed/c/malloc call=realloc size=34 capacity=32
 * @expect[custody=both link=static] released-while-lent error exact owner=$prog/c/malloc by=$prog/c/malloc call=realloc size=34 capacity=32
 * @expect[custody=both link=static] double-free error exact owner=$prog/c/malloc call=free size=34
 * @run freed-while-leased
 * @expect[custody=both] released-while-lent error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=35 capacity=32
 * @run released-while-leased
 * @expect released-while-lent error exact owner=playlist/c/custody by=playlist/c/custody call=custody_release size=36 capacity=32
 * @run ended-twice
 * @expect stale-handle error exact by=$prog/c/custody call=custody_lease_end capacity=32
 * @run good
 */
#include "custody/custody.h"

#include "keep.h"
#include "reed.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH 22 /* of reed's text */
#define OUT CUSTODY_LEASE_OUT
#define GUARD CUSTODY_LEASE_GUARD
#define COPY CUSTODY_LEASE_COPY
#define NUL CUSTODY_LEASE_NUL
#define NEED CUSTODY_LEASE_REPORTS_NEED

typedef size_t describe(char *out, size_t capacity);

static custody_side reed, playlist;
static char buffer[64 + CUSTODY_GUARD_SIZE];

static custody_lease lease(void *memory, size_t capacity, unsigned flags)
{
    custody_lease number = 0;
    assert(custody_lease_begin(reed, memory, capacity, flags, &number) == CUSTODY_STATUS_OK);
    return number;
}

/* One call of the library, under a lease; what its end says. */
static int call(describe *function, char *memory, size_t capacity, unsigned flags)
{
    custody_lease number = lease(memory, capacity, flags);
    return custody_lease_end(number, function(custody_lease_memory(number), capacity));
}

static void for_reading(unsigned flags)
{
    static char text[33] = "a text that is only to be read..";
    custody_lease number = lease(text, 32, CUSTODY_LEASE_IN | flags);
    reed_count_loudly(custody_lease_memory(number), 32);
    assert(!custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN));
}

static void in_block_of(char *block, unsigned capacity)
{
    call(reed_describe, block, capacity, OUT | COPY | NUL | NEED);
    assert(strncmp(keep(block), "reed, double, bamboo", 19) == 0);
}

static void wrong(const char *run)
{
    if (strcmp(run, "behind-guard") == 0)
        assert(!call(reed_describe_all, buffer, 16, OUT | GUARD | NUL | NEED));
    if (strcmp(run, "behind-copy") == 0)
        assert(!call(reed_describe_all, buffer, 16, OUT | COPY | NUL | NEED));
    if (strcmp(run, "small-block") == 0) {
        char *block = custody_alloc(playlist, 20, 0);
        in_block_of(block, 24);
        custody_release(playlist, block);
    }
    if (strcmp(run, "small-malloc") == 0) {
        char *block = keep(malloc(20));
        in_block_of(block, 24);
        free(block);
    }
    if (strcmp(run, "for-reading") == 0)
        for_reading(0);
    if (strcmp(run, "for-reading-copy") == 0)
        for_reading(COPY);
    if (strcmp(run, "claims-more") == 0)
        assert(!call(reed_describe, buffer, 16, OUT | NUL));
    if (strcmp(run, "bare") == 0)
        assert(!call(reed_describe_bare, buffer, 16, OUT | NUL));
    if (strcmp(run, "written-late") == 0) {
        assert(call(reed_listen, buffer, 32, OUT | COPY | NUL));
        reed_poll();
        assert(custody_lease_check() == 1);
    }
    if (strcmp(run, "written-late-unseen") == 0) { /* before the end of the process */
        assert(call(reed_listen, buffer, 32, OUT | COPY | NUL));
        reed_poll();
    }
    if (strcmp(run, "released-while-leased") == 0) {
        char *block = custody_alloc(playlist, 36, 0);
        custody_lease number = lease(block, 32, OUT);
        custody_release(playlist, block);
        custody_lease_end(number, 0);
    }
    if (strcmp(run, "ended-twice") == 0) {
        custody_lease number = lease(buffer, 32, OUT);
        assert(custody_lease_end(number, 0) && !custody_lease_end(number, 0));
    }
}

/* The library gives what it keeps to an allocator. Without the preload that would be libc's, which ends the program. */
static void release(const char *run)
{
    char local[32], *block = NULL;
    if (strcmp(run, "freed-by-library") == 0) {
        custody_lease number = lease(block = malloc(33), 32, OUT);
        reed_listen(custody_lease_memory(number), 32);
        reed_close();
        assert(custody_lease_end(number, LENGTH));
    }
    if (strcmp(run, "freed-late") == 0) {
        assert(call(reed_listen, local, 32, OUT | COPY));
        reed_close();
        assert(custody_lease_check() == 1);
    }
    if (strcmp(run, "freed-from-stack") == 0) {
        custody_lease number = lease(keep(local), 32, OUT);
        reed_listen(custody_lease_memory(number), 32);
        reed_close();
        custody_lease_end(number, LENGTH);
    }
    if (strcmp(run, "resized-by-library") == 0) {
        custody_lease number = lease(block = malloc(34), 32, OUT);
        reed_listen(custody_lease_memory(number), 32);
        reed_grow();
        assert(custody_lease_end(number, LENGTH));
    }
    if (strcmp(run, "freed-while-leased") == 0) {
        custody_lease number = lease(block = keep(malloc(35)), 32, OUT | COPY);
        reed_describe(custody_lease_memory(number), 32);
        free(block);
        block = NULL;
        custody_lease_end(number, LENGTH);
    }
    assert(!block || strncmp(block, "reed, double", 12) == 0);
    free(block);
}

static bool has_preload(void)
{
    const char *libraries = getenv("LD_PRELOAD");
    return libraries && strstr(libraries, "libcustody_preload.so");
}

/* Every kind of lease that a text of LENGTH bytes fits into, or is cut for. */
static void well(char *memory, size_t capacity)
{
    const unsigned kinds[] = {OUT | NUL, OUT | NUL | COPY, OUT | NUL | COPY | CUSTODY_LEASE_IN, OUT | GUARD | NUL};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        memset(memory, 'x', capacity);
        assert(call(reed_describe, memory, capacity, kinds[i]));
        assert(strlen(memory) == LENGTH);
        assert(call(reed_describe, memory, 10, kinds[i] | NEED));
        assert(strlen(memory) == 9);
    }
    assert(call(reed_describe_bare, memory, 10, OUT | COPY));
    assert(call(reed_describe_bare, memory, LENGTH, OUT | GUARD));
}

static void ask_then_fill(void)
{
    custody_lease number = lease(NULL, 0, OUT | NUL | COPY);
    size_t length = reed_describe(custody_lease_memory(number), 0);
    assert(custody_lease_end(number, length));
    char *text = malloc(length + 1);
    assert(call(reed_describe, text, length + 1, OUT | NUL | COPY));
    free(text);
}

static void good(void)
{
    char local[64 + CUSTODY_GUARD_SIZE], *block = custody_alloc(playlist, sizeof local, 0),
                                         *of_malloc = malloc(sizeof local);
    well(buffer, 64);
    well(local, 64);
    well(block, 64);
    well(of_malloc, 64);
    ask_then_fill();
    custody_lease number = lease(buffer, 32, CUSTODY_LEASE_IN);
    reed_count(custody_lease_memory(number), 32);
    assert(custody_lease_end(number, CUSTODY_LENGTH_UNKNOWN));
    assert(custody_lease_check() == 0);
    custody_release(playlist, block);
    free(of_malloc);
}

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "good";
    custody_side_of_code((const void *)reed_describe, &reed);
    custody_side_register("playlist", CUSTODY_LANG_C, &playlist);
    if (strcmp(run, "good") == 0)
        good();
    else if (strncmp(run, "freed-", 6) != 0 && strcmp(run, "resized-by-library") != 0)
        wrong(run);
    else if (has_preload())
        release(run);
    puts("done");
    return 0;
}
