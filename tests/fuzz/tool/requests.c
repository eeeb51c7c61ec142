/* Any bytes as a packet to the server of facts: it closes the connection, after an answer of one byte or none, and goes on to
 * serve. The server is a thread of this process, so that new paths in it are seen, and a fault in it ends both. */
#include "../fuzz.h"

#include "custody/facts.h"
#include "facts_requests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WAIT_MS 20000

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void *serve(void *listener)
{
    cst_facts_requests_serve(*(int *)listener, "/nonexistent/facts");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "custody-fuzz-%ld", (long)getpid());
    static int listener;
    pthread_t server;
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    require(listener >= 0 && bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    require(pthread_create(&server, NULL, serve, &listener) == 0);
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
    return 0;
}
