/* Requests for facts; see facts_requests.h. */
#include "facts_requests.h"

#include "arena.h"
#include "facts_worker.h"

#include "custody/facts.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Processes that are connected and have not asked yet; further ones wait until they are accepted. */
#define CLIENT_MAX 64

/* As many are kept, so that whoever asks for ever new ones costs no more than what is tried anew. */
#define REFUSED_MAX 1024

/* What no facts can be made of: that would be tried for every process anew. The same key may be had at another path: where a
 * process sees other files than the server, the path is not that of its module. */
struct refusal {
    const char *path, *key;
};

struct service {
    const char *directory;
    struct pollfd waiting[1 + CLIENT_MAX]; /* the listener, then clients */
    nfds_t count;                          /* of `waiting` */
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
    if (!cst_facts_worker_make(&order, CST_FACTS_WORKER_SECONDS, &made)) {
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

static void greet(struct service *service)
{
    int client = accept4(service->waiting[0].fd, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0 && is_same_user(client)) {
        service->waiting[service->count++] = (struct pollfd){.fd = client, .events = POLLIN};
    } else if (client >= 0) {
        close(client);
    }
}

_Noreturn void cst_facts_requests_serve(int listener, const char *directory)
{
    struct service service = {.directory = directory, .waiting = {{.fd = listener, .events = POLLIN}}, .count = 1};
    for (;;) {
        service.waiting[0].events = service.count < 1 + CLIENT_MAX ? POLLIN : 0;
        if (poll(service.waiting, service.count, -1) < 0) {
            continue;
        }
        for (nfds_t i = service.count; i-- > 1;) {
            if (service.waiting[i].revents != 0) {
                answer(&service, service.waiting[i].fd);
                service.waiting[i] = service.waiting[--service.count];
            }
        }
        if (service.waiting[0].revents != 0) {
            greet(&service);
        }
    }
}
