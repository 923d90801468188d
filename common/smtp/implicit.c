/* Implicit TLS for SMTP (RFC 8314): TLS from the first byte, by OpenSSL. Promises that OpenSSL uses
 * a duplicate of the socket's descriptor, so that dial.c does not take its reads and writes for
 * libesmtp's. Fails as read and write do, with errno. */
#include "smtp/implicit.h"

#include "base/clock.h"
#include "smtp/dial.h"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

static int most(size_t len) {
    return len > INT_MAX ? INT_MAX : (int)len;
}

/* ---- the handshake ---- */

static bool prepare(struct lbx_implicit *implicit, int fd) {
    struct in_addr ip;
    implicit->ssl = SSL_new(implicit->context);
    implicit->fd = implicit->ssl ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (implicit->fd < 0 || SSL_set_fd(implicit->ssl, implicit->fd) != 1)
        return false;
    return inet_pton(AF_INET, implicit->host, &ip) == 1 || /* RFC 6066 3: no addresses */
           SSL_set_tlsext_host_name(implicit->ssl, implicit->host) == 1;
}

/* Waits for what the handshake lacks. False, with errno: it failed, or takes too long. */
static bool may_go_on(const struct lbx_dial *terms, int result, int64_t end_us) {
    const int64_t left_ms = (end_us - lbx_monotonic_us()) / LBX_MS_US;
    const int timeout_ms = left_ms > 0 ? (int)left_ms : 0;
    switch (SSL_get_error(terms->implicit.ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return lbx_dial_await(terms, terms->implicit.fd, POLLIN, timeout_ms);
    case SSL_ERROR_WANT_WRITE:
        return lbx_dial_await(terms, terms->implicit.fd, POLLOUT, timeout_ms);
    default: /* an int of the library's, not an enum of ours */
        errno = ECONNRESET;
        return false;
    }
}

bool lbx_implicit_begin(struct lbx_dial *terms, int fd) {
    struct lbx_implicit *implicit = &terms->implicit;
    const int64_t end_us = lbx_monotonic_us() + terms->connect_timeout_ms * LBX_MS_US;
    lbx_implicit_end(implicit);
    ERR_clear_error(); /* a stale entry would be taken for this handshake's */
    int result = prepare(implicit, fd) ? 0 : -1;
    if (result == 0)
        while ((result = SSL_connect(implicit->ssl)) != 1 && may_go_on(terms, result, end_us))
            ERR_clear_error();
    const int error = errno;
    implicit->failed = result != 1;
    if (implicit->failed)
        lbx_implicit_end(implicit);
    errno = error;
    return !implicit->failed;
}

/* ---- bytes ---- */

/* What read(2) or write(2) answers where no bytes were moved. */
static ssize_t none(const struct lbx_implicit *implicit, int result) {
    switch (SSL_get_error(implicit->ssl, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    default: /* an int of the library's, not an enum of ours */
        errno = ECONNRESET;
        return -1;
    }
}

ssize_t lbx_implicit_read(const struct lbx_implicit *implicit, void *bytes, size_t len) {
    ERR_clear_error();
    const int got = SSL_read(implicit->ssl, bytes, most(len));
    return got > 0 ? got : none(implicit, got);
}

ssize_t lbx_implicit_write(const struct lbx_implicit *implicit, const void *bytes, size_t len) {
    ERR_clear_error();
    const int sent = SSL_write(implicit->ssl, bytes, most(len));
    return sent > 0 ? sent : none(implicit, sent);
}

bool lbx_implicit_has_bytes(const struct lbx_implicit *implicit) {
    return implicit->ssl && SSL_pending(implicit->ssl) > 0;
}

void lbx_implicit_end(struct lbx_implicit *implicit) {
    if (!implicit->ssl)
        return;
    if (SSL_is_init_finished(implicit->ssl))
        (void)SSL_shutdown(implicit->ssl);
    SSL_free(implicit->ssl);
    if (implicit->fd >= 0)
        (void)close(implicit->fd);
    implicit->ssl = NULL;
}
