/* An HTTPS server's certificate, key and client authorities as GnuTLS credentials. They are read
 * once. The server has a reference, and so has each connection that began with them; the last
 * release frees them. */
#ifndef LBX_IO_HTTPS_IDENTITY_H
#define LBX_IO_HTTPS_IDENTITY_H

#include "base/err.h"

#include <gnutls/gnutls.h>

struct lbx_https_files;

struct lbx_https_identity {
    gnutls_certificate_credentials_t credentials;
    _Atomic unsigned holders;
};

/* *ret_identity has one reference. LBX_ERR_INVALID: lbx_https_check fails. */
enum lbx_err lbx_https_identity_new(const struct lbx_https_files *files,
                                    struct lbx_https_identity **ret_identity) LBX_MUST_CHECK;

/* Adds a reference. */
struct lbx_https_identity *lbx_https_identity_hold(struct lbx_https_identity *identity);
void lbx_https_identity_release(struct lbx_https_identity *identity);

#endif
