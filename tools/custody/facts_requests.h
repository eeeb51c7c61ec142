/* Requests for facts (include/custody/facts.h) and their answers: the loop of the server of facts. Each file is read in
 * a process of its own, since a damaged one may cost time or memory. */
#ifndef CST_TOOL_FACTS_REQUESTS_H
#define CST_TOOL_FACTS_REQUESTS_H

/** Answers requests that come to the socket `listener`, of processes of the same user, with facts kept in `directory`.
 * One file is made at a time. Until a signal ends it. */
_Noreturn void cst_facts_requests_serve(int listener, const char *directory);

#endif
