/* A question to another process, by a socket that is there for that question alone. Like sys.h: raw system calls that leave
 * errno alone, allocate nothing, lock nothing and raise no signal; any thread, also in signal handlers and in the child of
 * vfork. */
#ifndef CST_PLAT_SOCKET_H
#define CST_PLAT_SOCKET_H

#include "plat/compiler.h"

#include <stddef.h>
#include <stdint.h>

/** Connects to the abstract socket `name` (unix(7), SOCK_SEQPACKET), sends `message[size]` as one packet, and waits for an
 * answer of one byte, in all at most `timeout_ns` nanoseconds. Returns the byte, 0 to 255, or -errno: ECONNREFUSED when
 * nobody listens, ECONNRESET when there was no answer, ETIMEDOUT when the time is up, EINVAL when the name is empty or too
 * long. Interruptions by signals are not seen. */
CST_MUST_USE int cst_socket_ask(const char *name, const void *message, size_t size, uint64_t timeout_ns);

/** After fork, in the child: closes what other threads of the parent were asking through. */
void cst_socket_after_fork(void);

#endif
