/* Joins the group, takes partitions in the database, gathers records, hands batches to a handler.
 * Promises: the handler gets each record once, in order within its partition.
 * Fails: what is down is waited out while Kafka is still polled; a batch that the database refuses
 * is cut down to the record at fault; a newer owner's partitions are let go.
 */
#include "worker/consume.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/consumer.h"
#include "worker/backlog.h"
#include "worker/claims.h"
#include "worker/timer.h"
#include "worker/transact.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEFAULT_QUEUE_KB = 16384, FAILURES_TOLD = 4 };
#define REPORT_EVERY_US LBX_SECOND_US
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)
#define AGAIN_US (10 * LBX_MS_US)

enum state {
    NO_CLIENT, /* the last one is spent; another opens at reopen_us */
    JOINING,   /* until the group gives partitions */
    GIVEN,     /* until the database hands them over */
    READING,   /* owner of the partitions, on the connection of this generation */
    PAUSED,    /* the same, but a batch failed: nothing is fetched until it succeeds */
};

struct consume {
    struct lbx_worker *worker;
    struct lbx_handler *handler;
    const enum lbx_topic *topics;
    int queue_kb;
    struct lbx_consumer *consumer;
    char group[256], owner[128];
    struct lbx_arena arena;
    struct lbx_calls calls; /* of the transaction under way; large */

    enum state state;
    int64_t generation; /* of the connection on which the claims were taken */
    struct lbx_claims claims;
    struct lbx_backlog backlog;
    const char *trouble; /* what only an operator can mend, static text; NULL: nothing */

    struct lbx_backoff backoff;
    int64_t retry_us, reopen_us;
    struct lbx_timer report, checkpoint, prune;
};

static struct lbx_metric consumed = {.name = "records_total",
                                     .help = "Kafka records consumed and committed"};
static struct lbx_metric batches = {.name = "batches_total",
                                    .help = "Transactions committed for consumed records"};
static struct lbx_metric batch_us = {.name = "batch_microseconds_total",
                                     .help = "Time in those transactions"};
static struct lbx_metric batch_records = {
    .type = LBX_HISTOGRAM,
    .name = "batch_records",
    .help = "Records in a transaction",
    .divisor = 1,
    .bounds = {1, 5, 10, 50, 100, 500, 2000},
};
static struct lbx_metric batch_seconds = {
    .type = LBX_HISTOGRAM,
    .name = "batch_seconds",
    .help = "Time from a transaction's begin to its commit",
    .divisor = LBX_SECOND_US,
    .bounds = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000},
};
static struct lbx_metric lag = {
    .type = LBX_GAUGE, .name = "lag_records", .help = "Records in Kafka that are not consumed yet"};
static struct lbx_metric partitions = {
    .type = LBX_GAUGE, .name = "partitions", .help = "Partitions held"};
static struct lbx_metric fenced = {.name = "fenced_total",
                                   .help = "Batches dropped because a newer owner exists"};
static struct lbx_metric *const metrics[] = {&lag,           &partitions, &consumed,
                                             &batches,       &batch_us,   &batch_records,
                                             &batch_seconds, &fenced,     NULL};

static void count_batch(int64_t records, int64_t took_us) {
    lbx_metric_add(&consumed, records);
    lbx_metric_add(&batches, 1);
    lbx_metric_add(&batch_us, took_us);
    lbx_metric_observe(&batch_records, records);
    lbx_metric_observe(&batch_seconds, took_us);
}

/* ---- partitions ---- */

static void count_partitions(struct consume *c) {
    lbx_metric_set(&partitions, c->worker->lane, (int64_t)c->claims.count);
}

static void forget_claims(struct consume *c) {
    lbx_backlog_clear(&c->backlog);
    lbx_claims_done(&c->claims);
    c->state = JOINING;
    c->report.at_us = c->checkpoint.at_us = LBX_NEVER_US;
    count_partitions(c);
}

static void on_given(void *context, const struct lbx_partition *given, size_t count) {
    struct consume *c = context;
    forget_claims(c);
    lbx_claims_set(&c->claims, given, count);
    c->state = GIVEN;
    count_partitions(c);
}

static void on_taken(void *context) {
    forget_claims(context);
}

static bool is_owner(const struct consume *c) {
    return c->state == READING || c->state == PAUSED;
}

/* Claims end with the connection: what became of its last COMMIT is unknown. What is in hand is
 * read again. */
static void check_connection(struct consume *c) {
    const struct lbx_worker *worker = c->worker;
    if (!is_owner(c) || (worker->pg && worker->pg_generation == c->generation))
        return;
    lbx_consumer_pause(c->consumer, true);
    lbx_backlog_clear(&c->backlog);
    c->state = GIVEN;
}

static enum lbx_err assign(struct consume *c) {
    struct lbx_partition *next = lbx_claims_partitions(&c->claims);
    enum lbx_err err = lbx_consumer_assign(c->consumer, next, c->claims.count);
    free(next);
    lbx_consumer_pause(c->consumer, false); /* librdkafka keeps a pause beyond the assignment */
    return err;
}

static void log_taken(const struct consume *c) {
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        lbx_log(LBX_LOG_DEBUG, "partition taken", LBX_S("topic", claim->topic),
                LBX_N("partition", claim->partition), LBX_N("epoch", claim->epoch),
                LBX_N("next_offset", claim->next_offset));
    }
    lbx_log(LBX_LOG_INFO, "partitions taken", LBX_N("count", c->claims.count));
}

static bool must_take(const struct consume *c) {
    return c->state == GIVEN && c->worker->pg;
}

/* Takes the partitions in the database, and reads on from where it says. */
static enum lbx_err take(struct consume *c) {
    enum lbx_err err =
        lbx_offsets_take(c->worker->pg, c->group, c->owner, c->claims.list, c->claims.count);
    if (err == LBX_OK)
        err = assign(c);
    if (err != LBX_OK)
        return err;
    c->state = READING;
    c->generation = c->worker->pg_generation;
    if (c->handler->checkpoint.read && c->claims.count > 0)
        lbx_timer_want(&c->checkpoint); /* what the last owner left */
    log_taken(c);
    return LBX_OK;
}

/* ---- gathering ---- */

static void hold(struct consume *c, struct lbx_message *message) {
    const struct lbx_record *record = lbx_message_record(message);
    const struct lbx_claim *claim = lbx_claims_of(&c->claims, record);
    if (!claim || !is_owner(c) || record->offset < claim->next_offset) {
        lbx_message_free(message);
        return;
    }
    lbx_backlog_add(&c->backlog, message);
}

/* Polls until nothing is there or the batch is full; *ret_more says which. While nothing is fetched
 * a full batch is no reason not to poll: the group would take a member for dead that does not. */
static enum lbx_err gather(struct consume *c, bool *ret_more) {
    *ret_more = false;
    while (!lbx_worker_stopping(c->worker)) {
        struct lbx_message *message;
        *ret_more = c->state == READING && lbx_backlog_full(&c->backlog);
        if (*ret_more)
            return LBX_OK;
        enum lbx_err err = lbx_consumer_poll(c->consumer, &message);
        if (err == LBX_ERR_NOT_FOUND)
            return LBX_OK;
        if (err == LBX_OK)
            hold(c, message);
        else if (err != LBX_ERR_UNAVAILABLE)
            return err;
    }
    return LBX_OK;
}

/* ---- transactions ---- */

static struct lbx_records first_held(struct consume *c, size_t count) {
    lbx_arena_reset(&c->arena);
    return (struct lbx_records){
        .worker = c->worker,
        .group = c->group,
        .arena = &c->arena,
        .list = c->backlog.records,
        .count = count,
        .claims = c->claims.list,
        .claim_count = c->claims.count,
        .refused = c->backlog.refused,
    };
}

static void resume(struct consume *c) {
    c->backoff = (struct lbx_backoff){0};
    if (c->state == PAUSED)
        lbx_consumer_pause(c->consumer, false);
    c->state = READING;
}

static void committed(struct consume *c, size_t count) {
    lbx_claims_advance(&c->claims);
    lbx_backlog_committed(&c->backlog, count);
    lbx_timer_want(&c->report);
    if (c->handler->checkpoint.read)
        lbx_timer_want(&c->checkpoint);
    resume(c);
}

static void back_off(struct consume *c) {
    if (c->state == READING) {
        lbx_consumer_pause(c->consumer, true);
        c->state = PAUSED;
    }
    c->retry_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    lbx_metric_add(&lbx_retries_metric, 1);
}

static void let_go(struct consume *c) {
    lbx_log(LBX_LOG_WARN, "fenced: a newer owner exists", LBX_N("dropped", c->backlog.count));
    lbx_metric_add(&fenced, 1);
    forget_claims(c);
    lbx_consumer_rejoin(c->consumer);
}

/* Whether the database commits anything at all, before a record is blamed. */
static void suspect(struct consume *c) {
    const struct lbx_records none = first_held(c, 0);
    enum lbx_err err = lbx_transact_control(&none, &c->calls);
    lbx_pg_release(c->worker->pg);
    c->backlog.suspected = err == LBX_OK;
    if (err == LBX_ERR_FENCED)
        let_go(c);
    else if (err != LBX_OK)
        back_off(c);
}

/* The database refused the batch for what is in it. Smaller batches find the record at fault, so
 * that it holds up nobody else; refused alone, and again behind a transaction that was committed, it is the
 * handler's, or waits for an operator. */
static void refuse(struct consume *c, size_t count) {
    if (!lbx_backlog_refused(&c->backlog, count))
        return;
    const struct lbx_record *record = c->backlog.records[0];
    lbx_log(LBX_LOG_ERROR, "the database refuses a record", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("sqlstate", c->worker->pg ? lbx_pg_sqlstate(c->worker->pg) : ""));
    if (!c->handler->takes_refused || c->backlog.refused)
        back_off(c);
    else if (c->backlog.suspected)
        c->backlog.refused = true;
    else
        suspect(c);
}

/* The database did not do it, for a reason of its own. Where it answers, fewer records at once find those that it
 * does do. */
static void wait_out(struct consume *c, size_t count) {
    lbx_backlog_acquit(&c->backlog);
    if (lbx_pg_alive(c->worker->pg))
        lbx_backlog_slow(&c->backlog, count);
    back_off(c);
}

static bool may_work(struct consume *c) {
    return is_owner(c) && !lbx_worker_stopping(c->worker) && !lbx_worker_halted(c->worker) &&
           lbx_monotonic_us() >= c->retry_us;
}

static void handle_held(struct consume *c) {
    while (c->backlog.count > 0 && may_work(c)) {
        size_t count = lbx_backlog_next(&c->backlog);
        int64_t began = lbx_monotonic_us();
        lbx_claims_plan(&c->claims, c->backlog.records, count);
        const struct lbx_records records = first_held(c, count);
        enum lbx_err err = lbx_transact_batch(c->handler, &records, &c->calls);
        lbx_pg_release(c->worker->pg);
        if (err == LBX_OK) {
            count_batch((int64_t)count, lbx_monotonic_us() - began);
            committed(c, count);
        } else if (err == LBX_ERR_FENCED) {
            let_go(c);
        } else if (err == LBX_ERR_CONFLICT) {
            lbx_worker_halt(c->worker, c->handler->conflict);
        } else if (err == LBX_ERR_LIMIT && count > 1) {
            lbx_backlog_cut(&c->backlog, count);
        } else if (err == LBX_ERR_UNAVAILABLE) {
            wait_out(c, count);
        } else {
            refuse(c, count);
        }
    }
}

/* A checkpoint that fails holds up no batch: the partitions are read on meanwhile. */
static void make_checkpoint(struct consume *c) {
    if (!lbx_timer_due(&c->checkpoint) || !may_work(c))
        return;
    const struct lbx_records none = first_held(c, 0);
    enum lbx_err err = lbx_transact_checkpoint(c->handler, &none, &c->calls);
    lbx_pg_release(c->worker->pg);
    if (err == LBX_OK) {
        lbx_timer_done(&c->checkpoint);
    } else if (err == LBX_ERR_FENCED) {
        let_go(c);
    } else if (err == LBX_ERR_CONFLICT) {
        lbx_worker_halt(c->worker, c->handler->conflict);
    } else {
        c->checkpoint.at_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
        lbx_metric_add(&lbx_retries_metric, 1);
    }
}

/* Tells Kafka how far the database is. */
static void report(struct consume *c) {
    struct lbx_partition *next = lbx_claims_partitions(&c->claims);
    size_t count = 0;
    for (size_t i = 0; i < c->claims.count; i++)
        if (next[i].next_offset > 0)
            next[count++] = next[i];
    lbx_consumer_report(c->consumer, next, count);
    free(next);
    lbx_timer_done(&c->report);
}

static void prune(struct consume *c) {
    lbx_timer_done(&c->prune);
    lbx_timer_want(&c->prune);
    if (!c->worker->pg)
        return;
    lbx_arena_reset(&c->arena);
    c->calls = (struct lbx_calls){0};
    c->handler->prune(c->handler, &c->arena, &c->calls);
    if (lbx_pg_run(c->worker->pg, &c->calls) != LBX_OK)
        lbx_log(LBX_LOG_WARN, "not pruned");
    lbx_pg_release(c->worker->pg);
}

/* By the ends that came with the last fetch: while the partitions are paused it is what it was. */
static void measure_lag(const struct consume *c) {
    int64_t records = 0;
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        int64_t end = lbx_consumer_end(c->consumer, claim->topic, claim->partition);
        records += claim->epoch > 0 && end > claim->next_offset ? end - claim->next_offset : 0;
    }
    lbx_metric_set(&lag, c->worker->lane, records);
}

/* ---- the client ---- */

static enum lbx_err open_client(struct consume *c) {
    const struct lbx_consumer_events events = {on_given, on_taken};
    enum lbx_err err = lbx_consumer_open(&c->worker->settings, c->worker->name, c->topics,
                                         c->queue_kb, &events, c, &c->consumer);
    if (err == LBX_OK)
        c->state = JOINING;
    return err;
}

static void close_client(struct consume *c) {
    forget_claims(c);
    lbx_consumer_close(c->consumer);
    forget_claims(c); /* closing tells what the group gives and takes meanwhile */
    c->consumer = NULL;
    c->state = NO_CLIENT;
}

/* Another member took this one's name in the group: an instance that goes by the same
 * LOCKBOX_INSTANCE, or, around a broker's restart, this very one's earlier attempt to join. The
 * client is spent; a new one asks again, later. */
static void give_up_client(struct consume *c) {
    close_client(c);
    c->reopen_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    lbx_metric_add(&fenced, 1);
}

/* ---- the part ---- */

enum lbx_err lbx_consume_open(struct lbx_worker *worker, const enum lbx_topic *topics, int queue_kb,
                              struct lbx_handler *handler, void **ret_state) {
    struct consume *c = lbx_calloc(sizeof *c);
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    *c = (struct consume){
        .worker = worker,
        .handler = handler,
        .topics = topics,
        .queue_kb = queue_kb ? queue_kb : DEFAULT_QUEUE_KB,
        .backlog = {.most_records = handler->batch_records, .most_bytes = handler->batch_bytes},
        .report = {REPORT_EVERY_US, .at_us = LBX_NEVER_US},
        .checkpoint = {handler->checkpoint_every_us, .at_us = LBX_NEVER_US},
        .prune = {PRUNE_EVERY_US, lbx_monotonic_us(), LBX_NEVER_US},
    };
    if (handler->prune)
        lbx_timer_want(&c->prune);
    snprintf(c->group, sizeof c->group, "%s%s", worker->settings.group_prefix, worker->name);
    snprintf(c->owner, sizeof c->owner, "%s:%d", host, getpid());
    lbx_arena_init(&c->arena);
    lbx_metrics_register(metrics);
    enum lbx_err err = open_client(c);
    if (err == LBX_OK)
        *ret_state = c;
    else
        lbx_consume_close(c);
    return err;
}

int lbx_consume_fd(void *state) {
    const struct consume *c = state;
    return c->consumer && !lbx_worker_halted(c->worker) ? lbx_consumer_fd(c->consumer) : -1;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t next_wake(const struct consume *c, bool more) {
    int64_t now = lbx_monotonic_us(), wake_us = earlier(c->report.at_us, c->prune.at_us);
    if (more && c->backlog.count == 0)
        return now;
    if (c->backlog.count > 0 || must_take(c))
        wake_us = earlier(wake_us, later(c->retry_us, now + AGAIN_US));
    if (is_owner(c))
        wake_us = earlier(wake_us, later(c->retry_us, c->checkpoint.at_us));
    return wake_us;
}

static enum lbx_err serve_client(struct consume *c, int64_t *ret_wake_us) {
    bool more;
    check_connection(c);
    if (must_take(c) && lbx_monotonic_us() >= c->retry_us && take(c) != LBX_OK)
        back_off(c);
    enum lbx_err err = gather(c, &more);
    if (err == LBX_ERR_FENCED) {
        give_up_client(c);
        *ret_wake_us = c->reopen_us;
        return LBX_OK;
    }
    if (err == LBX_ERR_LIMIT)
        c->trouble =
            "an offset to read on from is not in Kafka's log: records are lost, or the log "
            "was replaced";
    else if (err != LBX_OK)
        return err;
    handle_held(c);
    measure_lag(c);
    make_checkpoint(c);
    if (lbx_timer_due(&c->report))
        report(c);
    if (lbx_timer_due(&c->prune))
        prune(c);
    *ret_wake_us = next_wake(c, more);
    return LBX_OK;
}

enum lbx_err lbx_consume_serve(void *state, int64_t *ret_wake_us) {
    struct consume *c = state;
    if (lbx_worker_halted(c->worker)) {
        *ret_wake_us = LBX_NEVER_US;
        return LBX_OK;
    }
    if (c->state == NO_CLIENT && lbx_monotonic_us() >= c->reopen_us) {
        enum lbx_err err = open_client(c);
        if (err != LBX_OK)
            return err;
    }
    *ret_wake_us = c->reopen_us;
    return c->state == NO_CLIENT ? LBX_OK : serve_client(c, ret_wake_us);
}

const char *lbx_consume_waiting_for(void *state) {
    const struct consume *c = state;
    if (c->trouble)
        return c->trouble;
    switch (c->state) {
    case NO_CLIENT:
    case JOINING:
        return "waiting for Kafka to assign partitions";
    case GIVEN:
        return "waiting for the database to hand over partitions";
    case READING:
        break;
    case PAUSED:
        return c->backoff.failures < FAILURES_TOLD
                   ? NULL
                   : "waiting for the database to take a batch: the log says what it refuses";
    }
    return NULL;
}

void lbx_consume_close(void *state) {
    struct consume *c = state;
    if (c->report.at_us != LBX_NEVER_US)
        report(c);
    close_client(c);
    lbx_backlog_done(&c->backlog);
    lbx_arena_done(&c->arena);
    c->handler->close(c->handler);
    free(c);
}
