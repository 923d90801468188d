/* Stops partitions that cannot be read, and skips offsets by operators' orders. Promises that a
 * stopped partition stops no other, and that no offset is skipped without an order. Fails:
 * orders that cannot be read now are read later. */
#include "worker/consume_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text_pool.h"

#include <string.h>

/* Errors in a row that stop a partition. A new leader, or a broker's shutdown, makes a few errors, too. */
enum { FAILURES_MOST = 3 };
#define FAILING_MOST_US (3 * LBX_SECOND_US)

static const char not_in_log[] =
    "an offset to read on from is not in Kafka's log: records are lost, or the log was replaced";
static const char replaced[] =
    "another record stands there than was read: Kafka's log was replaced";
static const char hole[] = "too many offsets hold no record there";
static const char unreadable[] = "its records cannot be read";

static void stop(struct lbx_consume *c, struct lbx_claim *claim, const char *why,
                 const char *code) {
    claim->stopped = why;
    lbx_consume_count_partitions(c);
    lbx_log(LBX_LOG_ERROR, "partition stopped", LBX_S("topic", claim->topic),
            LBX_N("partition", claim->partition), LBX_N("offset", claim->stopped_at),
            LBX_S("reason", why), LBX_S("code", code));
}

static void go_on(struct lbx_consume *c, struct lbx_claim *claim) {
    claim->failures = 0;
    if (!claim->stopped)
        return;
    claim->stopped = NULL;
    lbx_consume_count_partitions(c);
    lbx_log(LBX_LOG_INFO, "partition goes on", LBX_S("topic", claim->topic),
            LBX_N("partition", claim->partition));
}

/* Whether too many offsets have no record. The log start offset does not count, only gaps between records. */
static bool is_far(const struct lbx_consume *c, const struct lbx_claim *claim, int64_t offset) {
    int64_t next = claim->held_end ? claim->held_end : claim->next_offset;
    return c->handler->hole_most && next > 0 && offset - next > c->handler->hole_most;
}

void lbx_consume_compare(struct lbx_consume *c, struct lbx_claim *claim,
                         const struct lbx_record *record) {
    struct lbx_read_record found;
    if (!claim->comparing)
        return;
    claim->comparing = false;
    if (record->offset != claim->last.offset) /* deleted by retention or compaction */
        return;
    lbx_claims_note(record, &found);
    if (memcmp(found.hash, claim->last.hash, sizeof found.hash) == 0)
        return;
    claim->stopped_at = record->offset;
    stop(c, claim, replaced, "");
}

/* Whether retention deleted the record that was committed last. Then there is nothing to compare, and reading goes on. */
static bool is_gone(struct lbx_consume *c, struct lbx_claim *claim) {
    int64_t first = 0;
    if (!claim->comparing ||
        lbx_consumer_first(c->consumer, claim->topic, claim->partition, &first) != LBX_OK ||
        first <= claim->last.offset)
        return false;
    claim->comparing = false;
    lbx_backlog_clear(&c->backlog);
    return lbx_consume_assign(c) == LBX_OK;
}

bool lbx_consume_wants(struct lbx_consume *c, struct lbx_claim *claim,
                       const struct lbx_record *record) {
    if (claim->failures)
        go_on(c, claim);
    if (claim->stopped || lbx_skips_hold(&c->skips, claim->topic, claim->partition, record->offset))
        return false;
    if (is_far(c, claim, record->offset)) {
        claim->stopped_at = claim->held_end ? claim->held_end : claim->next_offset;
        stop(c, claim, hole, "");
        return false;
    }
    claim->held_end = record->offset + 1;
    return true;
}

void lbx_consume_trouble(struct lbx_consume *c, enum lbx_err kind) {
    const struct lbx_trouble *trouble = lbx_consumer_trouble(c->consumer);
    struct lbx_claim *claim =
        lbx_claim_find(c->claims.list, c->claims.count, trouble->topic, trouble->partition);
    if (!claim || claim->stopped || (kind == LBX_ERR_LIMIT && is_gone(c, claim)))
        return;
    if (kind == LBX_ERR_LIMIT)
        claim->failures = 0; /* none of its records is fetched any more */
    else if (claim->failures++ == 0)
        claim->failing_since_us = lbx_monotonic_us();
    claim->stopped_at = trouble->offset >= 0 ? trouble->offset : claim->next_offset;
    if (kind == LBX_ERR_LIMIT)
        stop(c, claim, not_in_log, trouble->code);
    else if (claim->failures >= FAILURES_MOST &&
             lbx_monotonic_us() - claim->failing_since_us >= FAILING_MOST_US)
        stop(c, claim, unreadable, trouble->code);
}

/* ---- orders ---- */

static bool is_stuck(const struct lbx_consume *c, const struct lbx_claim *claim) {
    return (claim->stopped || claim->failures) &&
           lbx_skips_from(&c->skips, claim) > claim->next_offset;
}

/* Skips the ordered offsets: uncommitted records are read again. */
static void step_over(struct lbx_consume *c) {
    lbx_backlog_clear(&c->backlog);
    if (lbx_consume_assign(c) != LBX_OK)
        return;
    for (size_t i = 0; i < c->claims.count; i++)
        if (is_stuck(c, &c->claims.list[i])) {
            lbx_log(LBX_LOG_WARN, "offsets stepped over at an operator's order",
                    LBX_S("topic", c->claims.list[i].topic),
                    LBX_N("partition", c->claims.list[i].partition),
                    LBX_N("first", c->claims.list[i].next_offset),
                    LBX_N("next", lbx_skips_from(&c->skips, &c->claims.list[i])));
            go_on(c, &c->claims.list[i]);
        }
}

void lbx_consume_obey(struct lbx_consume *c) {
    lbx_timer_done(&c->orders);
    lbx_timer_want(&c->orders);
    if (!lbx_consume_is_owner(c) || !c->worker->pg)
        return;
    enum lbx_err err = lbx_offsets_skips(c->worker->pg, c->claims.list, c->claims.count, &c->skips);
    lbx_pg_release(c->worker->pg);
    bool stuck = false;
    for (size_t i = 0; err == LBX_OK && i < c->claims.count; i++)
        stuck |= is_stuck(c, &c->claims.list[i]);
    if (err == LBX_OK && c->skips.replaced)
        lbx_consume_take_again(c);
    else if (stuck)
        step_over(c);
}

/* ---- partitions that do not move ---- */

/* Statistics tell of it every five seconds: a partition that does not move is named within ten. */
#define STILL_MOST_US (5 * LBX_SECOND_US)
#define READ_AGAIN_US (10 * LBX_SECOND_US)
enum { READ_AGAIN_DOUBLED_MOST = 4 };

static int64_t dropped(const struct lbx_claim *claim, const struct lbx_fetching *it) {
    return (it ? it->received : 0) - claim->handed;
}

/* Sets what `dropped` is compared with: records received before the assignment, or while no record is left, were not
 * dropped. Statistics are older than the records handed out, so that the count may be too low, never too high. */
static void note_dropped(struct lbx_claim *claim, const struct lbx_fetching *it, int64_t end) {
    const bool behind = end > (claim->held_end ? claim->held_end : claim->next_offset);
    if (!claim->dropped_known || (!behind && dropped(claim, it) > claim->dropped))
        claim->dropped = dropped(claim, it);
    claim->dropped_known = true;
}

/* Whether a partition makes no progress: nothing is fetched, or the client dropped what it fetched (librdkafka 2.0 may take
 * records for outdated, and fetch behind them). Otherwise the remaining offsets hold no records, such as transaction markers. */
static bool is_still(const struct lbx_consume *c, const struct lbx_claim *claim,
                     const struct lbx_fetching *it, int64_t end) {
    if (!it || claim->stopped || c->state != READING)
        return false;
    return !it->has_leader || (claim->held_end <= claim->next_offset &&
                               (end > it->next_offset ||
                                (end > claim->next_offset && dropped(claim, it) > claim->dropped)));
}

static bool is_lost(const struct lbx_consume *c, const struct lbx_claim *claim, int64_t since_us) {
    const int64_t now = lbx_monotonic_us();
    return lbx_consumer_fetching(c->consumer, claim->topic, claim->partition)->has_leader &&
           now - since_us > READ_AGAIN_US && now > claim->read_again_us;
}

/* Assigns a partition anew, as librdkafka 2.0 may lose a fetch around a pause or a new start
 * offset. A slow fetch must have time to complete: the wait doubles with each attempt. Offsets
 * and claims stay as they are. */
static void read_again(struct lbx_consume *c, struct lbx_claim *claim) {
    lbx_log(LBX_LOG_WARN, "partition does not move: reading again", LBX_S("topic", claim->topic),
            LBX_N("partition", claim->partition), LBX_N("offset", claim->next_offset));
    claim->read_again += claim->read_again < READ_AGAIN_DOUBLED_MOST;
    claim->read_again_us = lbx_monotonic_us() + (READ_AGAIN_US << claim->read_again);
    claim->dropped =
        dropped(claim, lbx_consumer_fetching(c->consumer, claim->topic, claim->partition));
    lbx_backlog_clear(&c->backlog);
    if (lbx_consume_assign(c) != LBX_OK)
        lbx_consume_take_again(c);
}

void lbx_consume_look_for_still(struct lbx_consume *c) {
    for (size_t i = 0; i < c->claims.count; i++) {
        struct lbx_claim *claim = &c->claims.list[i];
        const struct lbx_fetching *it =
            lbx_consumer_fetching(c->consumer, claim->topic, claim->partition);
        const int64_t end = lbx_consumer_end(c->consumer, claim->topic, claim->partition);
        note_dropped(claim, it, end);
        const int64_t since_us = claim->still_since_us       ? claim->still_since_us
                                 : it && it->silent_since_us ? it->silent_since_us
                                                             : lbx_monotonic_us();
        const bool still = is_still(c, claim, it, end) &&
                           (!claim->still_since_us || claim->still_at == claim->next_offset);
        if (claim->still_at != claim->next_offset)
            claim->read_again = 0;
        claim->still_since_us = still ? since_us : 0;
        claim->still_at = claim->next_offset;
        if (still && is_lost(c, claim, since_us)) {
            read_again(c, claim);
            return;
        }
    }
}

const char *lbx_consume_still(const struct lbx_consume *c) {
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        if (claim->still_since_us && lbx_monotonic_us() - claim->still_since_us > STILL_MOST_US)
            return lbx_text_kept("partition %s/%d does not move: Kafka hands out nothing from "
                                 "offset %lld on",
                                 claim->topic, claim->partition, (long long)claim->next_offset);
    }
    return NULL;
}

const char *lbx_consume_stopped(struct lbx_consume *c) {
    for (size_t i = 0; i < c->claims.count; i++) {
        const struct lbx_claim *claim = &c->claims.list[i];
        if (claim->stopped)
            return lbx_text_kept("partition %s/%d is stopped at offset %lld: %s", claim->topic,
                                 claim->partition, (long long)claim->stopped_at, claim->stopped);
    }
    return NULL;
}
