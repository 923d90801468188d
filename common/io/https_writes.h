/* Writes a GnuTLS session's records to its socket: those of an answer's head and body by one sendmsg, so that the client is woken
 * once. Source: gnutls_transport_set_vec_push_function.
 */
#ifndef LBX_IO_HTTPS_WRITES_H
#define LBX_IO_HTTPS_WRITES_H

#include "base/buf.h"

#include <gnutls/gnutls.h>

struct lbx_https_writes {
    int fd;
    unsigned keep;       /* so many records are not sent, but kept until the next one */
    struct lbx_buf kept; /* records that were not sent yet, or not whole */
    size_t sent;         /* bytes of kept */
};

/* From now on the session, which has its socket, sends through writes. These are zero, and outlive it. */
void lbx_https_writes_begin(struct lbx_https_writes *writes, gnutls_session_t session);
void lbx_https_writes_done(struct lbx_https_writes *writes);

#endif
