/* Sends GnuTLS's records in place of GnuTLS's own sendmsg: a kept record goes out with the next one. Promises that bytes leave in
 * order, and that a record is accepted only once all earlier ones were sent. Fails as sendmsg: EAGAIN where the client reads slowly. */
#include "io/https_writes.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PIECES_MAX = 8 };

static ssize_t keep(struct lbx_https_writes *it, const giovec_t *pieces, int count) {
    ssize_t taken = 0;
    for (int i = 0; i < count; i++) {
        lbx_buf_add(&it->kept, pieces[i].iov_base, pieces[i].iov_len);
        taken += (ssize_t)pieces[i].iov_len;
    }
    it->keep--;
    return taken;
}

/* Splits the sent bytes into kept ones and new ones. Returns the number of new ones, or -1 where kept ones are left. */
static ssize_t account(struct lbx_https_writes *it, ssize_t sent) {
    size_t before = it->kept.len - it->sent;
    if (sent < 0)
        return sent;
    if ((size_t)sent <= before && before > 0) {
        it->sent += (size_t)sent;
        errno = EAGAIN;
        return -1;
    }
    lbx_buf_clear(&it->kept);
    it->sent = 0;
    return sent - (ssize_t)before;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *pieces, int count) {
    struct lbx_https_writes *it = context;
    struct iovec list[1 + PIECES_MAX];
    size_t used = 0;
    if (it->keep > 0)
        return keep(it, pieces, count);
    if (it->kept.len > it->sent)
        list[used++] = (struct iovec){it->kept.data + it->sent, it->kept.len - it->sent};
    for (int i = 0; i < count && i < PIECES_MAX; i++)
        list[used++] = (struct iovec){pieces[i].iov_base, pieces[i].iov_len};
    const struct msghdr message = {.msg_iov = list, .msg_iovlen = used};
    return account(it, sendmsg(it->fd, &message, MSG_NOSIGNAL));
}

void lbx_https_writes_begin(struct lbx_https_writes *writes, gnutls_session_t session) {
    writes->fd = gnutls_transport_get_int(session);
    gnutls_transport_set_ptr2(session, gnutls_transport_get_ptr(session), writes);
    gnutls_transport_set_vec_push_function(session, push);
}

void lbx_https_writes_done(struct lbx_https_writes *writes) {
    lbx_buf_done(&writes->kept);
}
