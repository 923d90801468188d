#define _GNU_SOURCE /* RTLD_NEXT */
#include "io/nodelay.h"

#include "base/clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

typedef int connect_fn(int fd, const struct sockaddr *address, socklen_t len);

_Thread_local struct lbx_dial *lbx_dial;

static int real_connect(int fd, const struct sockaddr *address, socklen_t len) {
    static _Atomic(connect_fn *) found;
    connect_fn *next = atomic_load_explicit(&found, memory_order_relaxed);
    if (!next) {
        next = (connect_fn *)dlsym(RTLD_NEXT, "connect");
        if (!next)
            abort();
        atomic_store_explicit(&found, next, memory_order_relaxed);
    }
    return next(fd, address, len);
}

/* Waits for a connect in progress; leaves errno. */
static int await_connected(int fd, int timeout_ms) {
    const int64_t end_us = lbx_monotonic_us() + timeout_ms * LBX_MS_US;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    for (;;) {
        int64_t left_us = end_us - lbx_monotonic_us();
        int n = poll(&ready, 1, left_us > 0 ? (int)(left_us / LBX_MS_US) + 1 : 0);
        if (n > 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ETIMEDOUT;
        return -1;
    }
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
    /* Neither is needed for the mail to arrive: a failure costs speed or a bound, not the
     * connection. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms, sizeof stall_ms);

    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -1;
    int result = real_connect(fd, address, len);
    if (result < 0 && errno == EINPROGRESS)
        result = await_connected(fd, terms->connect_timeout_ms);
    int error = errno;
    (void)fcntl(fd, F_SETFL, flags);
    terms->fd = result == 0 ? fd : -1;
    errno = error;
    return result;
}

/* The parameter's type is glibc's, a transparent union of the sockaddr types. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len) {
    const struct sockaddr *address = to.__sockaddr__;
    bool tcp = address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
    if (lbx_dial && tcp && len >= sizeof(sa_family_t))
        return dial(lbx_dial, fd, address, len);
    return real_connect(fd, address, len);
}

bool lbx_dial_exported(void) {
    return dlsym(RTLD_DEFAULT, "connect") == (void *)connect;
}
