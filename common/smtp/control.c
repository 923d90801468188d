/* A session as other threads see it. A cut shuts down the connection, so that libesmtp's next
 * call fails, and makes cancel_fd readable, which ends a name lookup or connect. Cannot fail;
 * lack of memory ends the process. */
#include "smtp/control.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lbx_smtp_session {
    pthread_mutex_t lock;
    int fd;          /* the connection, duplicated so that libesmtp cannot close it; -1: none */
    int cancel_fd;   /* readable after a cut */
    const char *cut; /* the reason; NULL: not cut */
    bool in_body;
};

struct lbx_smtp_session *lbx_smtp_session_new(void) {
    struct lbx_smtp_session *session = lbx_calloc(sizeof *session);
    if (pthread_mutex_init(&session->lock, NULL) != 0)
        abort();
    session->fd = -1;
    session->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return session;
}

void lbx_smtp_session_free(struct lbx_smtp_session *session) {
    if (!session)
        return;
    if (session->cancel_fd >= 0)
        (void)close(session->cancel_fd);
    (void)pthread_mutex_destroy(&session->lock);
    free(session);
}

bool lbx_smtp_session_cut(struct lbx_smtp_session *session, const char *why, bool even_in_body) {
    pthread_mutex_lock(&session->lock);
    bool may = !session->in_body || even_in_body;
    if (may && !session->cut) {
        const uint64_t one = 1;
        session->cut = why;
        (void)!write(session->cancel_fd, &one, sizeof one);
        if (session->fd >= 0)
            (void)shutdown(session->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&session->lock);
    return may;
}

const char *lbx_smtp_session_cut_why(struct lbx_smtp_session *session) {
    pthread_mutex_lock(&session->lock);
    const char *why = session->cut;
    pthread_mutex_unlock(&session->lock);
    return why;
}

bool lbx_smtp_session_is_cut(struct lbx_smtp_session *session) {
    return lbx_smtp_session_cut_why(session) != NULL;
}

bool lbx_smtp_session_in_body(struct lbx_smtp_session *session) {
    pthread_mutex_lock(&session->lock);
    bool is = session->in_body;
    pthread_mutex_unlock(&session->lock);
    return is;
}

bool lbx_smtp_session_is_open(struct lbx_smtp_session *session) {
    pthread_mutex_lock(&session->lock);
    bool is = session->fd >= 0;
    pthread_mutex_unlock(&session->lock);
    return is;
}

void lbx_smtp_session_reset(struct lbx_smtp_session *session) {
    uint64_t count;
    pthread_mutex_lock(&session->lock);
    session->cut = NULL;
    (void)!read(session->cancel_fd, &count, sizeof count);
    pthread_mutex_unlock(&session->lock);
}

void lbx_smtp_session_opened(struct lbx_smtp_session *session, int fd) {
    pthread_mutex_lock(&session->lock);
    if (session->fd >= 0)
        (void)close(session->fd);
    session->fd = dup(fd);
    if (session->cut)
        (void)shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&session->lock);
}

void lbx_smtp_session_closed(struct lbx_smtp_session *session) {
    pthread_mutex_lock(&session->lock);
    if (session->fd >= 0)
        (void)close(session->fd);
    session->fd = -1;
    session->in_body = false;
    pthread_mutex_unlock(&session->lock);
}

void lbx_smtp_session_set_in_body(struct lbx_smtp_session *session, bool is) {
    pthread_mutex_lock(&session->lock);
    session->in_body = is;
    pthread_mutex_unlock(&session->lock);
}

int lbx_smtp_session_cancel_fd(const struct lbx_smtp_session *session) {
    return session->cancel_fd;
}
