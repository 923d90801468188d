/* Asks PostgreSQL for the threads that answer reviews, by a pool of connections that the worker's loop opens. Of the threads that
 * wait for access_check one asks for all of them, in one statement. Promises that each answer is of a statement that began after
 * its question came; a statement that is late is ended by its connection, and holds up only those whom it is to answer.
 * Fails: a statement whose connection ended answers none of its questions; one that the server refused is asked again, question
 * by question, so that one at fault spoils no other. */
#include "database.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/memory.h"
#include "io/pg.h"
#include "sql_authorizer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

/* One thread asks access_check for all, as a statement costs much more than a question. Another does as well, up to
 * ASKING_MAX, where somebody waits for LATE_US. */
enum { CONNECTIONS = 8, ASKING_MAX = 4, TOGETHER_MAX = 32 };
#define LATE_US (10 * LBX_MS_US)
#define ANSWER_US (2 * LBX_SECOND_US)
#define LOOK_US (50 * LBX_MS_US)

struct connection {
    struct lbx_pg *pg; /* NULL: none */
    bool busy;
    int64_t since_us; /* while it is busy */
    struct lbx_pg_pipeline calls;
};

/* A question, while its thread waits for the answer. Kept for the next one: whoever answers signals without the lock, when
 * the thread may be gone. */
struct asked {
    const struct question *question;
    struct lbx_arena *arena; /* of this thread; of whoever answers, while it is ASKED */
    struct grant grant;
    enum lbx_err err;
    int64_t since_us;
    unsigned long turn; /* in which its thread asks */
    enum {
        WAITING,
        ASKING_NOW, /* its thread is to ask, for others, too */
        ASKED,      /* by another's */
        ANSWERED,
    } state;
    pthread_cond_t changed;
    struct asked *next;
};

struct database {
    const char *url;
    struct connection list[CONNECTIONS];
    pthread_mutex_t lock;
    pthread_cond_t freed, taken;
    pthread_t watch;
    size_t busy;
    bool asleep; /* the watch, until somebody asks */
    bool closing;
    struct asked *first, **last; /* WAITING or ASKING_NOW, in the order in which they came */
    struct asked *unused;
    size_t asking;      /* threads that ask, or were told to */
    size_t asking_now;  /* of these, those of this turn: at most one */
    unsigned long turn; /* the next one begins where those that ask are late */
};

static struct timespec at(int64_t us) {
    return (struct timespec){.tv_sec = us / LBX_SECOND_US, .tv_nsec = us % LBX_SECOND_US * 1000};
}

/* ---- the watch ---- */

static void break_late(struct database *database) {
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &database->list[i];
        if (it->busy && lbx_monotonic_us() - it->since_us >= ANSWER_US)
            shutdown(lbx_pg_fd(it->pg), SHUT_RDWR);
    }
}

/* Wakes when somebody asks, and then every LOOK_US until nobody does: waking for each question would cost more than some
 * of them. */
static void *watch(void *context) {
    struct database *database = context;
    pthread_mutex_lock(&database->lock);
    while (!database->closing) {
        struct timespec until = at(lbx_monotonic_us() + LOOK_US);
        if (pthread_cond_timedwait(&database->taken, &database->lock, &until) != ETIMEDOUT)
            continue;
        break_late(database);
        database->asleep = database->busy == 0;
        while (database->asleep && !database->closing)
            pthread_cond_wait(&database->taken, &database->lock);
    }
    pthread_mutex_unlock(&database->lock);
    return NULL;
}

/* ---- life ---- */

static void init_condition(pthread_cond_t *condition) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct database *database_open(const char *url) {
    struct database *database = lbx_calloc(sizeof *database);
    pthread_mutex_init(&database->lock, NULL);
    init_condition(&database->freed);
    init_condition(&database->taken);
    database->url = url;
    database->last = &database->first;
    if (pthread_create(&database->watch, NULL, watch, database) != 0)
        abort();
    return database;
}

void database_close(struct database *database) {
    if (!database)
        return;
    pthread_mutex_lock(&database->lock);
    database->closing = true;
    pthread_cond_signal(&database->taken);
    pthread_mutex_unlock(&database->lock);
    pthread_join(database->watch, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        lbx_pg_close(database->list[i].pg);
    for (struct asked *it = database->unused, *next; it; it = next) {
        next = it->next;
        pthread_cond_destroy(&it->changed);
        free(it);
    }
    pthread_cond_destroy(&database->taken);
    pthread_cond_destroy(&database->freed);
    pthread_mutex_destroy(&database->lock);
    free(database);
}

/* Only the loop gives a place its connection, so a place without one stays as it is while the lock is open. */
size_t database_connect(struct database *database) {
    static const struct lbx_sql *const *const statements[] = {sql_authorizer_all, NULL};
    const struct lbx_pg_options options = {
        .url = database->url,
        .application = "lockbox-authorizer",
        .search_path = "lockbox",
        .writes = true, /* a standby may not know of a revoke yet */
        .patience_us = ANSWER_US,
    };
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *it = &database->list[i];
        struct lbx_pg *pg = NULL;
        pthread_mutex_lock(&database->lock);
        bool missing = !it->pg;
        pthread_mutex_unlock(&database->lock);
        if (missing && lbx_pg_open(&options, statements, &pg) != LBX_OK)
            return count; /* the others would fare no better */
        pthread_mutex_lock(&database->lock);
        if (missing)
            it->pg = pg;
        pthread_cond_signal(&database->freed);
        pthread_mutex_unlock(&database->lock);
        count++;
    }
    return count;
}

/* ---- asking ---- */

static struct connection *free_one(struct database *database) {
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (database->list[i].pg && !database->list[i].busy)
            return &database->list[i];
    return NULL;
}

/* With the lock, which is open while none is free. NULL: none became free in time. */
static struct connection *take_locked(struct database *database, int64_t since_us) {
    struct timespec until = at(since_us + ANSWER_US);
    struct connection *it;
    int waited = 0;
    while (!(it = free_one(database)) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&database->freed, &database->lock, &until);
    if (!it)
        return NULL;
    it->busy = true;
    it->since_us = since_us;
    database->busy++;
    if (database->asleep)
        pthread_cond_signal(&database->taken);
    database->asleep = false;
    return it;
}

static struct connection *take(struct database *database, int64_t since_us) {
    pthread_mutex_lock(&database->lock);
    struct connection *it = take_locked(database, since_us);
    pthread_mutex_unlock(&database->lock);
    return it;
}

/* With the lock. */
static void give_back_locked(struct database *database, struct connection *it) {
    if (!lbx_pg_alive(it->pg)) {
        lbx_pg_close(it->pg);
        it->pg = NULL;
    }
    it->busy = false;
    database->busy--;
    pthread_cond_signal(&database->freed);
}

static void give_back(struct database *database, struct connection *it) {
    pthread_mutex_lock(&database->lock);
    give_back_locked(database, it);
    pthread_mutex_unlock(&database->lock);
}

static struct lbx_trace trace_of(const char *traceparent, const char *tracestate,
                                 struct lbx_arena *arena) {
    return lbx_trace_of(lbx_arena_strdup(arena, traceparent), lbx_arena_strdup(arena, tracestate));
}

static enum lbx_err show(struct lbx_pg *pg, const char *request_id, struct lbx_arena *arena,
                         struct evidence *ret_evidence) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_evidence, .request_id = request_id);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(pg, call) != 1)
        err = LBX_ERR_NOT_FOUND;
    if (err == LBX_OK) {
        const struct sql_authorizer_evidence_answer it =
            LBX_PG_READ(pg, call, 0, authorizer_evidence, arena);
        *ret_evidence = (struct evidence){
            .consent = lbx_arena_strdup(arena, it.consent),
            .decisions = lbx_arena_strdup(arena, it.decisions),
            .starts_asked = it.starts_asked,
            .decide_by = it.decide_by,
            .open = it.open,
            .trace = trace_of(it.traceparent, it.tracestate, arena),
        };
        if (!it.consent || !it.decisions)
            err = LBX_ERR_UNAVAILABLE;
    }
    lbx_pg_release(pg);
    return err;
}

static enum lbx_err in_time(enum lbx_err err, int64_t since_us) {
    return err == LBX_OK && lbx_monotonic_us() - since_us < ANSWER_US ? LBX_OK
                                                                      : LBX_ERR_UNAVAILABLE;
}

enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = show(it->pg, request_id, arena, ret_evidence);
    give_back(database, it);
    return err == LBX_ERR_NOT_FOUND ? err : in_time(err, since_us);
}

static enum lbx_err forbidden(struct lbx_pg *pg, const char *resource_id, struct lbx_arena *arena,
                              const char **ret_entries) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_forbidden, .resource_id = resource_id);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(pg, call) != 1)
        err = LBX_ERR_INTERNAL;
    if (err == LBX_OK) {
        const struct sql_authorizer_forbidden_answer it =
            LBX_PG_READ(pg, call, 0, authorizer_forbidden, arena);
        *ret_entries = lbx_arena_strdup(arena, it.entries);
        if (!it.entries)
            err = LBX_ERR_INTERNAL;
    }
    lbx_pg_release(pg);
    return err;
}

enum lbx_err database_forbidden(struct database *database, const char *resource_id,
                                struct lbx_arena *arena, const char **ret_entries) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = forbidden(it->pg, resource_id, arena, ret_entries);
    give_back(database, it);
    return in_time(err, since_us);
}

static enum lbx_err grants(struct lbx_pg *pg, const struct question *question,
                           struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count) {
    struct lbx_pg_pipeline calls = {0};
    size_t call = LBX_PG_CALL(&calls, authorizer_grants, .engineer_id = question->engineer_id,
                              .resource_id = question->resource_id, .action = question->action,
                              .namespace = question->namespace, .kind = question->kind,
                              .name = question->name);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    size_t count = err == LBX_OK ? lbx_pg_row_count(pg, call) : 0;
    struct grant *list = LBX_ARENA_ARRAY(arena, struct grant, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sql_authorizer_grants_answer it =
            LBX_PG_READ(pg, call, i, authorizer_grants, arena);
        list[i] = (struct grant){
            .allowed = true,
            .request_id = lbx_arena_strdup(arena, it.request_id),
            .expires_at = it.expires_at,
            .reason = lbx_arena_strdup(arena, it.reason),
            .version = it.version,
            .is_named = it.is_named,
            .trace = trace_of(it.traceparent, it.tracestate, arena),
        };
    }
    lbx_pg_release(pg);
    *ret_list = list;
    *ret_count = count;
    return err;
}

enum lbx_err database_grants(struct database *database, const struct question *question,
                             struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    *ret_count = 0;
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    enum lbx_err err = grants(it->pg, question, arena, ret_list, ret_count);
    give_back(database, it);
    return in_time(err, since_us);
}

enum lbx_err database_quarantine(struct database *database,
                                 const struct unreadable_report *report) {
    int64_t since_us = lbx_monotonic_us();
    struct connection *it = take(database, since_us);
    if (!it)
        return LBX_ERR_UNAVAILABLE;
    struct lbx_pg_pipeline calls = {0};
    struct lbx_buf base64 LBX_BUF = {0};
    lbx_base64_encode(report->bytes, report->len, &base64);
    LBX_PG_CALL(&calls, authorizer_report, .topic = report->topic, .source = report->source,
                .base64 = base64.data ? base64.data : "", .reason = report->reason);
    enum lbx_err err = lbx_pg_run(it->pg, &calls);
    lbx_pg_release(it->pg);
    give_back(database, it);
    return in_time(err, since_us);
}

/* ---- access_check ---- */

static struct grant grant_of(const struct sql_authorizer_ask_answer *it, struct lbx_arena *arena) {
    return (struct grant){
        .allowed = it->allowed,
        .request_id = lbx_arena_strdup(arena, it->request_id),
        .expires_at = it->expires_at,
        .reason = lbx_arena_strdup(arena, it->reason),
        .version = it->version,
        .trace = trace_of(it->traceparent, it->tracestate, arena),
    };
}

static void ask_one(struct connection *by, struct asked *it) {
    const struct question *question = it->question;
    by->calls.count = 0;
    size_t call = LBX_PG_CALL(&by->calls, authorizer_ask, .engineer_id = question->engineer_id,
                              .resource_id = question->resource_id, .action = question->action,
                              .namespace = question->namespace, .kind = question->kind,
                              .name = question->name, .content_digest = question->content_digest);
    it->err = lbx_pg_run(by->pg, &by->calls);
    if (it->err == LBX_OK && lbx_pg_row_count(by->pg, call) != 1)
        it->err = LBX_ERR_INTERNAL;
    if (it->err == LBX_OK)
        it->grant = grant_of(&LBX_PG_READ(by->pg, call, 0, authorizer_ask, it->arena), it->arena);
    lbx_pg_release(by->pg);
}

/* The parameters of several questions, an array each. */
struct arrays {
    struct lbx_pg_arrays engineer_ids, resource_ids, actions, namespaces, kinds, names,
        content_digests;
};

static void add(struct arrays *arrays, const struct question *question) {
    lbx_pg_array_text(&arrays->engineer_ids, question->engineer_id);
    lbx_pg_array_text(&arrays->resource_ids, question->resource_id);
    lbx_pg_array_text(&arrays->actions, question->action);
    lbx_pg_array_text(&arrays->namespaces, question->namespace);
    lbx_pg_array_text(&arrays->kinds, question->kind);
    lbx_pg_array_text(&arrays->names, question->name);
    lbx_pg_array_text(&arrays->content_digests, question->content_digest);
}

static void release(struct arrays *arrays) {
    lbx_pg_arrays_done(&arrays->engineer_ids);
    lbx_pg_arrays_done(&arrays->resource_ids);
    lbx_pg_arrays_done(&arrays->actions);
    lbx_pg_arrays_done(&arrays->namespaces);
    lbx_pg_arrays_done(&arrays->kinds);
    lbx_pg_arrays_done(&arrays->names);
    lbx_pg_arrays_done(&arrays->content_digests);
}

/* A question that the answer does not name, or names twice, has none. */
static void read_answers(const struct lbx_pg *pg, size_t call, struct asked **list, size_t count) {
    size_t rows = lbx_pg_row_count(pg, call);
    for (size_t i = 0; i < rows; i++) {
        const struct sql_authorizer_ask_many_answer it =
            LBX_PG_READ(pg, call, i, authorizer_ask_many, NULL);
        if (it.number < 1 || it.number > (int64_t)count)
            continue;
        struct asked *asked = list[it.number - 1];
        const struct sql_authorizer_ask_answer answer = {
            .allowed = it.allowed,
            .request_id = it.request_id,
            .expires_at = it.expires_at,
            .reason = it.reason,
            .version = it.version,
            .traceparent = it.traceparent,
            .tracestate = it.tracestate,
        };
        asked->err = asked->err == LBX_OK || rows != count ? LBX_ERR_INTERNAL : LBX_OK;
        asked->grant = grant_of(&answer, asked->arena);
    }
}

static void ask_together(struct connection *by, struct asked **list, size_t count) {
    struct arrays arrays LBX_CLEANUP(release) = {0};
    for (size_t i = 0; i < count; i++) {
        add(&arrays, list[i]->question);
        list[i]->err = LBX_ERR_INTERNAL;
    }
    by->calls.count = 0;
    size_t call = LBX_PG_CALL(&by->calls, authorizer_ask_many, .engineer_ids = &arrays.engineer_ids,
                              .resource_ids = &arrays.resource_ids, .actions = &arrays.actions,
                              .namespaces = &arrays.namespaces, .kinds = &arrays.kinds,
                              .names = &arrays.names, .content_digests = &arrays.content_digests);
    enum lbx_err err = lbx_pg_run(by->pg, &by->calls);
    if (err == LBX_OK)
        read_answers(by->pg, call, list, count);
    lbx_pg_release(by->pg);
    for (size_t i = 0; i < count; i++)
        if (err == LBX_ERR_UNAVAILABLE)
            list[i]->err = err;
        else if (err != LBX_OK || !list[i]->grant.reason)
            ask_one(by, list[i]);
}

/* ---- who asks ---- */

static void append(struct database *database, struct asked *it) {
    *database->last = it;
    database->last = &it->next;
}

static void take_out(struct database *database, struct asked *it) {
    struct asked **at = &database->first;
    while (*at != it)
        at = &(*at)->next;
    *at = it->next;
    if (!it->next)
        database->last = at;
    it->next = NULL;
}

/* False: too many ask. */
static bool begin_to_ask(struct database *database, struct asked *it) {
    if (database->asking == ASKING_MAX)
        return false;
    database->asking++;
    database->asking_now++;
    it->turn = database->turn;
    it->state = ASKING_NOW;
    return true;
}

/* Those that ask are late: whatever they do, others ask from now on. */
static void begin_turn(struct database *database, struct asked *it) {
    if (database->asking == ASKING_MAX)
        return;
    database->turn++;
    database->asking_now = 0;
    (void)begin_to_ask(database, it);
}

/* Whoever came first is told to ask for all that wait then. NULL: nobody waits, or another asks. */
static struct asked *end_asking(struct database *database, const struct asked *own) {
    struct asked *it = database->first;
    database->asking--;
    database->asking_now -= own->turn == database->turn;
    while (it && it->state != WAITING)
        it = it->next;
    return it && database->asking_now == 0 && begin_to_ask(database, it) ? it : NULL;
}

/* The thread's own question first. */
static size_t take_waiting(struct database *database, struct asked *own, struct asked **list) {
    size_t count = 0;
    list[count++] = own;
    take_out(database, own);
    for (struct asked *it = database->first, *next; it && count < TOGETHER_MAX; it = next) {
        next = it->next;
        if (it->state != WAITING)
            continue;
        it->state = ASKED;
        take_out(database, it);
        list[count++] = it;
    }
    return count;
}

static void tell(struct asked *it) {
    if (it)
        pthread_cond_signal(&it->changed);
}

/* With the lock, which is open meanwhile. */
static void ask_for_all(struct database *database, struct asked *own) {
    struct asked *list[TOGETHER_MAX];
    struct connection *by = take_locked(database, own->since_us);
    if (!by) {
        take_out(database, own);
        tell(end_asking(database, own));
        return;
    }
    size_t count = take_waiting(database, own, list);
    pthread_mutex_unlock(&database->lock);
    if (count == 1)
        ask_one(by, own);
    else
        ask_together(by, list, count);
    pthread_mutex_lock(&database->lock);
    give_back_locked(database, by);
    struct asked *next = end_asking(database, own);
    for (size_t i = 0; i < count; i++)
        list[i]->state = ANSWERED;
    pthread_mutex_unlock(&database->lock);
    tell(next);
    for (size_t i = 1; i < count; i++)
        tell(list[i]);
    pthread_mutex_lock(&database->lock);
}

/* Until this thread is to ask, or has its answer, or no more time. While another asks for it, it waits for as long as
 * that takes: the watch sees to the end. */
static void wait_for_change(struct database *database, struct asked *it) {
    struct timespec until = at(it->since_us + LATE_US);
    bool is_late = false;
    while (it->state == WAITING || it->state == ASKED) {
        if (it->state == ASKED) {
            pthread_cond_wait(&it->changed, &database->lock);
            continue;
        }
        if (pthread_cond_timedwait(&it->changed, &database->lock, &until) != ETIMEDOUT ||
            it->state != WAITING)
            continue;
        if (is_late)
            return;
        is_late = true;
        until = at(it->since_us + ANSWER_US);
        begin_turn(database, it);
    }
}

/* With the lock. */
static struct asked *begin(struct database *database) {
    struct asked *it = database->unused;
    if (it) {
        database->unused = it->next;
    } else {
        it = lbx_calloc(sizeof *it);
        init_condition(&it->changed);
    }
    it->next = NULL;
    it->grant = (struct grant){0};
    it->err = LBX_ERR_UNAVAILABLE;
    it->state = WAITING;
    if (database->asking_now == 0)
        (void)begin_to_ask(database, it);
    append(database, it);
    return it;
}

/* With the lock. */
static void end(struct database *database, struct asked *it) {
    it->next = database->unused;
    database->unused = it;
}

enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) {
    int64_t since_us = lbx_monotonic_us();
    pthread_mutex_lock(&database->lock);
    struct asked *it = begin(database);
    it->question = question;
    it->arena = arena;
    it->since_us = since_us;
    wait_for_change(database, it);
    if (it->state == ASKING_NOW)
        ask_for_all(database, it);
    else if (it->state == WAITING)
        take_out(database, it);
    enum lbx_err err = it->err;
    *ret_grant = it->grant;
    end(database, it);
    pthread_mutex_unlock(&database->lock);
    return in_time(err, since_us);
}
