/* The loop of the consuming part: joins the group, polls records, and has batches handled.
 * Promises that Kafka is polled whatever else is down, so that the group keeps this member.
 * Fails: a client that was fenced is replaced, and joins again. */
#include "worker/consume_state.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEFAULT_QUEUE_KB = 16384, FAILURES_TOLD = 4 };
#define FAILING_MOST_US (10 * LBX_SECOND_US)
#define REPORT_EVERY_US LBX_SECOND_US
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)
#define ORDERS_EVERY_US (5 * LBX_SECOND_US)
#define AGAIN_US (10 * LBX_MS_US)

/* ---- gathering ---- */

static void hold(struct lbx_consume *c, struct lbx_message *message) {
    const struct lbx_record *record = lbx_message_record(message);
    struct lbx_claim *claim = lbx_claims_of(&c->claims, record);
    if (claim && claim->log)
        lbx_message_set_log(message, claim->log);
    if (claim) {
        claim->handed++;
        lbx_consume_compare(c, claim, record);
    }
    if (!claim || !lbx_consume_is_owner(c) || record->offset < claim->next_offset ||
        !lbx_consume_wants(c, claim, record)) {
        lbx_message_free(message);
        return;
    }
    lbx_backlog_add(&c->backlog, message);
}

/* Polls until there is no record, or the batch is full, as *ret_more says. While partitions are paused it
 * polls also with a full batch, as the group expels a member that does not poll for max.poll.interval.ms. */
static enum lbx_err gather(struct lbx_consume *c, bool *ret_more) {
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
        else if (err == LBX_ERR_INVALID || err == LBX_ERR_LIMIT)
            lbx_consume_trouble(c, err);
        else if (err != LBX_ERR_UNAVAILABLE)
            return err;
    }
    return LBX_OK;
}

/* ---- the client ---- */

static enum lbx_err open_client(struct lbx_consume *c) {
    enum lbx_err err =
        lbx_consumer_open(&c->worker->settings, c->worker->name, c->topics, c->queue_kb,
                          c->worker->lane == 0 ? &lbx_consume_events : NULL, c, &c->consumer);
    if (err != LBX_OK)
        return err;
    lbx_shares_open(c->worker->lane, c->consumer);
    c->state = JOINING;
    return LBX_OK;
}

static void close_client(struct lbx_consume *c) {
    lbx_consume_forget(c);
    lbx_shares_close(c->worker->lane);
    lbx_consumer_close(c->consumer);
    lbx_consume_forget(c); /* closing the client may call given() and taken() */
    c->consumer = NULL;
    c->state = NO_CLIENT;
}

/* Closes a fenced client: another member joined with the same group.instance.id. That is another
 * process with the same LOCKBOX_INSTANCE, or this client's earlier attempt to join while a
 * broker restarted. A new client joins later. */
static void give_up_client(struct lbx_consume *c) {
    close_client(c);
    c->reopen_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    lbx_metric_add(&lbx_fenced_metric, 1);
}

/* ---- the part ---- */

enum lbx_err lbx_consume_open(struct lbx_worker *worker, const enum lbx_topic *topics, int queue_kb,
                              struct lbx_handler *handler, void **ret_state) {
    struct lbx_consume *c = lbx_calloc(sizeof *c);
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    *c = (struct lbx_consume){
        .worker = worker,
        .handler = handler,
        .topics = topics,
        .queue_kb = queue_kb ? queue_kb : DEFAULT_QUEUE_KB,
        .backlog = {.most_records = handler->batch_records, .most_bytes = handler->batch_bytes},
        .report = {REPORT_EVERY_US, .at_us = LBX_NEVER_US},
        .checkpoint = {handler->checkpoint_every_us, .at_us = LBX_NEVER_US},
        .prune = {PRUNE_EVERY_US, lbx_monotonic_us(), LBX_NEVER_US},
        .orders = {ORDERS_EVERY_US, lbx_monotonic_us(), LBX_NEVER_US},
    };
    if (handler->prune)
        lbx_timer_want(&c->prune);
    snprintf(c->group, sizeof c->group, "%s%s", worker->settings.group_prefix, worker->name);
    snprintf(c->owner, sizeof c->owner, "%s:%d", host, getpid());
    lbx_arena_init(&c->arena);
    lbx_metrics_register(lbx_consume_metrics);
    enum lbx_err err = open_client(c);
    if (err == LBX_OK)
        *ret_state = c;
    else
        lbx_consume_close(c);
    return err;
}

int lbx_consume_fd(void *state) {
    const struct lbx_consume *c = state;
    return c->consumer && !lbx_worker_halted(c->worker) ? lbx_consumer_fd(c->consumer) : -1;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t next_wake(const struct lbx_consume *c, bool more) {
    int64_t now = lbx_monotonic_us(), wake_us = earlier(c->report.at_us, c->prune.at_us);
    wake_us = earlier(wake_us, c->orders.at_us);
    if (more && c->backlog.count == 0)
        return now;
    if (c->backlog.count > 0 || lbx_consume_must_take(c))
        wake_us = earlier(wake_us, later(c->retry_us, now + AGAIN_US));
    if (lbx_consume_is_owner(c))
        wake_us = earlier(wake_us, later(c->retry_us, c->checkpoint.at_us));
    return wake_us;
}

/* Reads requests of other lanes, or a new share of partitions for this lane. */
static enum lbx_err hear_lanes(struct lbx_consume *c) {
    if (c->worker->lane > 0)
        return lbx_consume_look_at_share(c);
    if (lbx_shares_asked())
        lbx_consumer_rejoin(c->consumer);
    return LBX_OK;
}

static enum lbx_err serve_client(struct lbx_consume *c, int64_t *ret_wake_us) {
    bool more;
    enum lbx_err err = hear_lanes(c);
    if (err != LBX_OK)
        return err;
    lbx_consume_check_connection(c);
    const bool takes = lbx_consume_must_take(c) && lbx_monotonic_us() >= c->retry_us;
    if (takes && lbx_consume_take(c) != LBX_OK)
        lbx_consume_back_off(c);
    err = gather(c, &more);
    if (err == LBX_ERR_FENCED) {
        give_up_client(c);
        *ret_wake_us = c->reopen_us;
        return LBX_OK;
    }
    if (err != LBX_OK)
        return err;
    lbx_consume_handle(c);
    lbx_consume_measure_lag(c);
    lbx_consume_look_for_still(c);
    if (!takes) /* after a take the loop turns once before longer work */
        lbx_consume_checkpoint(c);
    if (lbx_timer_due(&c->report))
        lbx_consume_report(c);
    if (lbx_timer_due(&c->prune))
        lbx_consume_prune(c);
    if (lbx_timer_due(&c->orders)) {
        lbx_consume_ask_ends(c);
        lbx_consume_obey(c);
    }
    *ret_wake_us = next_wake(c, more);
    return LBX_OK;
}

enum lbx_err lbx_consume_serve(void *state, int64_t *ret_wake_us) {
    struct lbx_consume *c = state;
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

/* Whether no batch was committed for ten seconds, though several attempts, each of them shorter, were made. */
static bool is_failing(const struct lbx_consume *c) {
    return (c->state == PAUSED && c->backoff.failures >= FAILURES_TOLD) ||
           (c->failing_since_us && c->backlog.count > 0 &&
            lbx_monotonic_us() - c->failing_since_us > FAILING_MOST_US);
}

static const char *reading_waits_for(const struct lbx_consume *c) {
    const char *still = lbx_consume_still(c);
    if (still || !c->handler->waiting_for)
        return still;
    return c->handler->waiting_for(c->handler);
}

const char *lbx_consume_waiting_for(void *state) {
    struct lbx_consume *c = state;
    const char *stopped = lbx_consume_stopped(c);
    if (stopped)
        return stopped;
    if (c->set_back && c->state == GIVEN)
        return "the database was set back: Kafka's committed offset is ahead of it; see lockboxctl "
               "offsets accept";
    if (c->consumer && lbx_consumer_away_since_us(c->consumer))
        return "waiting for Kafka: no broker is connected";
    switch (c->state) {
    case NO_CLIENT:
    case JOINING:
        return "waiting for Kafka to assign partitions";
    case GIVEN:
        return "waiting for the database to hand over partitions";
    case READING:
    case PAUSED:
        if (is_failing(c))
            return "waiting for the database to take a batch: the log says what it refuses";
        return c->state == READING ? reading_waits_for(c) : NULL;
    }
    return NULL;
}

void lbx_consume_close(void *state) {
    struct lbx_consume *c = state;
    if (c->report.at_us != LBX_NEVER_US)
        lbx_consume_report(c);
    close_client(c);
    lbx_backlog_done(&c->backlog);
    lbx_skips_done(&c->skips);
    lbx_arena_done(&c->arena);
    c->handler->close(c->handler);
    free(c);
}
