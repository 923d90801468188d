/* Writes a GnuTLS session's records to its socket. A response's header and body go out by one
 * sendmsg, so that the client wakes up once. Source: gnutls_transport_set_vec_push_function. */
#ifndef LBX_IO_HTTPS_WRITES_H
#define LBX_IO_HTTPS_WRITES_H

#include "base/buf.h"

#include <gnutls/gnutls.h>

struct lbx_https_writes {
    int fd;
    unsigned keep;       /* number of records to keep until the next one */
    struct lbx_buf kept; /* records not sent yet, or sent in part */
    size_t sent;         /* bytes of kept that were sent */
};

/* Makes the session send through writes. The session has its socket already. writes is zero, and outlives the session. */
void lbx_https_writes_begin(struct lbx_https_writes *writes, gnutls_session_t session);
void lbx_https_writes_done(struct lbx_https_writes *writes);

#endif
