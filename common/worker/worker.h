/* The framework of every worker: settings, signals, database, health, and a loop that drives parts.
 *
 * A worker that needs several processors has lanes: threads, each with its loop, parts and database
 * connection. Lanes share settings and health only.
 *
 * A worker's main.c is a declaration: its name, statements, and parts. The loop waits for what
 * is down, with backoff and a reason on /readyz, and does not exit. SIGTERM and SIGINT end it:
 * the current transaction commits or is rolled back. */
#ifndef LBX_WORKER_WORKER_H
#define LBX_WORKER_WORKER_H

#include "base/metrics.h"
#include "io/pg.h"
#include "io/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct lbx_worker {
    const char *name;
    const char *source; /* CloudEvents source of its events: "/lockbox/<name>" */
    struct lbx_settings settings;
    lbx_sql_lists statements;  /* from the declaration, for further sessions */
    struct lbx_pg *pg;         /* NULL while there is no connection */
    int64_t pg_generation;     /* counts connections: after a change, parts start over */
    bool notified;             /* a notification came on its channel; see lbx_worker_notified */
    bool told;                 /* this round was called for a notification */
    _Atomic bool stopping;     /* as of the last lbx_worker_stopping; lanes read the first's */
    _Atomic int64_t turned_us; /* last run of loop or long work; 0: the loop sleeps */
    int signals;               /* an eventfd, readable once the lane is to stop */
    size_t lane;               /* number of this lane, from 0 */
};

/* Whether a signal asked to stop. Long work calls this between its steps, which also shows that it makes progress. */
bool lbx_worker_stopping(struct lbx_worker *worker);

/* Stops all work of the process, which stays alive and not ready, with the reason why (static
 * text), until an operator restarts it. For errors that no retry mends. */
void lbx_worker_halt(struct lbx_worker *worker, const char *why);
bool lbx_worker_halted(const struct lbx_worker *worker);

/* Marks the process as not ready, with the reason why (static text), until an operator restarts it. The work goes on. */
void lbx_worker_incident(const char *why);

/* Counts retries, by any part that waits for something that is down. */
extern struct lbx_metric lbx_retries_metric;

/* Whether a notification came since the last call. */
bool lbx_worker_notified(struct lbx_worker *worker);

/* A part that the loop drives. Each function gets the part's state. */
struct lbx_part {
    enum lbx_err (*open)(struct lbx_worker *worker, const void *declaration, void **ret_state);
    /* The descriptor whose readiness wakes the part; -1: none now. NULL: none. */
    int (*fd)(void *state);
    /* Does the work that is due, without waiting. *ret_wake_us: when to call again at the
     * latest, in lbx_monotonic_us; the loop may call earlier. The part waits for what is down by
     * itself; anything but LBX_OK ends the worker. */
    enum lbx_err (*serve)(void *state, int64_t *ret_wake_us);
    /* NULL: ready. Otherwise why not, static text. */
    const char *(*waiting_for)(void *state);
    void (*close)(void *state);
    bool only_shows; /* shows metrics only: not counted in lockbox_rounds_total */
};

struct lbx_used_part {
    const struct lbx_part *part;
    const void *declaration;
    bool in_every_lane; /* otherwise only in the first lane */
};

/* The state of one of the worker's parts, for a part that wakes another; NULL before it is open. */
void *lbx_worker_part(struct lbx_worker *worker, const struct lbx_part *part);

enum lbx_database { LBX_DATABASE_LOCKBOX, LBX_DATABASE_AUDIT };

struct lbx_worker_declaration {
    const char *name, *summary;
    enum lbx_database database;
    lbx_sql_lists statements;
    struct lbx_metric *const *
        metrics; /* families of the worker itself, ended by NULL; parts register theirs. NULL: none */
    /* Checks the settings for this worker. LBX_ERR_INVALID: one is invalid; logged. NULL: no
     * check. */
    enum lbx_err (*check)(const struct lbx_settings *settings);
    struct lbx_used_part parts[4]; /* ended by an empty one */
    size_t lanes;                  /* 0: one; at most LBX_LANES_MAX */
    int arenas;                    /* M_ARENA_MAX of malloc, for parallel threads; 0: two */
};

enum { LBX_LANES_MAX = 4 };

/* Runs the process; returns its exit status: 0 after a signal, 1 for an error that no retry
 * mends, 2 for wrong usage or settings, 3 for a schema newer than this program. An older schema
 * is waited for. */
int lbx_worker_main(const struct lbx_worker_declaration *declaration, int argc, char **argv);

/* A delay that doubles with each failure in a row: 50 ms to 5 s, ± 25 %. */
struct lbx_backoff {
    unsigned failures;
};
int64_t lbx_backoff_next_us(struct lbx_backoff *backoff);

#define LBX_NEVER_US INT64_MAX

#endif
