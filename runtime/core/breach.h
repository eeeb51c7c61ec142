/* Breaches: broken rules that the program itself stated through the ownership API (objects, buffers, loans, callbacks), on
 * their way to become findings. Adds what is known of the block and of the call; decides nothing. Also sends the events of
 * that API to the log, where they are asked for. Under the recursion guard, with no lock held. */
#ifndef CST_CORE_BREACH_H
#define CST_CORE_BREACH_H

#include "core/finding.h"
#include "core/history.h"
#include "core/origin.h"

#include <stdbool.h>
#include <stdint.h>

/** What was broken, and by whom. */
struct cst_breach {
    enum custody_finding_kind kind;
    uintptr_t address; /**< of the object, block or buffer */
    uint16_t by;       /**< side that broke the rule; CST_SIDE_UNKNOWN: that of the code that calls told.function */
    const struct cst_call *call;            /**< into the API, or the allocator; NULL at exit */
    bool is_inferred;                       /**< rests on a conclusion: a warning at most */
    struct cst_told told;                   /**< its moments are taken from `history` */
    const struct cst_history_copy *history; /**< may be NULL */
    uint16_t owner;                         /**< side that owns what is concerned, where no block says it */
    bool is_gone; /**< what was at the address is there no more: nothing is said of the block that may be there now */
};

/** Makes a finding of it. Equal ones are counted: of the same kind, type and parties, at the same stack, about something
 * made at the same place. Ends the program where the settings say so. */
void cst_breach_tell(const struct cst_breach *breach);

/** Sets the sink for events, and whether there are any; at start. */
void cst_breach_start(cst_ownership_sink *sink, bool wanted);

/** True when events are to be sent. */
bool cst_breach_wants_events(void);

/** An event of the log: what `deed` did to something of the kind `event` ("handle", "transfer", "lend", "lease"). Does
 * nothing when events are not wanted. */
void cst_breach_event(const char *event, const struct cst_deed *deed, uint64_t number, uintptr_t address, size_t size,
                      const char *type);

#endif
