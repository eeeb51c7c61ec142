/* Requests for facts; see facts_requests.h. */
#include "facts_requests.h"

#include "arena.h"
#include "facts_worker.h"

#include "custody/facts.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Processes that are connected and have not asked yet; further ones wait until they are accepted. */
#define CLIENT_MAX 64

/* Descriptors that the server itself and a worker need. */
#define OWN_DESCRIPTORS 20

/* Who has said nothing for so long, though asking takes no time, makes room for others. */
#define SILENCE_S 1

/* For so long nobody is accepted when there is no room. */
#define PAUSE_MS 100

/* As many are kept, so that whoever asks for ever new ones costs no more than what is tried anew. */
#define REFUSED_MAX 1024

/* What no facts can be made of: that would be tried for every process anew. The same key may be had at another path: where a
 * process sees other files than the server, the path is not that of its module. */
struct refusal {
    const char *path, *key;
};

struct service {
    const char *directory;
    struct pollfd waiting[1 + CLIENT_MAX]; /* the listener, then clients, who came first in front */
    time_t since[1 + CLIENT_MAX];          /* when they came */
    nfds_t count;                          /* of `waiting` */
    nfds_t limit;                          /* of `count` */
    bool full;                             /* nobody can be accepted now */
    struct cst_arena arena;
    struct refusal *refused;
    size_t refused_count;
};

static bool is_refused(const struct service *service, const char *path, const char *key)
{
    for (size_t i = 0; i < service->refused_count; i++) {
        const struct refusal *refusal = &service->refused[i];
        if (strcmp(refusal->key, key) == 0 && strcmp(refusal->path, path) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse(struct service *service, const char *path, const char *key)
{
    if (service->refused_count == REFUSED_MAX) {
        return;
    }
    service->refused =
        cst_arena_extend(&service->arena, service->refused, service->refused_count, sizeof *service->refused);
    service->refused[service->refused_count++] =
        (struct refusal){.path = cst_arena_copy(&service->arena, path), .key = cst_arena_copy(&service->arena, key)};
}

static bool make(struct service *service, const char *path, const char *key)
{
    const struct cst_facts_order order = {.path = path, .key = key, .directory = service->directory};
    struct cst_facts_made made;
    if (path[0] != '/' || is_refused(service, path, key)) {
        return false;
    }
    if (!cst_facts_worker_make(&order, CST_FACTS_WORKER_SECONDS, &made) && !made.untried) {
        refuse(service, path, key);
    }
    return made.done;
}

/* Takes a request apart: path NUL key NUL. */
static bool read_request(const char *request, size_t size, const char **out_path, const char **out_key)
{
    size_t path_size = strnlen(request, size) + 1;
    if (path_size >= size || strnlen(request + path_size, size - path_size) + path_size + 1 != size) {
        return false;
    }
    *out_path = request;
    *out_key = request + path_size;
    return true;
}

static void answer(struct service *service, int client)
{
    char request[CUSTODY_FACTS_REQUEST_MAX + 1];
    const char *path, *key;
    ssize_t size = recv(client, request, sizeof request, MSG_DONTWAIT);
    bool asked = size > 0 && size <= CUSTODY_FACTS_REQUEST_MAX && read_request(request, (size_t)size, &path, &key);
    if (asked) {
        unsigned char byte = make(service, path, key) ? CUSTODY_FACTS_READY : CUSTODY_FACTS_NONE;
        (void)send(client, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(client);
}

static bool is_same_user(int client)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* Takes a client, whose descriptor is closed already, out of the list. */
static void forget(struct service *service, nfds_t client)
{
    size_t behind = service->count - client - 1;
    memmove(&service->waiting[client], &service->waiting[client + 1], behind * sizeof *service->waiting);
    memmove(&service->since[client], &service->since[client + 1], behind * sizeof *service->since);
    service->count--;
}

/* Makes room for a client, if it can be. */
static void make_room(struct service *service)
{
    service->full = service->count < 2 || now() - service->since[1] <= SILENCE_S;
    if (!service->full) {
        close(service->waiting[1].fd);
        forget(service, 1);
    }
}

static void add(struct service *service, int client)
{
    service->since[service->count] = now();
    service->waiting[service->count++] = (struct pollfd){.fd = client, .events = POLLIN};
}

static void greet(struct service *service)
{
    if (service->count >= service->limit) {
        make_room(service);
    }
    if (service->full) {
        return;
    }
    int client = accept4(service->waiting[0].fd, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0 && is_same_user(client)) {
        add(service, client);
    } else if (client >= 0) {
        close(client);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        make_room(service); /* the listener stays ready: without a pause, this would be all that is done */
    }
}

/* Who waits is answered, then who comes. While there is no room, who comes is not looked for, but now and then. */
static void serve_once(struct service *service)
{
    bool was_full = service->full;
    service->waiting[0].events = was_full ? 0 : POLLIN;
    service->full = false;
    if (poll(service->waiting, service->count, was_full ? PAUSE_MS : -1) < 0) {
        return;
    }
    for (nfds_t i = service->count; i-- > 1;) {
        if (service->waiting[i].revents != 0) {
            answer(service, service->waiting[i].fd);
            forget(service, i);
        }
    }
    if (service->waiting[0].revents != 0) {
        greet(service);
    }
}

/* As many clients as there are descriptors for, the listener counted; one in any case. */
static nfds_t limit(void)
{
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur > OWN_DESCRIPTORS + CLIENT_MAX) {
        return 1 + CLIENT_MAX;
    }
    return descriptors.rlim_cur > OWN_DESCRIPTORS ? 1 + descriptors.rlim_cur - OWN_DESCRIPTORS : 2;
}

_Noreturn void cst_facts_requests_serve(int listener, const char *directory)
{
    struct service service = {.directory = directory, .waiting = {{.fd = listener}}, .count = 1, .limit = limit()};
    for (;;) {
        serve_once(&service);
    }
}
