/* The server of facts: while a command runs, its processes may ask for facts about the code of modules that the cache
 * does not have yet (include/custody/facts.h). It is a process beside the command: in a session of its own, so that no
 * terminal and no signal to the command's process group reaches it, without the command's standard streams, and gone
 * with whoever started it. It answers processes of the same user only. */
#ifndef CST_TOOL_FACTS_SERVER_H
#define CST_TOOL_FACTS_SERVER_H

#include "arena.h"

#include <stdbool.h>
#include <sys/types.h>

/** A server that runs. */
struct cst_facts_server {
    const char *name; /**< of its abstract socket, which nobody can guess; in the arena */
    pid_t process;
};

/** Starts a server that keeps facts in `directory`. False after a message; the command can be run without. */
bool cst_facts_server_start(struct cst_arena *arena, const char *directory, struct cst_facts_server *out_server);

/** Ends the server at once, whatever it is doing. */
void cst_facts_server_stop(const struct cst_facts_server *server);

#endif
