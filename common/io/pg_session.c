/* Waits for a PostgreSQL server: for its socket, the wake-up descriptor and a deadline at once.
 * Promises that no wait passes the deadline, whatever the server or the network does, and that
 * waits end within three seconds once the wake-up descriptor is readable. Fails: a statement
 * past its deadline is cancelled; a COMMIT, or an unanswered cancel, makes the session lost. */
#include "io/pg_session.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#define CANCEL_WITHIN_US (2 * LBX_SECOND_US)
#define ONCE_WOKEN_US (3 * LBX_SECOND_US)

static int64_t within(int64_t us) {
    return lbx_monotonic_us() + us;
}

void lbx_pg_begin_wait(struct lbx_pg *pg, bool may_cancel) {
    pg->may_cancel = may_cancel;
    pg->deadline_us = pg->woken         ? within(ONCE_WOKEN_US)
                      : pg->patience_us ? within(pg->patience_us)
                                        : INT64_MAX;
}

static void wake(struct lbx_pg *pg) {
    const int64_t soon_us = within(ONCE_WOKEN_US);
    pg->woken = true;
    if (pg->deadline_us > soon_us)
        pg->deadline_us = soon_us;
}

static int ms_left(const struct lbx_pg *pg) {
    if (pg->deadline_us == INT64_MAX)
        return -1;
    const int64_t left = pg->deadline_us - lbx_monotonic_us();
    return left <= 0 ? 0 : (int)((left + LBX_MS_US - 1) / LBX_MS_US);
}

bool lbx_pg_await(struct lbx_pg *pg, short events) {
    for (;;) {
        const bool listens = pg->wake_fd > 0 && !pg->woken;
        struct pollfd fds[] = {{.fd = PQsocket(pg->conn), .events = events},
                               {.fd = listens ? pg->wake_fd : -1, .events = POLLIN}};
        const int ready = poll(fds, 2, ms_left(pg));
        if (ready > 0 && fds[1].revents)
            wake(pg);
        if (ready > 0 && fds[0].revents)
            return true;
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return false;
    }
}

static bool lose(struct lbx_pg *pg) {
    pg->lost = true;
    return false;
}

bool lbx_pg_flush(struct lbx_pg *pg) {
    int left;
    while (!pg->lost && (left = PQflush(pg->conn)) != 0) {
        if (left < 0)
            return false;
        if (!lbx_pg_await(pg, POLLIN | POLLOUT))
            return lose(pg);
        if (!PQconsumeInput(pg->conn)) /* a server that cannot send does not read either */
            return false;
    }
    return !pg->lost;
}

/* Runs PQcancel in a thread of its own, as it has no time-out: a frozen server blocks it. */
static void *cancel(void *context) {
    char why[256];
    (void)PQcancel(context, why, sizeof why);
    PQfreeCancel(context);
    return NULL;
}

static bool try_cancel(struct lbx_pg *pg) {
    pthread_t thread;
    PGcancel *request = pg->may_cancel && !pg->woken ? PQgetCancel(pg->conn) : NULL;
    pg->may_cancel = false;
    if (!request)
        return false;
    if (pthread_create(&thread, NULL, cancel, request) != 0) {
        PQfreeCancel(request);
        return false;
    }
    pthread_detach(thread);
    pg->deadline_us = within(CANCEL_WITHIN_US);
    return true;
}

PGresult *lbx_pg_next(struct lbx_pg *pg) {
    bool sent = lbx_pg_flush(pg);
    while (sent && PQisBusy(pg->conn)) {
        if (lbx_pg_await(pg, POLLIN)) {
            if (!PQconsumeInput(pg->conn))
                break;
        } else if (!try_cancel(pg)) {
            lose(pg);
            break;
        }
    }
    return pg->lost ? NULL : PQgetResult(pg->conn);
}

bool lbx_pg_await_more(struct lbx_pg *pg) {
    if (!lbx_pg_await(pg, POLLIN))
        return lose(pg);
    return PQconsumeInput(pg->conn) == 1;
}
