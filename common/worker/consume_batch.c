/* Runs one transaction for each batch of held records. Promises each record once, in order
 * within its partition. Fails: an unreachable database is waited for; a refused batch is split
 * down to the record at fault; partitions with a newer epoch are dropped. */
#include "worker/consume_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "worker/transact.h"

static struct lbx_records first_held(struct lbx_consume *c, size_t count) {
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
        .mute = c->backlog.mute,
    };
}

static void resume(struct lbx_consume *c) {
    c->backoff = (struct lbx_backoff){0};
    c->failing_since_us = 0;
    if (c->state == PAUSED)
        lbx_consumer_pause(c->consumer, false);
    c->state = READING;
}

static void committed(struct lbx_consume *c, size_t count) {
    lbx_claims_advance(&c->claims);
    lbx_backlog_committed(&c->backlog, count);
    lbx_timer_want(&c->report);
    if (c->handler->checkpoint.read)
        lbx_timer_want(&c->checkpoint);
    resume(c);
}

void lbx_consume_back_off(struct lbx_consume *c) {
    if (c->state == READING) {
        lbx_consumer_pause(c->consumer, true);
        c->state = PAUSED;
    }
    c->retry_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    lbx_metric_add(&lbx_retries_metric, 1);
}

static void let_go(struct lbx_consume *c) {
    lbx_log(LBX_LOG_WARN, "fenced: a newer owner exists", LBX_N("dropped", c->backlog.count));
    lbx_metric_add(&lbx_fenced_metric, 1);
    lbx_consume_forget(c);
    if (c->worker->lane == 0)
        lbx_consumer_rejoin(c->consumer);
    else
        lbx_shares_ask_anew(c->worker->lane);
}

/* Checks that the database commits other transactions, before a record is suspected. */
static void suspect(struct lbx_consume *c) {
    const struct lbx_records none = first_held(c, 0);
    enum lbx_err err = lbx_transact_control(&none, &c->calls);
    lbx_pg_release(c->worker->pg);
    c->backlog.suspected = err == LBX_OK;
    if (err == LBX_ERR_FENCED)
        let_go(c);
    else if (err != LBX_OK)
        lbx_consume_back_off(c);
}

/* Handles a batch of which the database refused a value. Smaller batches find the record at
 * fault, so that other partitions go on. A record that is refused alone, and again after another
 * transaction committed, goes to the handler, or waits for an operator. */
static void refuse(struct lbx_consume *c, size_t count) {
    if (!lbx_backlog_refused(&c->backlog, count))
        return;
    const struct lbx_record *record = c->backlog.records[0];
    lbx_log(LBX_LOG_ERROR, "the database refuses a record", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("sqlstate", c->worker->pg ? lbx_pg_sqlstate(c->worker->pg) : ""));
    if (!c->handler->takes_refused || c->backlog.mute)
        lbx_consume_back_off(c);
    else if (c->backlog.refused)
        c->backlog.mute = true;
    else if (c->backlog.suspected)
        c->backlog.refused = true;
    else
        suspect(c);
}

/* Handles a transaction that failed for a reason of the database's. If the database answers,
 * smaller batches find out how many records it can process. */
static void wait_out(struct lbx_consume *c, size_t count) {
    lbx_backlog_acquit(&c->backlog);
    if (lbx_pg_alive(c->worker->pg))
        lbx_backlog_slow(&c->backlog, count);
    lbx_consume_back_off(c);
}

static bool may_work(struct lbx_consume *c) {
    return lbx_consume_is_owner(c) && !lbx_worker_stopping(c->worker) &&
           !lbx_worker_halted(c->worker) && lbx_monotonic_us() >= c->retry_us;
}

void lbx_consume_handle(struct lbx_consume *c) {
    while (c->backlog.count > 0 && may_work(c)) {
        size_t count = lbx_backlog_next(&c->backlog);
        int64_t began = lbx_monotonic_us();
        lbx_claims_plan(&c->claims, c->backlog.records, count);
        const struct lbx_records records = first_held(c, count);
        enum lbx_err err = lbx_transact_batch(c->handler, &records, &c->calls);
        lbx_pg_release(c->worker->pg);
        if (err != LBX_OK && !c->failing_since_us)
            c->failing_since_us = began;
        if (err == LBX_OK) {
            lbx_consume_count_batch((int64_t)count, lbx_monotonic_us() - began);
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

/* Runs a checkpoint. If it fails, batches go on. */
void lbx_consume_checkpoint(struct lbx_consume *c) {
    if (!lbx_timer_due(&c->checkpoint) || !may_work(c))
        return;
    const struct lbx_records none = first_held(c, 0);
    enum lbx_err err = lbx_transact_checkpoint(c->handler, &none, &c->calls);
    lbx_pg_release(c->worker->pg);
    if (err == LBX_OK) {
        lbx_timer_done(&c->checkpoint);
        if (c->handler->more_to_checkpoint && c->handler->more_to_checkpoint(c->handler))
            lbx_timer_want(&c->checkpoint);
    } else if (err == LBX_ERR_FENCED) {
        let_go(c);
    } else if (err == LBX_ERR_CONFLICT) {
        lbx_worker_halt(c->worker, c->handler->conflict);
    } else if (err == LBX_ERR_LIMIT) {
        c->checkpoint.at_us = lbx_monotonic_us();
    } else {
        c->checkpoint.at_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
        lbx_metric_add(&lbx_retries_metric, 1);
    }
}

void lbx_consume_prune(struct lbx_consume *c) {
    lbx_timer_done(&c->prune);
    lbx_timer_want(&c->prune);
    if (!c->worker->pg)
        return;
    lbx_arena_reset(&c->arena);
    c->calls = (struct lbx_pg_pipeline){0};
    c->handler->prune(c->handler, &c->arena, &c->calls);
    if (lbx_pg_run(c->worker->pg, &c->calls) != LBX_OK)
        lbx_log(LBX_LOG_WARN, "not pruned");
    else if (c->handler->more_to_prune(c->worker->pg))
        c->prune.at_us = lbx_monotonic_us() + LBX_SECOND_US;
    lbx_pg_release(c->worker->pg);
}
