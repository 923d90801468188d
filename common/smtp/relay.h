/* A relay, as the files behind smtp/smtp.h share it. */
#ifndef LBX_SMTP_RELAY_H
#define LBX_SMTP_RELAY_H

#include "smtp/url.h"

#include <openssl/ssl.h>

#include <limits.h>

/* libesmtp's PLAIN copies user and password into a buffer of this size, unchecked. */
enum { LBX_SMTP_CREDENTIAL_MAX = 255 };

struct lbx_smtp {
    struct lbx_smtp_url url;
    char password[LBX_SMTP_CREDENTIAL_MAX + 1];
    char hostname[HOST_NAME_MAX + 1];                        /* for EHLO */
    char name[sizeof(((struct lbx_smtp_url *)0)->host) + 8]; /* host:port */
    int connect_timeout_ms, timeout_ms;
    SSL_CTX *tls; /* NULL: no TLS */
};

#endif
