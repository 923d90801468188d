/* TLS from a connection's first byte (RFC 8314, 3.3), which libesmtp does not know. It reads and
 * writes the socket as if in clear, and dial.c has these functions do it.
 */
#ifndef LBX_SMTP_IMPLICIT_H
#define LBX_SMTP_IMPLICIT_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct lbx_dial;

struct lbx_implicit {
    SSL_CTX *context; /* NULL: no TLS from the first byte. Borrowed, as host is */
    const char *host; /* the name that the server is asked for */
    SSL *ssl;         /* NULL: no handshake was completed */
    int fd;           /* of the connection, OpenSSL's own, while ssl is there */
    bool failed;      /* the last handshake did */
};

/* The handshake, on a connected socket that does not block, within terms->connect_timeout_ms.
 * False, with errno: there is none, or its certificate is refused. */
bool lbx_implicit_begin(struct lbx_dial *terms, int fd);

/* As read(2) and write(2) of a socket that does not block. */
ssize_t lbx_implicit_read(const struct lbx_implicit *implicit, void *bytes, size_t len);
ssize_t lbx_implicit_write(const struct lbx_implicit *implicit, const void *bytes, size_t len);

/* Whether a read has bytes that poll(2) does not see. */
bool lbx_implicit_has_bytes(const struct lbx_implicit *implicit);

/* Tells the server that nothing follows, where it takes that at once. Also where nothing began. */
void lbx_implicit_end(struct lbx_implicit *implicit);

#endif
