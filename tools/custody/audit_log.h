/* What audit logs say, as plain data: processes, their modules, findings and totals. Filled by reader.c, read by all
 * commands; nothing here is symbolised or merged yet. Everything lives in the log's arena until cst_log_free. Strings are
 * never NULL unless said; a field that the log left out is "" or "unknown" or 0. */
#ifndef CST_TOOL_AUDIT_LOG_H
#define CST_TOOL_AUDIT_LOG_H

#include "arena.h"

#include "custody/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_NO_MODULE UINT32_MAX
/** More modules than any process has; larger ids are taken for damage. */
#define CST_MODULE_IDS 65536

/** A program file or shared object as one process had it. */
struct cst_log_module {
    const char *path;
    const char *name;     /**< last component of path */
    const char *build_id; /**< lower-case hex; "" when the file has none */
    const char *role;     /**< "program", "library", "libc", "c++-runtime", "custody"; "" when not told */
    bool rust_inferred;   /**< Rust is in it, but its allocator calls cannot be told from C's */
};

/** One return address. */
struct cst_log_frame {
    uint32_t module;    /**< id in the process, or CST_NO_MODULE */
    uint64_t offset;    /**< return address minus load bias: an address in the ELF file; absolute without a module */
    const char *symbol; /**< raw name that the runtime saw; NULL when none */
};

/** Innermost first. */
struct cst_log_stack {
    struct cst_log_frame *frames;
    size_t count;
};

/** One party of a finding. */
struct cst_log_party {
    const char *side, *lang, *contract;
    const char *call; /**< raw symbol of the function it called; "" when none */
};

struct cst_log_process;

/** One moment in the history of something that the program told of. */
struct cst_log_moment {
    const char *deed;            /**< the log's word: "lent" */
    struct cst_log_party by, to; /**< without calls; `to` has a contract where one was named, "unknown" otherwise */
    bool has_to;
    const char *thread;
    struct cst_log_stack stack;
};

/** What a finding says of something that the program told of: an object, a block of the ledger, a buffer, a callback. */
struct cst_log_told {
    const char *type, *expected_type; /**< NULL when not told */
    bool has_number;
    uint64_t number;
    bool has_capacity, has_length;
    uint64_t capacity, length;      /**< bytes */
    struct cst_log_moment *history; /**< oldest first */
    size_t history_count;
    uint64_t history_left_out;
};

/** One `finding` line. */
struct cst_log_finding {
    const struct cst_log_process *process;
    const char *kind;
    enum custody_severity severity;
    const char *confidence;
    const char *key; /**< "" when the line has none: such findings are never merged */
    uint64_t count;  /**< >= 1 */

    bool has_block;
    const char *address;  /**< as the log spells it */
    uint64_t size, align; /**< bytes */
    bool has_owner, has_by;
    struct cst_log_party owner, by;
    const char *expect;
    const char *policy; /**< rule that forbids this, "FILE:LINE"; "" when none does */
    const char *thread;
    const char *test;   /**< the test that it happened in, as cargo-custody says; "" when it does not */
    const char *one_of; /**< the tests that it may have happened in, joined by ", "; "" when `test` is known */

    const char *place, *place_name; /**< where a pointer that is no block lies; "" when not told */
    bool has_offset;
    uint64_t offset; /**< bytes into the block */
    bool has_given_size, has_given_align;
    uint64_t given_size, given_align; /**< bytes, as the release named them */

    struct cst_log_stack alloc, release, first_release;

    struct cst_log_told told;

    const char *leak_class; /**< "" unless a leak */
    uint64_t leak_blocks, leak_bytes;
    bool on_request; /**< a leak told before the process ended; what it tells at its end takes the place of it */
    bool has_holder;
    struct cst_log_party
        holder; /**< of a leak: the other side in whose memory all references lie; side and lang only */

    size_t line; /**< which one of all events that were read */
};

/** One line `handle`, `transfer`, `lend` or `lease`. */
struct cst_log_deed {
    const struct cst_log_process *process;
    const char *event;
    struct cst_log_moment moment;
    bool has_number;
    uint64_t number;
    const char *address; /**< as the log spells it */
    bool has_size;
    uint64_t size;    /**< bytes; of a buffer, its capacity */
    const char *type; /**< NULL when not told */
    size_t line;      /**< which one of all events that were read */
};

/** What a number is the number of. */
enum cst_numbered {
    CST_NUMBERED_ANY, /**< whatever has it */
    CST_NUMBERED_HANDLE,
    CST_NUMBERED_CALLBACK,
    CST_NUMBERED_LOAN,
    CST_NUMBERED_LEASE,
};

/** What is to be kept of deeds: a log may have millions. Zeroed: nothing. */
struct cst_log_interest {
    bool stacks; /**< each stack once; see seen_stacks */
    bool has_address, has_number;
    uint64_t address;           /**< of what begins there, or has it inside */
    enum cst_numbered numbered; /**< that has the number */
    uint64_t number;
};

/** Totals of one side in one process. */
struct cst_log_side {
    const char *side, *lang;
    const char *module; /**< path of its module; "" when it has none or the log does not tell */
    uint64_t allocs, frees, total_bytes;
    uint64_t live_blocks, live_bytes, peak_blocks, peak_bytes;
};

/** Releases of one side's blocks by another, in one process. */
struct cst_log_crossing {
    const char *from, *from_lang, *to, *to_lang, *contract;
    uint64_t count;
    bool allowed;
};

/** How often one finding came in one process, its first time included. */
struct cst_log_repeat {
    const char *key;
    uint64_t count;
};

/** How one rule of a policy was used in one process. */
struct cst_log_rule {
    uint64_t line;
    const char *word; /**< that begins it */
    uint64_t count;
};

/** The policy that one process ran under. */
struct cst_log_policy {
    const char *file; /**< NULL or "" when there was none, or the process has not told */
    const char *digest;
    bool holds; /**< false when it could not be read, or has errors */
    uint64_t errors;
    struct cst_log_rule *rules;
    size_t count;
};

/** How the record of a process ends. */
enum cst_log_end {
    CST_END_MISSING, /**< no last word: killed, or still running */
    CST_END_EXEC,    /**< became another program */
    CST_END_EXIT,
};

struct cst_recorded;
struct cst_seen_stacks;

/** One program run: from a `start` (or `fork`) event to the next of the same pid. */
struct cst_log_process {
    int64_t pid;
    const char *program; /**< last component of the executable's path */
    const char *exe;     /**< path of the executable; "" when not told */
    bool started;        /**< has a `start` event, or was forked from one that has */
    enum cst_log_end end;
    struct cst_log_module **modules; /**< by id; NULL where unknown */
    size_t module_count;
    struct cst_log_side *sides;
    size_t side_count;
    struct cst_log_crossing *crossings;
    size_t crossing_count;
    struct cst_log_repeat *repeats;
    size_t repeat_count;
    struct cst_log_policy policy;
    const struct cst_recorded *recorded; /**< symbols that its file recorded (recorded.h); NULL when none */
    struct cst_seen_stacks *seen_stacks; /**< of its deeds (seen_stacks.h), with that interest; NULL when none */
    bool leaks_on_request;               /**< told leaks before its end, */
    bool leaks_at_exit;                  /**< and at its end */
};

/** Everything from one or more log files, in order of appearance. Start with {0}. */
struct cst_log {
    struct cst_arena arena;
    struct cst_log_process **processes;
    size_t process_count;
    struct cst_log_finding **findings;
    size_t finding_count;
    struct cst_log_interest interest; /**< set before anything is read */
    struct cst_log_deed **deeds;
    size_t deed_count;
    bool has_ownership;            /**< there are deeds, kept or not */
    size_t lines;                  /**< events that were read so far */
    size_t skipped_lines;          /**< malformed lines, already reported on stderr */
    struct cst_recorded *recorded; /**< of all files; NULL when there is none */
};

/** The module of a frame of `process`; NULL when the frame has none or it is unknown. */
const struct cst_log_module *cst_log_module_of(const struct cst_log_process *process,
                                               const struct cst_log_frame *frame);

/** True when any process in the log wrote a `start` event. */
bool cst_log_any_start(const struct cst_log *log);

/** The stacks of a finding, those of its history behind the others; NULL behind the last. */
const struct cst_log_stack *cst_log_stack_at(const struct cst_log_finding *finding, size_t index);

/** The stack that says where what the finding is about comes from: that of the allocation, or the first of its history.
 * Empty when neither is known. */
const struct cst_log_stack *cst_log_stack_of_origin(const struct cst_log_finding *finding);

/** True when what begins at `start`, as the log spells it, and has `size` bytes (0: not known) begins at `address` or has
 * it inside. */
bool cst_log_covers(const char *start, uint64_t size, uint64_t address);

/** Releases everything and leaves an empty log. */
void cst_log_free(struct cst_log *log);

#endif
