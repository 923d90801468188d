/* A libpq session with deadlines, shared by io/pg*.c.
 *
 * libpq is in non-blocking mode. Each wait is for the socket, the wake-up descriptor and the
 * deadline at once. After a deadline passed, the session is lost: it must be closed. */
#ifndef LBX_IO_PG_SESSION_H
#define LBX_IO_PG_SESSION_H

#include "io/pg.h"

#include <libpq-fe.h>

struct lbx_pg {
    PGconn *conn;
    PGresult *results[LBX_PG_PIPELINE_MAX];
    const struct lbx_sql *answered[LBX_PG_PIPELINE_MAX]; /* statement of each result */
    size_t result_count;
    const char *copying; /* name of the COPY that is running */
    char sqlstate[6];
    /* the COPY TO STDOUT that is running */
    const struct lbx_sql *copy;
    char *copy_row;
    bool copy_begun;

    int wake_fd;          /* 0: none */
    int64_t patience_us;  /* longest time of a round trip; 0: no bound */
    int64_t deadline_us;  /* of the current round trip, in lbx_monotonic_us; INT64_MAX: none */
    bool may_cancel;      /* the current statement is no COMMIT, and was not cancelled */
    bool woken;           /* the wake-up descriptor was readable */
    bool writes;          /* only a primary will do */
    bool asks_for_writes; /* and a server that is none is refused at connect */
    bool only_local;      /* the server warned that a COMMIT did not reach its standby */
    bool lost;
};

/* Sets the deadline of a round trip, or of what takes its place. */
void lbx_pg_begin_wait(struct lbx_pg *pg, bool may_cancel);

/* Waits until the socket is ready for one of poll(2)'s events. False: the deadline passed. */
bool lbx_pg_await(struct lbx_pg *pg, short events);

/* Sends libpq's output buffer. False: the connection broke, or the deadline passed and the session is lost. */
bool lbx_pg_flush(struct lbx_pg *pg);

/* The next result of PQgetResult. At the deadline the server is asked to cancel, if may_cancel;
 * without an answer the session is lost, and the result NULL. */
PGresult *lbx_pg_next(struct lbx_pg *pg);

/* Waits for more rows of COPY TO STDOUT. False as lbx_pg_flush. */
bool lbx_pg_await_more(struct lbx_pg *pg);

/* Connects pg->conn. LBX_ERR_UNAVAILABLE: no host will do; logged. */
enum lbx_err lbx_pg_connect(struct lbx_pg *pg, const struct lbx_pg_options *options) LBX_MUST_CHECK;

/* Logs an error, and returns its class; result NULL: no answer came. The primary message, which
 * names relations and constraints, is logged; the detail, which quotes values, is not. */
enum lbx_err lbx_pg_failed(struct lbx_pg *pg, const PGresult *result, const char *statement);

LBX_DEFINE_CLEANUP(PGresult *, result, PQclear)

/* Runs statements outside the pipeline. Returns the last result, or the first error. After COPY,
 * the end of COPY enters the pipeline again. */
PGresult *lbx_pg_ask(struct lbx_pg *pg, const char *text);

#endif
