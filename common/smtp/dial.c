/* This program's connect, read, write, poll and getaddrinfo, to which libesmtp's calls bind: see
 * dial.h. Promises that calls of other threads, and on other descriptors, are unchanged. Fails
 * with ETIMEDOUT, ECANCELED or EAI_AGAIN at a bound; an incomplete write shuts down the
 * connection. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "smtp/dial.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int connect_fn(int fd, const struct sockaddr *address, socklen_t len);
typedef ssize_t read_fn(int fd, void *bytes, size_t len);
typedef ssize_t write_fn(int fd, const void *bytes, size_t len);
typedef int poll_fn(struct pollfd *fds, nfds_t count, int timeout_ms);
typedef int lookup_fn(const char *node, const char *service, const struct addrinfo *hints,
                      struct addrinfo **ret_found);

_Thread_local struct lbx_dial *lbx_dial;

static void *next_symbol(_Atomic(void *) *found, const char *name) {
    void *next = atomic_load_explicit(found, memory_order_relaxed);
    if (!next) {
        next = dlsym(RTLD_NEXT, name);
        if (!next)
            abort();
        atomic_store_explicit(found, next, memory_order_relaxed);
    }
    return next;
}

static int real_connect(int fd, const struct sockaddr *address, socklen_t len) {
    static _Atomic(void *) found;
    return ((connect_fn *)next_symbol(&found, "connect"))(fd, address, len);
}

static ssize_t real_read(int fd, void *bytes, size_t len) {
    static _Atomic(void *) found;
    return ((read_fn *)next_symbol(&found, "read"))(fd, bytes, len);
}

static ssize_t real_write(int fd, const void *bytes, size_t len) {
    static _Atomic(void *) found;
    return ((write_fn *)next_symbol(&found, "write"))(fd, bytes, len);
}

static int real_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    static _Atomic(void *) found;
    return ((poll_fn *)next_symbol(&found, "poll"))(fds, count, timeout_ms);
}

static int real_lookup(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret_found) {
    static _Atomic(void *) found;
    return ((lookup_fn *)next_symbol(&found, "getaddrinfo"))(node, service, hints, ret_found);
}

bool lbx_dial_await(const struct lbx_dial *terms, int fd, short ready, int timeout_ms) {
    const int64_t end_us = lbx_monotonic_us() + timeout_ms * LBX_MS_US;
    struct pollfd fds[] = {{.fd = fd, .events = ready}, {.fd = terms->cancel_fd, .events = POLLIN}};
    for (;;) {
        int64_t left_us = end_us - lbx_monotonic_us();
        int n = poll(fds, 2, left_us > 0 ? (int)(left_us / LBX_MS_US) + 1 : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0 && !fds[1].revents)
            return true;
        if (n >= 0)
            errno = n == 0 ? ETIMEDOUT : ECANCELED;
        return false;
    }
}

/* ---- connecting ---- */

/* Waits for a connect in progress; errno is unchanged. */
static int await_connected(int fd, const struct lbx_dial *terms) {
    if (!lbx_dial_await(terms, fd, POLLOUT, terms->connect_timeout_ms))
        return -1;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -1;
    errno = error;
    return error ? -1 : 0;
}

static int dial(struct lbx_dial *terms, int fd, const struct sockaddr *address, socklen_t len) {
    int on = 1;
    unsigned int stall_ms = (unsigned int)terms->stall_timeout_ms;
    /* If these options fail, speed or a bound is lost, but mails still arrive. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms, sizeof stall_ms);

    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -1;
    int result = real_connect(fd, address, len);
    if (result < 0 && errno == EINPROGRESS)
        result = await_connected(fd, terms);
    if (result == 0 && terms->implicit.context && !lbx_implicit_begin(terms, fd))
        result = -1;
    int error = errno;
    (void)fcntl(fd, F_SETFL, flags);
    terms->fd = result == 0 ? fd : -1;
    errno = error;
    return result;
}

/* The parameter's type is glibc's transparent union of the sockaddr types. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len) {
    const struct sockaddr *address = to.__sockaddr__;
    bool tcp = address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
    if (lbx_dial && tcp && len >= sizeof(sa_family_t))
        return dial(lbx_dial, fd, address, len);
    return real_connect(fd, address, len);
}

/* ---- reading, writing, and waiting for the peer ---- */

static bool is_ours(int fd) {
    return lbx_dial && fd >= 0 && fd == lbx_dial->fd;
}

static ssize_t give(const struct lbx_dial *terms, const void *bytes, size_t len) {
    return terms->implicit.ssl ? lbx_implicit_write(&terms->implicit, bytes, len)
                               : real_write(terms->fd, bytes, len);
}

/* Writes all bytes, or shuts down the connection, as libesmtp would otherwise continue behind
 * the gap. The socket does not block, so the function waits for a peer that reads slowly. */
static bool write_all(const struct lbx_dial *terms, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = give(terms, bytes, len);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN &&
            lbx_dial_await(terms, terms->fd, POLLOUT, terms->stall_timeout_ms))
            continue;
        if (sent <= 0) {
            (void)shutdown(terms->fd, SHUT_RDWR);
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_gathered(struct lbx_dial *terms) {
    const size_t len = terms->gathered;
    terms->gathered = 0;
    return write_all(terms, terms->gather, len);
}

void lbx_dial_gather(struct lbx_dial *terms) {
    terms->gathering = true;
}

static ssize_t gather(struct lbx_dial *terms, const char *bytes, size_t len) {
    if (len > sizeof terms->gather - terms->gathered && !send_gathered(terms))
        return -1;
    if (len > sizeof terms->gather)
        return write_all(terms, bytes, len) ? (ssize_t)len : -1;
    memcpy(terms->gather + terms->gathered, bytes, len);
    terms->gathered += len;
    return (ssize_t)len;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    if (is_ours(fd) && lbx_dial->gathering)
        return gather(lbx_dial, bytes, len);
    if (is_ours(fd) && lbx_dial->implicit.ssl)
        return write_all(lbx_dial, bytes, len) ? (ssize_t)len : -1;
    return real_write(fd, bytes, len);
}

ssize_t read(int fd, void *bytes, size_t len) {
    return is_ours(fd) && lbx_dial->implicit.ssl
               ? lbx_implicit_read(&lbx_dial->implicit, bytes, len)
               : real_read(fd, bytes, len);
}

/* Answers libesmtp's poll before each command: writable, as writes block where needed. Not
 * inlined: glibc declares that poll does not read fds, so gcc would drop stores. */
__attribute__((noinline)) static int dialled_poll(struct pollfd *fds, nfds_t count,
                                                  int timeout_ms) {
    struct pollfd *last = count > 0 ? &fds[count - 1] : NULL;
    if (!last || !is_ours(last->fd))
        return real_poll(fds, count, timeout_ms);
    if (lbx_dial->gathering) {
        lbx_dial->gathering = false;
        (void)send_gathered(lbx_dial); /* an error shows at the next read */
    }
    if (last->events == POLLIN && lbx_implicit_has_bytes(&lbx_dial->implicit)) {
        last->revents = POLLIN;
        return 1;
    }
    if (last->events != POLLOUT)
        return real_poll(fds, count, timeout_ms);
    for (struct pollfd *one = fds; one < last; one++)
        one->revents = 0;
    last->revents = POLLOUT;
    return 1;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    return lbx_dial ? dialled_poll(fds, count, timeout_ms) : real_poll(fds, count, timeout_ms);
}

/* ---- name lookup ---- */

/* A name lookup in a thread of its own, as getaddrinfo has no time-out: the session stops
 * waiting and continues. The last release frees the lookup. */
struct lookup {
    atomic_int holders;
    int done_fd;      /* readable when the lookup is done, */
    atomic_bool done; /* and then true: the result may be read */
    char *node, *service;
    struct addrinfo hints, *found;
    int result, error;
};

static void lookup_release(struct lookup *lookup) {
    if (atomic_fetch_sub(&lookup->holders, 1) > 1)
        return;
    if (lookup->found)
        freeaddrinfo(lookup->found);
    if (lookup->done_fd >= 0)
        (void)close(lookup->done_fd);
    free(lookup->node);
    free(lookup->service);
    free(lookup);
}

static void *look_up(void *argument) {
    struct lookup *lookup = argument;
    const uint64_t one = 1;
    lookup->result = real_lookup(lookup->node, lookup->service, &lookup->hints, &lookup->found);
    lookup->error = errno;
    atomic_store(&lookup->done, true);
    /* if this fails, the waiter's time-out ends the wait */
    (void)!write(lookup->done_fd, &one, sizeof one);
    lookup_release(lookup);
    return NULL;
}

static struct lookup *lookup_begin(const char *node, const char *service,
                                   const struct addrinfo *hints) {
    struct lookup *lookup = calloc(1, sizeof *lookup);
    pthread_t thread;
    if (!lookup)
        return NULL;
    lookup->holders = 2;
    lookup->done_fd = eventfd(0, EFD_CLOEXEC);
    lookup->node = node ? strdup(node) : NULL;
    lookup->service = service ? strdup(service) : NULL;
    if (hints)
        lookup->hints = *hints;
    if (lookup->done_fd >= 0 && pthread_create(&thread, NULL, look_up, lookup) == 0) {
        (void)pthread_detach(thread);
        return lookup;
    }
    lookup->holders = 1;
    lookup_release(lookup);
    return NULL;
}

static int bounded_lookup(struct lbx_dial *terms, const char *node, const char *service,
                          const struct addrinfo *hints, struct addrinfo **ret_found) {
    struct lookup *lookup = lookup_begin(node, service, hints);
    int result = EAI_AGAIN;
    if (!lookup)
        return EAI_MEMORY;
    if (lbx_dial_await(terms, lookup->done_fd, POLLIN, terms->lookup_timeout_ms) &&
        atomic_load(&lookup->done)) {
        result = lookup->result;
        errno = lookup->error;
        *ret_found = lookup->found;
        lookup->found = NULL;
    } else {
        terms->lookup_timed_out = errno == ETIMEDOUT;
    }
    lookup_release(lookup);
    return result;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_found) {
    struct in_addr ip;
    bool is_name = node && inet_pton(AF_INET, node, &ip) != 1;
    if (lbx_dial && is_name)
        return bounded_lookup(lbx_dial, node, service, hints, ret_found);
    return real_lookup(node, service, hints, ret_found);
}

bool lbx_dial_exported(void) {
    return dlsym(RTLD_DEFAULT, "connect") == (void *)connect &&
           dlsym(RTLD_DEFAULT, "read") == (void *)read &&
           dlsym(RTLD_DEFAULT, "write") == (void *)write &&
           dlsym(RTLD_DEFAULT, "poll") == (void *)poll &&
           dlsym(RTLD_DEFAULT, "getaddrinfo") == (void *)getaddrinfo;
}
