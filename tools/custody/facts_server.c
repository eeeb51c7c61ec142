/* The server of facts as a process; see facts_server.h. */
#include "facts_server.h"

#include "facts_requests.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 128

/* Ends with the server's place in the process, so that an audit of the tool itself is told, too. */
static void end(int number)
{
    (void)number;
    _exit(0);
}

static void set_signals(void)
{
    const struct sigaction ending = {.sa_handler = end}, ignoring = {.sa_handler = SIG_IGN};
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGPIPE, &ignoring, NULL);
    sigaction(SIGHUP, &ignoring, NULL);
    sigaction(SIGCHLD, &usual, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Lets go of everything that this process has from the one that started it. Returns the socket's new descriptor. */
static int detach(pid_t parent, int listener)
{
    setsid();
    set_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Without standard streams at its start, the tool has the socket in the place of one. */
    int kept = STDERR_FILENO + 1, high = fcntl(listener, F_DUPFD_CLOEXEC, kept);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (getppid() != parent || high < 0 || nothing < 0 || chdir("/") != 0) {
        _exit(1);
    }
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        dup2(nothing, fd);
    }
    if (high != kept) {
        dup2(high, kept);
    }
    closefrom(kept + 1); /* also where a sandbox knows no close_range: the parent waits for it */
    fcntl(kept, F_SETFD, FD_CLOEXEC);
    /* Debug information is not fetched over the network while a program waits for it. */
    unsetenv("DEBUGINFOD_URLS");
    return kept;
}

/* A name in the arena; NULL when the kernel has no random numbers. */
static char *make_name(struct cst_arena *arena)
{
    uint64_t number[2];
    if (getrandom(number, sizeof number, 0) != (ssize_t)sizeof number) {
        return NULL;
    }
    return cst_arena_format(arena, "custody-%016llx%016llx", (unsigned long long)number[0],
                            (unsigned long long)number[1]);
}

/* A socket that listens under the name; -1 with errno set. */
static int listen_as(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    memcpy(address.sun_path + 1, name, length); /* behind a NUL: an abstract name (unix(7)) */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Starts the server's process and waits until it has let go of ours: of the pipe, too. Until then a signal to our group would
 * reach it. Its id; -1 with errno set. */
static pid_t start_process(int listener, const char *directory)
{
    int held[2];
    if (pipe2(held, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t parent = getpid(), process = fork();
    if (process == 0) {
        cst_facts_requests_serve(detach(parent, listener), directory);
    }
    int error = errno;
    char nothing;
    close(held[1]);
    while (process > 0 && read(held[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    close(held[0]);
    errno = error;
    return process;
}

bool cst_facts_server_start(struct cst_arena *arena, const char *directory, struct cst_facts_server *out_server)
{
    char *name = make_name(arena);
    int listener = name ? listen_as(name) : -1;
    pid_t process = listener >= 0 ? start_process(listener, directory) : -1;
    if (process < 0) {
        cst_say("run: no facts about code are made for the command: %s", strerror(errno));
    }
    if (listener >= 0) {
        close(listener);
    }
    *out_server = (struct cst_facts_server){.name = name, .process = process};
    return process > 0;
}

void cst_facts_server_stop(const struct cst_facts_server *server)
{
    kill(server->process, SIGTERM);
    kill(server->process, SIGCONT); /* who is stopped ends no sooner */
    while (waitpid(server->process, NULL, 0) < 0 && errno == EINTR) {
    }
}
