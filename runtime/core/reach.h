/* Reach: which live blocks can still be reached from the program's roots. A conservative mark: every aligned word that
 * could be a pointer is taken for one. The tags say where blocks begin and take the marks; nothing else is known of what
 * lies in memory. Runs while the other threads are halted: takes no lock, and no memory but mappings of its own.
 *
 *   reachable  from a root, by pointers to the beginnings of blocks
 *   possible   from a root, but somewhere on every way only by a pointer into the middle of a block
 *   indirect   not from a root, but from another block that is lost
 *   definite   from nowhere; of a ring of lost blocks one is
 *
 * Some pointers into the middle are as good as pointers to the beginning, because of what makes them: low bits used as a
 * tag, the cookie in front of an array of C++, the counts in front of what a Rust Arc or Rc holds, the elements in front of the control bytes of a Rust hash table, a
 * second base class,
 * the header of an aligning allocator, whatever libc and the C++ runtime do with their own. */
#ifndef CST_CORE_REACH_H
#define CST_CORE_REACH_H

#include "base/words.h"
#include "core/tag.h"
#include "plat/compiler.h"
#include "plat/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Who a pointer was found with: a side's number for a block of that side, the same with CST_HOLDER_DATA for the static
 * data of that side's module, CST_HOLDER_NOBODY for stacks, registers and whatever belongs to no side. */
#define CST_HOLDER_NOBODY ((uint16_t)0)
#define CST_HOLDER_DATA ((uint16_t)0x8000)

enum cst_reach_class {
    CST_REACH_LIVE, /**< not examined */
    CST_REACH_REACHABLE,
    CST_REACH_POSSIBLE,
    CST_REACH_INDIRECT,
    CST_REACH_DEFINITE,
};
#define CST_REACH_CLASSES 5

/** [lo, hi) of addresses. */
struct cst_reach_range {
    uintptr_t lo, hi;
};

/** A word that may be a pointer, on its way from where it was found to what it points to. */
struct cst_reach_word {
    uintptr_t address;
    uint16_t holder;
};

/** A pointer into the middle of a block, on its way to where it can be seen whether it is as good as one to the beginning. */
struct cst_reach_doubt {
    struct cst_tag *tag;
    uintptr_t start, address;
};

/** Things on their way in a mark at one time, of each kind. A power of two. */
#define CST_REACH_LAG 32

/** Those of one kind: the first in is the first out. */
struct cst_reach_queue {
    size_t count, next; /* next: how many there ever were */
};

#define CST_REACH_COPY ((size_t)32 * 1024)
#define CST_REACH_PAGES ((size_t)512)
#define CST_REACH_RUNS ((size_t)128)

/** What a mark needs to know of a side. */
struct cst_reach_party {
    uint16_t module;  /**< id + 1; 0 for a side without one */
    bool neutral;     /**< its memory says nothing about who owns what it points to */
    bool libc;        /**< a part of libc */
    bool runtime;     /**< a part of libc, or the C++ runtime: what it makes is its own business */
    bool rust_module; /**< Rust is in its module */
    bool rust;
};

/** Room to work in that would be much for a small thread's stack. */
struct cst_reach_room {
    struct cst_reach_party parties[CST_SIDE_MAX];
    uint64_t pages[CST_REACH_PAGES];
    struct cst_sys_run runs[CST_REACH_RUNS];
    _Alignas(uintptr_t) unsigned char copy[CST_REACH_COPY];
};

/** A mark under way. Plain memory of the caller's; what it points to is mapped by cst_reach_begin. */
struct cst_reach {
    struct cst_words marked;  /**< blocks that are marked and not yet looked through, as reach.c packs them */
    struct cst_words leaders; /**< lost blocks that may lead to leaders before them */
    uint32_t
        *heads; /**< by page of the heap: how many pages back the block begins that reaches into it; 0: none does */
    size_t pages;
    struct cst_reach_room *room;
    const struct cst_reach_range
        *barred; /**< parts of the heap that cannot be read as they are, in order; the caller's */
    size_t barred_count;
    const struct cst_reach_range *images; /**< modules, in order; the caller's */
    size_t image_count;
    struct cst_reach_word words[CST_REACH_LAG];   /**< waiting for the memory that tells what they point to */
    uintptr_t ready[CST_REACH_LAG];               /**< blocks waiting for their first bytes, packed */
    struct cst_reach_doubt doubts[CST_REACH_LAG]; /**< waiting for what lies around them */
    struct cst_reach_queue words_queue, ready_queue, doubts_queue;
    uintptr_t leader;  /**< the lost block whose dependants are being marked */
    bool in_ring, met; /**< some leader was led to by what it leads to; the present one leads to what was met before */
    int mode;          /**< reach.c's own */
    int pagemap, memory;  /**< descriptors, or negative */
    uint8_t generation;   /**< of the blocks that are judged; others count as roots */
    size_t live, reached; /**< blocks; those of them that roots lead to, by whatever way */
    bool any_possible;    /**< a block was found by a pointer into its middle */
    bool failed;          /**< memory ran out: the marks mean nothing */
};

/** Maps what is needed and notes where large blocks lie; takes marks away that are left from before. `barred` and `images` as in the struct. Blocks of
 * another fork generation than `generation`, and those that belong to nobody, are roots. False when memory is out. */
CST_MUST_USE bool cst_reach_begin(struct cst_reach *reach, uint8_t generation, const struct cst_reach_range *barred,
                                  size_t barred_count, const struct cst_reach_range *images, size_t image_count);

/** One root: a word that may be a pointer. */
void cst_reach_root(struct cst_reach *reach, uintptr_t word, uint16_t holder);

/** A stack that is in use, from `stack_pointer` on: when it lies in a block, as coroutines' do, that block is reachable. */
void cst_reach_stack(struct cst_reach *reach, uintptr_t stack_pointer);

/** How the memory of roots is looked through. */
enum cst_reach_how {
    CST_REACH_ALIGNED, /**< every aligned word */
    CST_REACH_CHANGED, /**< the same, but only in pages that do not hold what the file behind them does: a module's */
    CST_REACH_PACKED,  /**< at every byte: code that was made at run time holds pointers where they come to lie */
};

/** Roots: the words of [lo, hi). Pages that cannot be read, or were never touched, are passed over. */
void cst_reach_roots(struct cst_reach *reach, uintptr_t lo, uintptr_t hi, uint16_t holder, enum cst_reach_how how);

/** Follows the roots to the end, then sorts out what is left. False when memory ran out: the marks mean nothing. */
CST_MUST_USE bool cst_reach_finish(struct cst_reach *reach);

/** Gives the memory back. The marks stay. */
void cst_reach_end(struct cst_reach *reach);

/** What became of a live block, by its tag's marks. */
CST_MUST_USE enum cst_reach_class cst_reach_class_of(const struct cst_tag *tag);

/** The one other side that holds all references to a block; CST_SIDE_UNKNOWN when there are none, or its own side, a
 * stack, or several sides hold some. */
CST_MUST_USE uint16_t cst_reach_holder_of(const struct cst_tag *tag);

#endif
