/* Any bytes as a packet to the server of facts: it closes the connection, after an answer of one byte or none, and goes on to
 * serve. The server is a process of its own, which is not looked into for new paths; that it lives is what counts. */
#include "../fuzz.h"

#include "custody/facts.h"
#include "facts_requests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define WAIT_MS 20000

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static pid_t server;

static void end_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "custody-fuzz-%ld", (long)getpid());
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    require(listener >= 0 && bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    server = fork();
    require(server >= 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        cst_facts_requests_serve(listener, "/nonexistent/facts");
    }
    close(listener);
    atexit(end_server);
    return 0;
}

/* Signals of libFuzzer's own interrupt it. */
static bool is_answered(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int ready;
    do {
        ready = poll(&waiting, 1, WAIT_MS);
    } while (ready < 0 && errno == EINTR);
    return ready == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned char answer[2] = {0};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    require(fd >= 0 && connect(fd, (void *)&address, sizeof address) == 0);
    require(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size || errno == EMSGSIZE || errno == EPIPE);
    if (size == 0)
        shutdown(fd, SHUT_WR);
    require(is_answered(fd));
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    require(got <= 0 || (got == 1 && answer[0] == CUSTODY_FACTS_NONE)); /* nothing can be kept there */
    close(fd);
    require(waitpid(server, NULL, WNOHANG) == 0);
    return 0;
}
