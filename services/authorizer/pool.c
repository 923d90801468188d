/* A pool of PostgreSQL connections for the threads of reviews, opened by the worker's loop. Promises that a late statement is
 * ended by closing its connection, and delays only its own questions. Fails with NULL where no connection is free in time. */
#include "pool.h"

#include "sql_authorizer.h"

#include <errno.h>
#include <sys/socket.h>

#define LOOK_US (50 * LBX_MS_US)

struct timespec pool_moment(int64_t us) {
    return (struct timespec){.tv_sec = us / LBX_SECOND_US, .tv_nsec = us % LBX_SECOND_US * 1000};
}

/* ---- the watch ---- */

static void break_late(struct pool *pool) {
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &pool->list[i];
        if (it->busy && lbx_monotonic_us() - it->since_us >= ANSWER_US)
            shutdown(lbx_pg_fd(it->pg), SHUT_RDWR);
    }
}

/* The watch: wakes up for a first statement, and then every LOOK_US while there is one. A
 * wake-up for each statement would cost more than some statements. */
static void *watch(void *context) {
    struct pool *pool = context;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        struct timespec until = pool_moment(lbx_monotonic_us() + LOOK_US);
        if (pthread_cond_timedwait(&pool->taken, &pool->lock, &until) != ETIMEDOUT)
            continue;
        break_late(pool);
        pool->asleep = pool->busy == 0;
        while (pool->asleep && !pool->closing)
            pthread_cond_wait(&pool->taken, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- life ---- */

void pool_init_condition(pthread_cond_t *condition) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void pool_init(struct pool *pool, const char *url) {
    pthread_mutex_init(&pool->lock, NULL);
    pool_init_condition(&pool->freed);
    pool_init_condition(&pool->taken);
    pool->url = url;
    if (pthread_create(&pool->watch, NULL, watch, pool) != 0)
        abort();
}

void pool_done(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_signal(&pool->taken);
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->watch, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        lbx_pg_close(pool->list[i].pg);
    pthread_cond_destroy(&pool->taken);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
}

/* Only the loop opens connections, so that an empty slot stays empty while the lock is released. */
size_t pool_connect(struct pool *pool) {
    static const struct lbx_sql *const *const statements[] = {sql_authorizer_all, NULL};
    const struct lbx_pg_options options = {
        .url = pool->url,
        .application = "lockbox-authorizer",
        .search_path = "lockbox",
        .writes = true, /* a standby may lack a recent revoke */
        .patience_us = ANSWER_US,
    };
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &pool->list[i];
        struct lbx_pg *pg = NULL;
        pthread_mutex_lock(&pool->lock);
        bool missing = !it->pg;
        pthread_mutex_unlock(&pool->lock);
        if (missing && lbx_pg_open(&options, statements, &pg) != LBX_OK)
            return count; /* further attempts would fail as well */
        pthread_mutex_lock(&pool->lock);
        if (missing)
            it->pg = pg;
        pthread_cond_signal(&pool->freed);
        pthread_mutex_unlock(&pool->lock);
        count++;
    }
    return count;
}

/* ---- taking ---- */

static struct connection *free_one(struct pool *pool) {
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (pool->list[i].pg && !pool->list[i].busy)
            return &pool->list[i];
    return NULL;
}

struct connection *pool_take_locked(struct pool *pool, int64_t since_us) {
    struct timespec until = pool_moment(since_us + ANSWER_US);
    struct connection *it;
    int waited = 0;
    while (!(it = free_one(pool)) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&pool->freed, &pool->lock, &until);
    if (!it)
        return NULL;
    it->busy = true;
    it->since_us = since_us;
    pool->busy++;
    if (pool->asleep)
        pthread_cond_signal(&pool->taken);
    pool->asleep = false;
    return it;
}

struct connection *pool_take(struct pool *pool, int64_t since_us) {
    pthread_mutex_lock(&pool->lock);
    struct connection *it = pool_take_locked(pool, since_us);
    pthread_mutex_unlock(&pool->lock);
    return it;
}

void pool_give_back_locked(struct pool *pool, struct connection *it) {
    if (!lbx_pg_alive(it->pg)) {
        lbx_pg_close(it->pg);
        it->pg = NULL;
    }
    it->busy = false;
    pool->busy--;
    pthread_cond_signal(&pool->freed);
}

void pool_give_back(struct pool *pool, struct connection *it) {
    pthread_mutex_lock(&pool->lock);
    pool_give_back_locked(pool, it);
    pthread_mutex_unlock(&pool->lock);
}

enum lbx_err pool_in_time(enum lbx_err err, int64_t since_us) {
    return err == LBX_OK && lbx_monotonic_us() - since_us < ANSWER_US ? LBX_OK
                                                                      : LBX_ERR_UNAVAILABLE;
}
