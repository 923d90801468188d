/* A libpq session that waits for its server no longer than its deadlines allow: what io/pg*.c share.
 *
 * libpq is in non-blocking mode. Every wait is for the socket, the wake-up descriptor and the deadline at once. What
 * passes its deadline leaves the session lost: it answers nothing any more, and is to be closed.
 */
#ifndef LBX_IO_PG_SESSION_H
#define LBX_IO_PG_SESSION_H

#include "io/pg.h"

#include <libpq-fe.h>

struct lbx_pg {
    PGconn *conn;
    PGresult *results[LBX_PG_PIPELINE_MAX];
    const struct lbx_sql *answered[LBX_PG_PIPELINE_MAX]; /* whose they are */
    size_t result_count;
    const char *copying; /* the name of the COPY under way */
    char sqlstate[6];
    /* COPY TO STDOUT that is under way */
    const struct lbx_sql *copy;
    char *copy_row;
    bool copy_begun;

    int wake_fd;          /* 0: none */
    int64_t patience_us;  /* with a round trip; 0: without end */
    int64_t deadline_us;  /* of what is under way, on lbx_monotonic_us's clock; INT64_MAX: none */
    bool may_cancel;      /* what is under way is no COMMIT, and was not cancelled */
    bool woken;           /* the wake-up came */
    bool writes;          /* a server that is read-only is the wrong one */
    bool asks_for_writes; /* and is turned down when it is connected to */
    bool only_local;      /* the server said that a COMMIT did not reach its standby */
    bool lost;
};

/* A round trip, or what takes its place, begins. */
void lbx_pg_begin_wait(struct lbx_pg *pg, bool may_cancel);

/* Waits until the socket is ready for one of poll(2)'s events. False: the deadline passed. */
bool lbx_pg_await(struct lbx_pg *pg, short events);

/* Sends what libpq holds. False: the connection broke, or the deadline passed and the session is lost. */
bool lbx_pg_flush(struct lbx_pg *pg);

/* The next result, as PQgetResult's. Where the deadline passes the server is asked to cancel, if that may be; without
 * an answer to that either the session is lost, and the result NULL. */
PGresult *lbx_pg_next(struct lbx_pg *pg);

/* Waits for more rows of a COPY TO STDOUT. False as lbx_pg_flush. */
bool lbx_pg_await_more(struct lbx_pg *pg);

/* Connects pg->conn. LBX_ERR_UNAVAILABLE is logged. */
enum lbx_err lbx_pg_connect(struct lbx_pg *pg, const struct lbx_pg_options *options) LBX_MUST_CHECK;

/* Logs a failure, and says what it means; result NULL: there was no answer. The primary message names relations and
 * constraints; details, which quote values, stay unlogged. */
enum lbx_err lbx_pg_failed(struct lbx_pg *pg, const PGresult *result, const char *statement);

LBX_DEFINE_CLEANUP(PGresult *, result, PQclear)

/* Outside of the pipeline; the last result, or the first that failed. Behind a COPY's the pipeline is for its end to
 * enter. */
PGresult *lbx_pg_ask(struct lbx_pg *pg, const char *text);

#endif
