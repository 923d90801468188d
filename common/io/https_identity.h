/* An HTTPS server's certificate, its key and its clients' authorities, as GnuTLS's credentials: read once, and held by the server
 * and by each connection that began with them, until the last lets go.
 */
#ifndef LBX_IO_HTTPS_IDENTITY_H
#define LBX_IO_HTTPS_IDENTITY_H

#include "base/err.h"

#include <gnutls/gnutls.h>

struct lbx_https_files;

struct lbx_https_identity {
    gnutls_certificate_credentials_t credentials;
    _Atomic unsigned holders;
};

/* *ret_identity has one holder. LBX_ERR_INVALID: lbx_https_check's. */
enum lbx_err lbx_https_identity_new(const struct lbx_https_files *files,
                                    struct lbx_https_identity **ret_identity) LBX_MUST_CHECK;

/* One holder more. */
struct lbx_https_identity *lbx_https_identity_hold(struct lbx_https_identity *identity);
void lbx_https_identity_release(struct lbx_https_identity *identity);

#endif
