/* Parses LOCKBOX_SMTP_URL. */
#ifndef LBX_SMTP_URL_H
#define LBX_SMTP_URL_H

#include "base/err.h"
#include "smtp/smtp.h"

#include <stdbool.h>

struct lbx_smtp_url {
    char user[256]; /* "": none */
    char host[256]; /* a name or an IPv4 address */
    unsigned int port;
    bool tls;        /* required */
    bool is_private; /* TLS, or a loopback host */
    bool implicit;   /* TLS from the first byte, instead of STARTTLS */
};

/* Parses url: see struct lbx_smtp_config. LBX_ERR_INVALID, with why, which does not repeat the URL. */
enum lbx_err lbx_smtp_url_parse(const char *url, struct lbx_smtp_url *ret_url,
                                char ret_why[LBX_SMTP_WHY_SIZE]) LBX_MUST_CHECK;

#endif
