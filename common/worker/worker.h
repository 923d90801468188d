/* The skeleton of every worker: settings, signals, database, health, and a loop that drives parts.
 *
 * A worker that must use more than one processor has lanes: as many threads, each with such a loop,
 * its own parts and its own database connection. They share settings and health, and nothing else.
 *
 * A worker's main.c is a declaration: its name, its statements, and its parts, each with what it is
 * told. The loop waits out what is down (with backoff, and a reason on /readyz), and never exits
 * for it. SIGTERM and SIGINT end it cleanly: the transaction in hand is finished or rolled back.
 */
#ifndef LBX_WORKER_WORKER_H
#define LBX_WORKER_WORKER_H

#include "base/metrics.h"
#include "io/pg.h"
#include "io/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct lbx_worker {
    const char *name;
    const char *source; /* CloudEvents source of what it publishes: "/lockbox/<name>" */
    struct lbx_settings settings;
    lbx_sql_lists statements; /* of its declaration, for sessions of a part's own */
    struct lbx_pg *pg;        /* NULL while there is no connection */
    int64_t pg_generation;    /* counts connections: a part that sees it change starts over */
    bool notified;            /* on the channel it listens to; take by lbx_worker_notified */
    bool told;                /* its round was called for a notification */
    _Atomic bool stopping; /* as of the last lbx_worker_stopping; other lanes look at the first's */
    _Atomic int64_t turned_us; /* its loop, or a step of long work, last; 0: the loop sleeps */
    int signals;               /* readable once the lane is to stop, and from then on */
    size_t lane;               /* which of the worker's lanes this is, from 0 */
};

/* Whether a signal asked to stop. Long work looks here between its steps, which also shows that it goes on. */
bool lbx_worker_stopping(struct lbx_worker *worker);

/* Stops the work of the whole process, but not the process: it stays, not ready, and says why
 * (static text) until somebody looks and starts it again. For what no retry mends and going on
 * would make worse. */
void lbx_worker_halt(struct lbx_worker *worker, const char *why);
bool lbx_worker_halted(const struct lbx_worker *worker);

/* The work goes on, but the process is not ready, and says why (static text), until somebody looks and starts it again. */
void lbx_worker_incident(const char *why);

/* Counted by whatever part waits out something that is down. */
extern struct lbx_metric lbx_retries_metric;

/* Whether a notification came since the last call. */
bool lbx_worker_notified(struct lbx_worker *worker);

/* Something that the loop drives. Every function gets the part's own state. */
struct lbx_part {
    enum lbx_err (*open)(struct lbx_worker *worker, const void *declaration, void **ret_state);
    /* The descriptor that says there may be something to do; -1: none. NULL: none. */
    int (*fd)(void *state);
    /* Does what there is to do now, without waiting. *ret_wake_us: when to be called again, on
     * lbx_monotonic_us's clock, if nothing else happens before; it may be called earlier. What is
     * down it waits out by itself; anything but LBX_OK ends the worker. */
    enum lbx_err (*serve)(void *state, int64_t *ret_wake_us);
    /* NULL: ready. Otherwise why not, static text. */
    const char *(*waiting_for)(void *state);
    void (*close)(void *state);
    bool
        only_shows; /* what it does at its times is no work, and no round in lockbox_rounds_total */
};

struct lbx_used_part {
    const struct lbx_part *part;
    const void *declaration;
    bool in_every_lane; /* otherwise in the first only */
};

/* The state of one of the worker's parts, NULL before it is open: for a part that another one
 * wakes. */
void *lbx_worker_part(struct lbx_worker *worker, const struct lbx_part *part);

enum lbx_database { LBX_DATABASE_LOCKBOX, LBX_DATABASE_AUDIT };

struct lbx_worker_declaration {
    const char *name, *summary;
    enum lbx_database database;
    lbx_sql_lists statements;
    struct lbx_metric *const
        *metrics; /* of its rules, ended by NULL; those of its parts come with them. NULL: none */
    /* Whether the settings are any good to this worker: says which is not, and is LBX_ERR_INVALID
     * then. NULL: they are. */
    enum lbx_err (*check)(const struct lbx_settings *settings);
    struct lbx_used_part parts[4]; /* ended by an empty one */
    size_t lanes;                  /* 0: one; at most LBX_LANES_MAX */
    int arenas;                    /* of malloc, for threads that work at the same time; 0: two */
};

enum { LBX_LANES_MAX = 4 };

/* The whole life of the process; the return value is its exit status: 0 ended by a signal, 1 it
 * cannot go on, 2 wrong usage or settings, 3 the database's schema is newer than this program. An
 * older one it waits for, not ready. */
int lbx_worker_main(const struct lbx_worker_declaration *declaration, int argc, char **argv);

/* Waiting longer with each failure in a row: 50 ms doubling to 5 s, ± 25 %. */
struct lbx_backoff {
    unsigned failures;
};
int64_t lbx_backoff_next_us(struct lbx_backoff *backoff);

#define LBX_NEVER_US INT64_MAX

#endif
