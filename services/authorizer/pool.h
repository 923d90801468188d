/* Connections to PostgreSQL that several threads take in turns. Each is taken for at most ANSWER_US. */
#ifndef AUTHORIZER_POOL_H
#define AUTHORIZER_POOL_H

#include "base/clock.h"
#include "base/memory.h"
#include "io/pg.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { CONNECTIONS = 8 };
#define ANSWER_US (2 * LBX_SECOND_US)

struct connection {
    struct lbx_pg *pg; /* NULL: none */
    bool busy;
    int64_t since_us; /* while it is busy */
    struct lbx_pg_pipeline calls;
};

struct pool {
    const char *url;
    struct connection list[CONNECTIONS];
    pthread_mutex_t lock;
    pthread_cond_t freed, taken;
    pthread_t watch;
    size_t busy;
    bool asleep; /* the watch, until somebody asks */
    bool closing;
};

/* In place. url is borrowed. */
void pool_init(struct pool *pool, const char *url);

/* No thread has a connection any more. */
void pool_done(struct pool *pool);

/* As database_connect. */
size_t pool_connect(struct pool *pool);

/* since_us: when the question came for which it is taken. NULL: none became free in time. The connection is ended where the
 * question has no answer in time. */
struct connection *pool_take(struct pool *pool, int64_t since_us);
void pool_give_back(struct pool *pool, struct connection *it);

/* The same by who has the pool's lock, which is open while no connection is free. */
struct connection *pool_take_locked(struct pool *pool, int64_t since_us);
void pool_give_back_locked(struct pool *pool, struct connection *it);

/* LBX_OK stays where the question has its answer in time. */
enum lbx_err pool_in_time(enum lbx_err err, int64_t since_us) LBX_MUST_CHECK;

/* A condition whose time-outs are of the monotonic clock, and a moment of that clock. */
void pool_init_condition(pthread_cond_t *condition);
struct timespec pool_moment(int64_t us);

#endif
