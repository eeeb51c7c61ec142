/* The request: see facts_request.h. */
#include "site/facts_request.h"

#include "base/lines.h"
#include "base/pool.h"
#include "custody/facts.h"
#include "plat/socket.h"

#include <stdatomic.h>
#include <string.h>

#define TIMEOUT_NS (CST_FACTS_REQUEST_SECONDS * UINT64_C(1000000000))
#define UNKNOWN_LIMITS UINT64_MAX

static struct {
    const char *name;
    uint64_t limits; /* of system calls, at start */
    atomic_bool given_up;
} server;

/* How the thread's system calls are restricted: proc_pid_status(5), "Seccomp" and "Seccomp_filters". No system call that
 * tells it is safer than reading a file, as is done for the facts anyway. */
static uint64_t call_limits(void)
{
    static const char mode[] = "Seccomp:\t", filters[] = "Seccomp_filters:\t";
    struct cst_lines lines;
    uint64_t limits = 0, value;
    if (!cst_lines_open(&lines, "/proc/thread-self/status")) {
        return UNKNOWN_LIMITS;
    }
    for (const char *line; (line = cst_lines_next(&lines)) != NULL;) {
        const char *number = strncmp(line, mode, sizeof mode - 1) == 0         ? line + sizeof mode - 1
                             : strncmp(line, filters, sizeof filters - 1) == 0 ? line + sizeof filters - 1
                                                                               : NULL;
        if (number != NULL && cst_lines_number(&number, 10, &value)) {
            limits = limits << 32 | (uint32_t)value;
        }
    }
    cst_lines_close(&lines);
    return limits;
}

void cst_facts_request_setup(const char *name)
{
    server.name = name;
    atomic_store(&server.given_up, name == NULL || name[0] == '\0');
    server.limits = atomic_load(&server.given_up) ? UNKNOWN_LIMITS : call_limits();
}

static bool may_ask(void)
{
    return !atomic_load(&server.given_up) && server.limits != UNKNOWN_LIMITS && call_limits() == server.limits;
}

bool cst_facts_request(const char *path, const char *key)
{
    size_t path_size = strlen(path) + 1, key_size = strlen(key) + 1;
    if (path_size + key_size > CUSTODY_FACTS_REQUEST_MAX || !may_ask()) {
        return false;
    }
    char *message = cst_pool_alloc(path_size + key_size); /* stacks may be small */
    if (message == NULL) {
        return false;
    }
    memcpy(message, path, path_size);
    memcpy(message + path_size, key, key_size);
    int answer = cst_socket_ask(server.name, message, path_size + key_size, TIMEOUT_NS);
    if (answer < 0) {
        atomic_store(&server.given_up, true);
    }
    return answer == CUSTODY_FACTS_READY;
}
