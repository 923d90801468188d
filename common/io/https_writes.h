/* What a TLS session sends: the records of an answer are kept until its last one, and leave as one write, so that the client is
 * woken once. Source: gnutls_transport_set_vec_push_function.
 */
#ifndef LBX_IO_HTTPS_WRITES_H
#define LBX_IO_HTTPS_WRITES_H

#include "base/buf.h"

#include <gnutls/gnutls.h>

struct lbx_https_writes {
    int fd;
    unsigned keep;       /* records that others follow at once */
    struct lbx_buf kept; /* and were not sent yet */
    size_t sent;         /* of these, bytes */
};

/* From now on the session, which has its socket, sends through writes. These are zero, and outlive it. */
void lbx_https_writes_begin(struct lbx_https_writes *writes, gnutls_session_t session);
void lbx_https_writes_done(struct lbx_https_writes *writes);

#endif
