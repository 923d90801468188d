/* Calls access_check for many reviews at once: one of the waiting threads sends the questions of all, in one SQL statement.
 * Promises that a statement begins after all its questions arrived. Fails: a statement whose connection ended answers none of
 * its questions; after an error of the server, each question is sent alone, so that a wrong one does not affect others. */
#include "asking.h"

#include "pool.h"
#include "sql_authorizer.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>

/* One thread at a time sends the waiting questions, as a statement costs much more than a question. While it waits
 * for the answer, a second thread may send once SECOND_FROM questions wait; the first one then takes only half of
 * those waiting. If a question waits for LATE_US, further threads send, at most ASKING_MAX in all. */
enum { ASKING_MAX = 4, TOGETHER_MAX = 32, SECOND_FROM = 2 };
#define LATE_US (10 * LBX_MS_US)

/* A question, on its thread's stack. `told` is posted once: with the answer, or when the thread
 * is to send a statement itself. Afterwards no other thread uses it. */
struct asked {
    const struct question *question;
    struct lbx_arena *arena; /* of this thread; used by the answering thread while ASKED */
    struct grant grant;
    enum lbx_err err;
    int64_t since_us;
    unsigned long turn; /* turn in which its thread sends a statement */
    _Atomic enum {
        WAITING,
        ASKING_NOW, /* its thread is to send a statement, with other questions */
        ASKED,      /* another thread's statement has it */
        ANSWERED,
    } state; /* changed under the pool's lock */
    sem_t told;
    struct asked *next;
};

void asking_init(struct asking *asking, struct pool *pool) {
    *asking = (struct asking){.pool = pool};
    asking->last = &asking->first;
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

/* The parameters of several questions: an array for each column. */
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

/* Reads the answers by number. A question with no row, or with two, has no answer. */
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

/* ---- the queue of questions ---- */

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

/* Makes a thread send a statement. False: ASKING_MAX threads do so already. */
static bool begin_to_ask(struct asking *asking, struct asked *it) {
    if (asking->asking == ASKING_MAX)
        return false;
    asking->asking++;
    asking->asking_now++;
    it->turn = asking->turn;
    it->state = ASKING_NOW;
    return true;
}

/* Whether another thread may send a statement. If one is about to, it will take all waiting questions. */
static bool may_begin(const struct asking *asking) {
    size_t waiting = 0;
    for (const struct asked *it = asking->first; it && asking->asking_now > 0; it = it->next) {
        if (it->state == ASKING_NOW)
            return false;
        waiting++;
    }
    return asking->asking_now == 0 || (asking->asking_now == 1 && waiting >= SECOND_FROM);
}

/* Begins a new turn: the statements under way are late, so they no longer keep others from sending. */
static void begin_turn(struct asking *asking, struct asked *it) {
    if (asking->asking == ASKING_MAX)
        return;
    asking->turn++;
    asking->asking_now = 0;
    (void)begin_to_ask(asking, it);
}

/* Makes the first waiting thread send a statement. NULL: none waits, or other threads send already. */
static struct asked *begin_next(struct asking *asking) {
    struct asked *it = asking->first;
    while (it && it->state != WAITING)
        it = it->next;
    return it && may_begin(asking) && begin_to_ask(asking, it) ? it : NULL;
}

static struct asked *end_asking(struct asking *asking, const struct asked *own) {
    asking->asking--;
    asking->asking_now -= own->turn == asking->turn;
    return begin_next(asking);
}

static size_t count_waiting(const struct asking *asking) {
    size_t count = 0;
    for (const struct asked *it = asking->first; it; it = it->next)
        count += it->state == WAITING;
    return count;
}

/* How many questions a statement takes, the thread's own included. */
static size_t share(const struct asking *asking) {
    size_t all = count_waiting(asking) + 1;
    size_t some = asking->asking_now == 1 && all >= 2 * SECOND_FROM ? (all + 1) / 2 : all;
    return some < TOGETHER_MAX ? some : TOGETHER_MAX;
}

/* Takes questions into a statement, the thread's own first. */
static size_t take_waiting(struct asking *asking, struct asked *own, struct asked **list) {
    size_t count = 0, most = share(asking);
    list[count++] = own;
    take_out(asking, own);
    for (struct asked *it = asking->first, *next; it && count < most; it = next) {
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
        sem_post(&it->told);
}

/* Lets threads that are about to run add their questions, so that fewer statements are needed;
 * costs nothing if none is. The lock is released meanwhile. */
static void let_others_come(struct asking *asking) {
    pthread_mutex_unlock(&asking->pool->lock);
    sched_yield();
    pthread_mutex_lock(&asking->pool->lock);
}

static void ask_for_all(struct asking *asking, struct asked *own) {
    struct asked *list[TOGETHER_MAX], *second;
    size_t count = 0;
    pthread_mutex_lock(&asking->pool->lock);
    struct connection *by = pool_take_locked(asking->pool, own->since_us);
    if (by) {
        let_others_come(asking);
        count = take_waiting(asking, own, list);
        second = begin_next(asking);
        pthread_mutex_unlock(&asking->pool->lock);
        tell(second);
        if (count == 1)
            ask_one(by, own);
        else
            ask_together(by, list, count);
        pthread_mutex_lock(&asking->pool->lock);
        pool_give_back_locked(asking->pool, by);
    } else {
        take_out(asking, own);
    }
    struct asked *next = end_asking(asking, own);
    for (size_t i = 1; i < count; i++)
        list[i]->state = ANSWERED;
    pthread_mutex_unlock(&asking->pool->lock);
    tell(next);
    for (size_t i = 1; i < count; i++)
        tell(list[i]);
}

/* Waits for `told`. False: it was not posted until then. */
static bool is_told(struct asked *it, int64_t until_us) {
    const struct timespec until = pool_moment(until_us);
    while (sem_clockwait(&it->told, CLOCK_MONOTONIC, &until) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

static void wait_to_be_told(struct asked *it) {
    while (sem_wait(&it->told) != 0)
        assert(errno == EINTR);
}

/* Makes the thread send a statement itself, if no other has its question by now. Returns whether it does. */
static bool begin_late(struct asking *asking, struct asked *it) {
    pthread_mutex_lock(&asking->pool->lock);
    bool waits = it->state == WAITING;
    if (waits)
        begin_turn(asking, it);
    bool begins = waits && it->state == ASKING_NOW;
    pthread_mutex_unlock(&asking->pool->lock);
    return begins;
}

/* Removes a question that no statement has. False: it was answered, or will be. */
static bool give_up(struct asking *asking, struct asked *it) {
    pthread_mutex_lock(&asking->pool->lock);
    bool waits = it->state == WAITING;
    if (waits)
        take_out(asking, it);
    pthread_mutex_unlock(&asking->pool->lock);
    return waits;
}

/* Waits until the thread is to send a statement, has its answer, or is out of time. While
 * another thread's statement has the question, the pool's watch bounds the wait. */
static void wait_for_change(struct asking *asking, struct asked *it) {
    if (!is_told(it, it->since_us + LATE_US) && !begin_late(asking, it) &&
        !is_told(it, it->since_us + ANSWER_US) && !give_up(asking, it))
        wait_to_be_told(it);
}

enum lbx_err asking_ask(struct asking *asking, const struct question *question,
                        struct lbx_arena *arena, struct grant *ret_grant) {
    struct asked it = {
        .question = question,
        .arena = arena,
        .err = LBX_ERR_UNAVAILABLE,
        .since_us = lbx_monotonic_us(),
    };
    sem_init(&it.told, 0, 0);
    pthread_mutex_lock(&asking->pool->lock);
    append(asking, &it);
    bool asks = may_begin(asking) && begin_to_ask(asking, &it);
    pthread_mutex_unlock(&asking->pool->lock);
    if (!asks)
        wait_for_change(asking, &it);
    if (it.state == ASKING_NOW)
        ask_for_all(asking, &it);
    sem_destroy(&it.told);
    *ret_grant = it.grant;
    return pool_in_time(it.err, it.since_us);
}
