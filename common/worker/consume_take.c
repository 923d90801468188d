/* Takes assigned partitions in the database, and drops them. Promises that each is read from the
 * offset in the database, and from no other. Fails: the claims end with a broken connection, and
 * are taken again. */
#include "worker/consume_state.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>

void lbx_consume_forget(struct lbx_consume *c) {
    lbx_backlog_clear(&c->backlog);
    lbx_claims_done(&c->claims);
    c->state = JOINING;
    c->report.at_us = c->checkpoint.at_us = LBX_NEVER_US;
    lbx_consume_count_partitions(c);
}

static void on_given(void *context, const struct lbx_partition *given, size_t count) {
    struct lbx_consume *c = context;
    lbx_consume_forget(c);
    lbx_shares_give(given, count, &c->claims);
    c->state = GIVEN;
    lbx_consume_count_partitions(c);
}

static void on_taken(void *context) {
    lbx_consume_forget(context);
    lbx_shares_take();
}

enum lbx_err lbx_consume_look_at_share(struct lbx_consume *c) {
    struct lbx_claims claims = {0};
    const enum lbx_share share = lbx_shares_read(c->worker->lane, &claims);
    if (share == LBX_SHARE_SAME)
        return LBX_OK;
    lbx_consume_forget(c);
    c->claims = claims;
    if (share == LBX_SHARE_GIVEN)
        c->state = GIVEN;
    lbx_consume_count_partitions(c);
    return lbx_consumer_assign(c->consumer, NULL, 0);
}

bool lbx_consume_is_owner(const struct lbx_consume *c) {
    return c->state == READING || c->state == PAUSED;
}

/* The claims end with the connection, as the outcome of its last COMMIT is unknown. Uncommitted
 * records are read again. */
void lbx_consume_check_connection(struct lbx_consume *c) {
    const struct lbx_worker *worker = c->worker;
    if (!lbx_consume_is_owner(c) || (worker->pg && worker->pg_generation == c->generation))
        return;
    lbx_consume_take_again(c);
}

void lbx_consume_take_again(struct lbx_consume *c) {
    lbx_consumer_pause(c->consumer, true);
    lbx_backlog_clear(&c->backlog);
    c->state = GIVEN;
}

enum lbx_err lbx_consume_assign(struct lbx_consume *c) {
    struct lbx_partition *next = lbx_claims_partitions(&c->claims);
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        next[i].next_offset = lbx_skips_from(&c->skips, claim);
        if (claim->comparing && next[i].next_offset == claim->next_offset)
            next[i].next_offset = claim->last.offset;
        c->claims.list[i].held_end = 0;
    }
    enum lbx_err err = lbx_consumer_assign(c->consumer, next, c->claims.count);
    free(next);
    return err;
}

static void log_taken(const struct lbx_consume *c) {
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        lbx_log(LBX_LOG_DEBUG, "partition taken", LBX_S("topic", claim->topic),
                LBX_N("partition", claim->partition), LBX_N("epoch", claim->epoch),
                LBX_N("next_offset", claim->next_offset));
    }
    lbx_log(LBX_LOG_INFO, "partitions taken", LBX_N("count", c->claims.count));
}

bool lbx_consume_must_take(const struct lbx_consume *c) {
    return c->state == GIVEN && c->worker->pg;
}

/* Compares the offsets with Kafka's. A database restored from an older state would decide events again, with other results. */
static enum lbx_err compare(struct lbx_consume *c) {
    struct lbx_partition *next = lbx_claims_partitions(&c->claims);
    int64_t *committed = lbx_calloc((c->claims.count + 1) * sizeof *committed);
    size_t ahead = 0;
    enum lbx_err err = lbx_consumer_committed(c->consumer, next, c->claims.count, committed);
    if (err == LBX_OK)
        err = lbx_offsets_compare(c->worker->pg, c->group, c->claims.list, committed,
                                  c->claims.count, &ahead);
    if (err == LBX_OK) {
        c->set_back = ahead > 0;
        lbx_metric_set(&lbx_set_back_metric, c->worker->lane, (int64_t)ahead);
    }
    free(committed);
    free(next);
    return err == LBX_OK && ahead > 0 ? LBX_ERR_CONFLICT : err;
}

/* Takes the partitions in the database, and reads from the offsets there. */
enum lbx_err lbx_consume_take(struct lbx_consume *c) {
    enum lbx_err err =
        lbx_offsets_take(c->worker->pg, c->group, c->owner, c->claims.list, c->claims.count);
    if (err == LBX_OK)
        err = compare(c);
    if (err == LBX_OK)
        err = lbx_offsets_skips(c->worker->pg, c->claims.list, c->claims.count, &c->skips);
    if (err == LBX_OK)
        err = lbx_consume_assign(c);
    if (err != LBX_OK)
        return err;
    c->state = READING;
    lbx_timer_want(&c->report);
    c->generation = c->worker->pg_generation;
    if (c->handler->checkpoint.read && c->claims.count > 0)
        lbx_timer_want(&c->checkpoint); /* work that the previous owner left */
    lbx_timer_want(&c->orders);
    lbx_consume_count_partitions(c);
    log_taken(c);
    return LBX_OK;
}

const struct lbx_consumer_events lbx_consume_events = {on_given, on_taken};

/* Commits the database's offsets to Kafka. */
void lbx_consume_report(struct lbx_consume *c) {
    struct lbx_partition *next = lbx_claims_partitions(&c->claims);
    size_t count = 0;
    for (size_t i = 0; i < c->claims.count; i++)
        if (next[i].next_offset > 0)
            next[count++] = next[i];
    lbx_shares_report(next, count);
    free(next);
    lbx_timer_done(&c->report);
}
