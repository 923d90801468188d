#include "smtp/line.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lbx_smtp_line {
    pthread_mutex_t lock;
    int fd;        /* the connection, by a descriptor that libesmtp does not close; -1: none */
    int cancel_fd; /* readable once cut */
    const char *cut;
    bool in_body;
};

struct lbx_smtp_line *lbx_smtp_line_new(void) {
    struct lbx_smtp_line *line = lbx_calloc(sizeof *line);
    if (pthread_mutex_init(&line->lock, NULL) != 0)
        abort();
    line->fd = -1;
    line->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return line;
}

void lbx_smtp_line_free(struct lbx_smtp_line *line) {
    if (!line)
        return;
    if (line->cancel_fd >= 0)
        (void)close(line->cancel_fd);
    (void)pthread_mutex_destroy(&line->lock);
    free(line);
}

bool lbx_smtp_line_cut(struct lbx_smtp_line *line, const char *why, bool even_in_body) {
    pthread_mutex_lock(&line->lock);
    bool may = !line->in_body || even_in_body;
    if (may && !line->cut) {
        const uint64_t one = 1;
        line->cut = why;
        (void)!write(line->cancel_fd, &one, sizeof one);
        if (line->fd >= 0)
            (void)shutdown(line->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&line->lock);
    return may;
}

const char *lbx_smtp_line_cut_why(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    const char *why = line->cut;
    pthread_mutex_unlock(&line->lock);
    return why;
}

bool lbx_smtp_line_is_cut(struct lbx_smtp_line *line) {
    return lbx_smtp_line_cut_why(line) != NULL;
}

bool lbx_smtp_line_in_body(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    bool is = line->in_body;
    pthread_mutex_unlock(&line->lock);
    return is;
}

bool lbx_smtp_line_is_open(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    bool is = line->fd >= 0;
    pthread_mutex_unlock(&line->lock);
    return is;
}

void lbx_smtp_line_mend(struct lbx_smtp_line *line) {
    uint64_t count;
    pthread_mutex_lock(&line->lock);
    line->cut = NULL;
    (void)!read(line->cancel_fd, &count, sizeof count);
    pthread_mutex_unlock(&line->lock);
}

void lbx_smtp_line_open(struct lbx_smtp_line *line, int fd) {
    pthread_mutex_lock(&line->lock);
    if (line->fd >= 0)
        (void)close(line->fd);
    line->fd = dup(fd);
    if (line->cut)
        (void)shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&line->lock);
}

void lbx_smtp_line_close(struct lbx_smtp_line *line) {
    pthread_mutex_lock(&line->lock);
    if (line->fd >= 0)
        (void)close(line->fd);
    line->fd = -1;
    line->in_body = false;
    pthread_mutex_unlock(&line->lock);
}

void lbx_smtp_line_set_in_body(struct lbx_smtp_line *line, bool is) {
    pthread_mutex_lock(&line->lock);
    line->in_body = is;
    pthread_mutex_unlock(&line->lock);
}

int lbx_smtp_line_cancel_fd(const struct lbx_smtp_line *line) {
    return line->cancel_fd;
}
