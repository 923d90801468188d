/* Asks access_check for many reviews at once: one of the threads that wait asks for all, in one SQL statement. Promises that each answer is of a
 * statement that began after its question came. Fails: a statement whose connection ended answers none of its questions;
 * one that the server refused is asked again, question by question, so that one at fault spoils no other. */
#include "asking.h"

#include "pool.h"
#include "sql_authorizer.h"

#include <errno.h>
#include <sched.h>

/* One thread asks access_check for all, as a statement costs much more than a question. Another does as well, up to
 * ASKING_MAX, where somebody waits for LATE_US. */
enum { ASKING_MAX = 4, TOGETHER_MAX = 32 };
#define LATE_US (10 * LBX_MS_US)

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

void asking_init(struct asking *asking, struct pool *pool) {
    *asking = (struct asking){.pool = pool};
    asking->last = &asking->first;
}

void asking_done(struct asking *asking) {
    for (struct asked *it = asking->unused, *next; it; it = next) {
        next = it->next;
        pthread_cond_destroy(&it->changed);
        free(it);
    }
}

/* ---- the statements ---- */

static struct grant grant_of(const struct sql_authorizer_ask_answer *it, struct lbx_arena *arena) {
    return (struct grant){
        .allowed = it->allowed,
        .request_id = lbx_arena_strdup(arena, it->request_id),
        .expires_at = it->expires_at,
        .reason = lbx_arena_strdup(arena, it->reason),
        .version = it->version,
        .trace = lbx_trace_of(lbx_arena_strdup(arena, it->traceparent),
                              lbx_arena_strdup(arena, it->tracestate)),
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

static void append(struct asking *asking, struct asked *it) {
    *asking->last = it;
    asking->last = &it->next;
}

static void take_out(struct asking *asking, struct asked *it) {
    struct asked **at = &asking->first;
    while (*at != it)
        at = &(*at)->next;
    *at = it->next;
    if (!it->next)
        asking->last = at;
    it->next = NULL;
}

/* False: too many ask. */
static bool begin_to_ask(struct asking *asking, struct asked *it) {
    if (asking->asking == ASKING_MAX)
        return false;
    asking->asking++;
    asking->asking_now++;
    it->turn = asking->turn;
    it->state = ASKING_NOW;
    return true;
}

/* Those that ask are late: whatever they do, others ask from now on. */
static void begin_turn(struct asking *asking, struct asked *it) {
    if (asking->asking == ASKING_MAX)
        return;
    asking->turn++;
    asking->asking_now = 0;
    (void)begin_to_ask(asking, it);
}

/* Whoever came first is told to ask for all that wait then. NULL: nobody waits, or another asks. */
static struct asked *end_asking(struct asking *asking, const struct asked *own) {
    struct asked *it = asking->first;
    asking->asking--;
    asking->asking_now -= own->turn == asking->turn;
    while (it && it->state != WAITING)
        it = it->next;
    return it && asking->asking_now == 0 && begin_to_ask(asking, it) ? it : NULL;
}

/* The thread's own question first. */
static size_t take_waiting(struct asking *asking, struct asked *own, struct asked **list) {
    size_t count = 0;
    list[count++] = own;
    take_out(asking, own);
    for (struct asked *it = asking->first, *next; it && count < TOGETHER_MAX; it = next) {
        next = it->next;
        if (it->state != WAITING)
            continue;
        it->state = ASKED;
        take_out(asking, it);
        list[count++] = it;
    }
    return count;
}

static void tell(struct asked *it) {
    if (it)
        pthread_cond_signal(&it->changed);
}

/* Whoever has a question in hand and the processor's turn next may add it: statements become fewer, and where nobody is
 * about to run, nothing waits. With the lock, which is open meanwhile. */
static void let_others_come(struct asking *asking) {
    pthread_mutex_unlock(&asking->pool->lock);
    sched_yield();
    pthread_mutex_lock(&asking->pool->lock);
}

/* With the lock, which is open meanwhile. */
static void ask_for_all(struct asking *asking, struct asked *own) {
    struct asked *list[TOGETHER_MAX];
    struct connection *by = pool_take_locked(asking->pool, own->since_us);
    if (!by) {
        take_out(asking, own);
        tell(end_asking(asking, own));
        return;
    }
    let_others_come(asking);
    size_t count = take_waiting(asking, own, list);
    pthread_mutex_unlock(&asking->pool->lock);
    if (count == 1)
        ask_one(by, own);
    else
        ask_together(by, list, count);
    pthread_mutex_lock(&asking->pool->lock);
    pool_give_back_locked(asking->pool, by);
    struct asked *next = end_asking(asking, own);
    for (size_t i = 0; i < count; i++)
        list[i]->state = ANSWERED;
    pthread_mutex_unlock(&asking->pool->lock);
    tell(next);
    for (size_t i = 1; i < count; i++)
        tell(list[i]);
    pthread_mutex_lock(&asking->pool->lock);
}

/* Until this thread is to ask, or has its answer, or no more time. While another asks for it, it waits for as long as
 * that takes: the watch sees to the end. */
static void wait_for_change(struct asking *asking, struct asked *it) {
    struct timespec until = pool_moment(it->since_us + LATE_US);
    bool is_late = false;
    while (it->state == WAITING || it->state == ASKED) {
        if (it->state == ASKED) {
            pthread_cond_wait(&it->changed, &asking->pool->lock);
            continue;
        }
        if (pthread_cond_timedwait(&it->changed, &asking->pool->lock, &until) != ETIMEDOUT ||
            it->state != WAITING)
            continue;
        if (is_late)
            return;
        is_late = true;
        until = pool_moment(it->since_us + ANSWER_US);
        begin_turn(asking, it);
    }
}

/* With the lock. */
static struct asked *begin(struct asking *asking) {
    struct asked *it = asking->unused;
    if (it) {
        asking->unused = it->next;
    } else {
        it = lbx_calloc(sizeof *it);
        pool_init_condition(&it->changed);
    }
    it->next = NULL;
    it->grant = (struct grant){0};
    it->err = LBX_ERR_UNAVAILABLE;
    it->state = WAITING;
    if (asking->asking_now == 0)
        (void)begin_to_ask(asking, it);
    append(asking, it);
    return it;
}

/* With the lock. */
static void end(struct asking *asking, struct asked *it) {
    it->next = asking->unused;
    asking->unused = it;
}

enum lbx_err asking_ask(struct asking *asking, const struct question *question,
                        struct lbx_arena *arena, struct grant *ret_grant) {
    int64_t since_us = lbx_monotonic_us();
    pthread_mutex_lock(&asking->pool->lock);
    struct asked *it = begin(asking);
    it->question = question;
    it->arena = arena;
    it->since_us = since_us;
    wait_for_change(asking, it);
    if (it->state == ASKING_NOW)
        ask_for_all(asking, it);
    else if (it->state == WAITING)
        take_out(asking, it);
    enum lbx_err err = it->err;
    *ret_grant = it->grant;
    end(asking, it);
    pthread_mutex_unlock(&asking->pool->lock);
    return pool_in_time(err, since_us);
}
