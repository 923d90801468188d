/* PostgreSQL connections shared by several threads. Each is taken for at most ANSWER_US. */
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
    int64_t since_us; /* when its statement began */
    struct lbx_pg_pipeline calls;
};

struct pool {
    const char *url;
    struct connection list[CONNECTIONS];
    pthread_mutex_t lock;
    pthread_cond_t freed, taken;
    pthread_t watch;
    size_t busy;
    bool asleep; /* the watch sleeps until a statement begins */
    bool closing;
};

/* Initialises in place. url is borrowed. */
void pool_init(struct pool *pool, const char *url);

/* Closes all connections. No thread has one any more. */
void pool_done(struct pool *pool);

/* As database_connect. */
size_t pool_connect(struct pool *pool);

/* Takes a connection. since_us: when the question arrived; the connection is closed if the
 * question has no answer in time. NULL: none became free in time. */
struct connection *pool_take(struct pool *pool, int64_t since_us);
void pool_give_back(struct pool *pool, struct connection *it);

/* As pool_take, with the pool's lock held, which is released while no connection is free. */
struct connection *pool_take_locked(struct pool *pool, int64_t since_us);
void pool_give_back_locked(struct pool *pool, struct connection *it);

/* Returns LBX_OK only if the question's time is not over. */
enum lbx_err pool_in_time(enum lbx_err err, int64_t since_us) LBX_MUST_CHECK;

/* Initialises a condition with CLOCK_MONOTONIC, and converts a time of that clock. */
void pool_init_condition(pthread_cond_t *condition);
struct timespec pool_moment(int64_t us);

#endif
