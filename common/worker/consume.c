#include "worker/consume.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/time.h"
#include "io/consumer.h"
#include "store/offsets.h"
#include "worker/transact.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A batch holds this much at most, whatever its number of records. */
enum { BATCH_BYTES = 8 << 20, DEFAULT_QUEUE_KB = 16384 };
#define HALTED_BY_CONFLICT                                                                         \
    "the audit store contradicts itself or Kafka's log: the worker's log says where"
#define REPORT_EVERY_US LBX_SECOND_US
#define PRUNE_EVERY_US (60 * LBX_SECOND_US)

struct consume {
    struct lbx_worker *worker;
    const struct lbx_consume *declaration;
    struct lbx_consumer *consumer;
    char group[256], owner[128];
    struct lbx_arena arena;
    struct lbx_calls calls; /* of the transaction under way; large */
    void *kept;

    struct lbx_claim *claims; /* the partitions given to this member */
    size_t claim_count;
    struct lbx_claim *last_claim; /* found; the next record is mostly of the same */
    bool given;                   /* the group has answered at least once */
    bool taken;                   /* the claims hold in the database, as of taken_generation */
    bool assigned;                /* the client was told where to start */
    int64_t taken_generation;

    struct lbx_message **held; /* records in hand, not committed */
    size_t held_count, held_cap, held_bytes;
    size_t slice; /* handle so many at once; fewer after a batch the database refused */
    bool
        stuck; /* where to read on is not in the log: nothing is consumed until an operator looks */
    bool suspect; /* the first record was refused alone: quarantine it */

    bool paused;
    struct lbx_backoff backoff;
    int64_t retry_us, report_us, prune_us;
    int64_t tend_us; /* when to tend next, if there is something to tend */
    bool tend_due;
    int64_t reopen_us; /* when to open the client again, while there is none */
    bool report_due;
};

static size_t most_records(const struct consume *c) {
    return c->declaration->append.write ? LBX_RAW_BATCH_RECORDS
                                        : (size_t)c->worker->settings.batch_records;
}

static size_t most_bytes(const struct consume *c) {
    return c->declaration->append.write ? LBX_RAW_BATCH_BYTES : BATCH_BYTES;
}

/* ---- partitions ---- */

static void drop_held(struct consume *c) {
    for (size_t i = 0; i < c->held_count; i++)
        lbx_message_free(c->held[i]);
    c->held_count = c->held_bytes = 0;
    c->slice = most_records(c);
    c->suspect = false;
}

static void forget_claims(struct consume *c) {
    drop_held(c);
    for (size_t i = 0; i < c->claim_count; i++)
        free(c->claims[i].topic);
    free(c->claims);
    c->claims = c->last_claim = NULL;
    c->claim_count = 0;
    c->taken = c->assigned = c->paused = c->report_due = c->tend_due = false;
    atomic_store(&c->worker->metrics.partitions, 0);
}

static void on_given(void *context, const struct lbx_partition *partitions, size_t count) {
    struct consume *c = context;
    forget_claims(c);
    c->claims = calloc(count + 1, sizeof *c->claims);
    if (!c->claims)
        abort();
    for (size_t i = 0; i < count; i++)
        c->claims[i] =
            (struct lbx_claim){.topic = strdup(partitions[i].topic), .partition = partitions[i].id};
    c->claim_count = count;
    c->given = true;
    atomic_store(&c->worker->metrics.partitions, (int64_t)count);
}

static void on_taken(void *context) {
    forget_claims(context);
    ((struct consume *)context)->given = false;
}

static bool is_of(const struct lbx_claim *claim, const struct lbx_record *record) {
    return claim->partition == record->partition && strcmp(claim->topic, record->topic_name) == 0;
}

static struct lbx_claim *claim_of(struct consume *c, const struct lbx_record *record) {
    if (c->last_claim && is_of(c->last_claim, record))
        return c->last_claim;
    for (size_t i = 0; i < c->claim_count; i++)
        if (is_of(&c->claims[i], record))
            return c->last_claim = &c->claims[i];
    return NULL;
}

static enum lbx_err assign(struct consume *c) {
    struct lbx_partition *partitions = calloc(c->claim_count + 1, sizeof *partitions);
    if (!partitions)
        abort();
    for (size_t i = 0; i < c->claim_count; i++)
        partitions[i] = (struct lbx_partition){c->claims[i].topic, c->claims[i].partition,
                                               c->claims[i].next_offset};
    enum lbx_err err = lbx_consumer_assign(c->consumer, partitions, c->claim_count);
    free(partitions);
    return err;
}

/* Whether the partitions are held as of this connection. */
static bool holds(const struct consume *c) {
    return c->worker->pg && c->taken && c->taken_generation == c->worker->pg_generation;
}

static bool must_take(const struct consume *c) {
    return c->given && c->worker->pg && !holds(c);
}

/* Takes the partitions in the database: after the group gave them, and again on each new connection,
 * since the last COMMIT's outcome may be unknown. What is in hand starts over from what the database
 * says. */
static enum lbx_err take(struct consume *c) {
    if (!must_take(c))
        return LBX_OK;
    enum lbx_err err =
        lbx_offsets_take(c->worker->pg, c->group, c->owner, c->claims, c->claim_count);
    if (err != LBX_OK)
        return err;
    c->tend_due = c->declaration->tend.write && c->claim_count > 0; /* what the last owner left */
    drop_held(c);
    c->paused = false;
    err = assign(c);
    lbx_consumer_pause(c->consumer, false); /* librdkafka keeps a pause beyond the assignment */
    c->taken = c->assigned = err == LBX_OK;
    c->taken_generation = c->worker->pg_generation;
    for (size_t i = 0; i < c->claim_count; i++)
        lbx_log(LBX_LOG_DEBUG, "partition taken", LBX_S("topic", c->claims[i].topic),
                LBX_N("partition", c->claims[i].partition), LBX_N("epoch", c->claims[i].epoch),
                LBX_N("next_offset", c->claims[i].next_offset));
    lbx_log(LBX_LOG_INFO, "partitions taken", LBX_N("count", c->claim_count));
    return err;
}

/* ---- gathering ---- */

static void hold(struct consume *c, struct lbx_message *message) {
    const struct lbx_record *record = lbx_message_record(message);
    const struct lbx_claim *claim = claim_of(c, record);
    if (!claim || !c->assigned || record->offset < claim->next_offset) {
        lbx_message_free(message);
        return;
    }
    if (c->held_count == c->held_cap) {
        c->held_cap = c->held_cap ? c->held_cap * 2 : 64;
        c->held = realloc(c->held, sizeof *c->held * c->held_cap);
        if (!c->held)
            abort();
    }
    c->held[c->held_count++] = message;
    c->held_bytes += record->value_len + record->key_len;
}

/* Polls until nothing is there or the batch is full; *ret_more says which. */
static enum lbx_err gather(struct consume *c, bool *ret_more) {
    *ret_more = false;
    while (!lbx_worker_stopping(c->worker)) {
        struct lbx_message *message;
        if (c->held_count >= most_records(c) || c->held_bytes >= most_bytes(c)) {
            *ret_more = true;
            return LBX_OK;
        }
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

/* ---- one transaction ---- */

static void plan_offsets(struct consume *c, size_t count) {
    for (size_t i = 0; i < c->claim_count; i++)
        c->claims[i].batch_end = c->claims[i].next_offset;
    for (size_t i = 0; i < count; i++) {
        const struct lbx_record *record = lbx_message_record(c->held[i]);
        claim_of(c, record)->batch_end = record->offset + 1;
    }
}

static struct lbx_transaction transaction(struct consume *c) {
    return (struct lbx_transaction){
        .worker = c->worker,
        .declaration = c->declaration,
        .group = c->group,
        .claims = c->claims,
        .claim_count = c->claim_count,
        .kept = c->kept,
        .arena = &c->arena,
        .calls = &c->calls,
    };
}

static enum lbx_err transact(struct consume *c, size_t count) {
    const struct lbx_transaction t = transaction(c);
    lbx_arena_reset(&c->arena);
    struct lbx_input_event *inputs = LBX_ARENA_ARRAY(&c->arena, struct lbx_input_event, count);
    for (size_t i = 0; i < count; i++)
        inputs[i].record = lbx_message_record(c->held[i]);
    plan_offsets(c, count);
    return lbx_transact(&t, inputs, count, c->suspect);
}

/* ---- after it ---- */

static void done(struct consume *c, size_t count) {
    for (size_t i = 0; i < c->claim_count; i++)
        c->claims[i].next_offset = c->claims[i].batch_end;
    for (size_t i = 0; i < count; i++) {
        const struct lbx_record *record = lbx_message_record(c->held[i]);
        c->held_bytes -= record->value_len + record->key_len;
        lbx_message_free(c->held[i]);
    }
    c->held_count -= count;
    memmove(c->held, c->held + count, sizeof *c->held * c->held_count);
    c->backoff = (struct lbx_backoff){0};
    c->slice = most_records(c);
    c->suspect = false;
    c->report_due = true;
    c->tend_due = c->declaration->tend.write != NULL;
    if (c->paused)
        lbx_consumer_pause(c->consumer, c->paused = false);
    if (c->declaration->committed)
        c->declaration->committed(c->worker);
}

static void wait_out(struct consume *c) {
    if (!c->paused && c->assigned)
        lbx_consumer_pause(c->consumer, c->paused = true);
    c->retry_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    atomic_fetch_add(&c->worker->metrics.retries, 1);
}

/* The database refused the batch for what is in it. Smaller slices find the record; alone, it goes to
 * quarantine, and nobody else is held up. A raw consumer has no quarantine: it waits, and says so. */
static void refused(struct consume *c, size_t count) {
    if (count > 1) {
        c->slice = count > 8 ? count / 8 : 1;
        return;
    }
    const struct lbx_record *record = lbx_message_record(c->held[0]);
    lbx_log(LBX_LOG_ERROR, "the database refuses a record", LBX_S("topic", record->topic_name),
            LBX_N("partition", record->partition), LBX_N("offset", record->offset),
            LBX_S("sqlstate", c->worker->pg ? lbx_pg_sqlstate(c->worker->pg) : ""));
    if (c->declaration->append.write || c->suspect)
        wait_out(c);
    c->suspect = !c->declaration->append.write;
}

static void let_go(struct consume *c) {
    lbx_log(LBX_LOG_WARN, "fenced: a newer owner exists", LBX_N("dropped", c->held_count));
    atomic_fetch_add(&c->worker->metrics.fenced, 1);
    forget_claims(c);
    c->given = false;
    lbx_consumer_rejoin(c->consumer);
}

static bool may_work(struct consume *c) {
    return holds(c) && !lbx_worker_stopping(c->worker) && !lbx_worker_halted(c->worker) &&
           lbx_monotonic_us() >= c->retry_us;
}

static void handle_held(struct consume *c) {
    while (c->held_count > 0 && may_work(c)) {
        size_t count = c->held_count < c->slice ? c->held_count : c->slice;
        int64_t began = lbx_monotonic_us();
        enum lbx_err err = transact(c, count);
        lbx_pg_release(c->worker->pg);
        if (err == LBX_OK) {
            lbx_metrics_batch(&c->worker->metrics, (int64_t)count, lbx_monotonic_us() - began);
            done(c, count);
        } else if (err == LBX_ERR_FENCED) {
            let_go(c);
        } else if (err == LBX_ERR_CONFLICT) {
            lbx_worker_halt(c->worker, HALTED_BY_CONFLICT);
        } else if (err == LBX_ERR_UNAVAILABLE || lbx_pg_misfit(c->worker->pg)) {
            wait_out(c);
        } else {
            refused(c, count);
        }
    }
}

/* ---- what a raw consumer does beside its batches ---- */

/* What is new was appended before, so the partitions are held as of this connection. */
static void tend(struct consume *c) {
    if (!c->tend_due || !may_work(c) || lbx_monotonic_us() < c->tend_us)
        return;
    const struct lbx_transaction t = transaction(c);
    lbx_arena_reset(&c->arena);
    enum lbx_err err = lbx_transact_tending(&t);
    lbx_pg_release(c->worker->pg);
    if (err == LBX_OK) {
        c->tend_due = false;
        c->tend_us = lbx_monotonic_us() + c->declaration->tend_every_us(&c->worker->settings);
    } else if (err == LBX_ERR_FENCED) {
        let_go(c);
    } else if (err == LBX_ERR_CONFLICT) {
        lbx_worker_halt(c->worker, HALTED_BY_CONFLICT);
    } else {
        c->tend_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff); /* and reads on */
        atomic_fetch_add(&c->worker->metrics.retries, 1);
    }
}

static void report(struct consume *c, bool now) {
    if (!c->report_due || (!now && lbx_monotonic_us() < c->report_us))
        return;
    struct lbx_partition *partitions = calloc(c->claim_count + 1, sizeof *partitions);
    if (!partitions)
        abort();
    size_t count = 0;
    for (size_t i = 0; i < c->claim_count; i++)
        if (c->claims[i].next_offset > 0)
            partitions[count++] = (struct lbx_partition){c->claims[i].topic, c->claims[i].partition,
                                                         c->claims[i].next_offset};
    lbx_consumer_report(c->consumer, partitions, count);
    free(partitions);
    c->report_due = false;
    c->report_us = lbx_monotonic_us() + REPORT_EVERY_US;
}

static void prune(struct consume *c) {
    if (lbx_monotonic_us() < c->prune_us)
        return;
    c->prune_us = lbx_monotonic_us() + PRUNE_EVERY_US;
    if (!c->worker->pg)
        return;
    struct lbx_calls calls = {0};
    lbx_arena_reset(&c->arena);
    lbx_inbox_prune(&calls, &c->arena, c->worker->settings.inbox_ttl);
    if (lbx_pg_run(c->worker->pg, &calls) != LBX_OK)
        lbx_log(LBX_LOG_WARN, "inbox not pruned");
    lbx_pg_release(c->worker->pg);
}

/* ---- the part ---- */

static enum lbx_err open_client(struct consume *c) {
    const struct lbx_consumer_events events = {on_given, on_taken};
    int queue_kb = c->declaration->queue_kb ? c->declaration->queue_kb : DEFAULT_QUEUE_KB;
    return lbx_consumer_open(&c->worker->settings, c->worker->name, c->declaration->topics,
                             queue_kb, &events, c, &c->consumer);
}

/* Another member took this one's name in the group: an instance that goes by the same LOCKBOX_INSTANCE,
 * or, around a broker's restart, this very one's earlier attempt to join. The client is spent; a new
 * one asks again, a while later. */
static void give_up_client(struct consume *c) {
    forget_claims(c);
    lbx_consumer_close(c->consumer);
    forget_claims(c);
    c->consumer = NULL;
    c->given = false;
    c->reopen_us = lbx_monotonic_us() + lbx_backoff_next_us(&c->backoff);
    atomic_fetch_add(&c->worker->metrics.fenced, 1);
}

static enum lbx_err consume_open(struct lbx_worker *worker, const void *declaration,
                                 void **ret_state) {
    struct consume *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    c->worker = worker;
    c->declaration = declaration;
    c->slice = most_records(c);
    c->kept = calloc(1, c->declaration->kept_size + 1);
    if (!c->kept)
        abort();
    c->prune_us = c->declaration->append.write ? LBX_NEVER_US : lbx_monotonic_us() + PRUNE_EVERY_US;
    snprintf(c->group, sizeof c->group, "%s%s", worker->settings.group_prefix, worker->name);
    snprintf(c->owner, sizeof c->owner, "%s:%d", host, getpid());
    lbx_arena_init(&c->arena);
    enum lbx_err err = open_client(c);
    *ret_state = c;
    if (err != LBX_OK) {
        lbx_arena_done(&c->arena);
        free(c->kept);
        free(c);
    }
    return err;
}

/* By the ends that came with the last fetch: while the partitions are paused it is what it was. */
static void measure_lag(const struct consume *c) {
    int64_t lag = 0;
    for (size_t i = 0; c->assigned && i < c->claim_count; i++) {
        const struct lbx_claim *claim = &c->claims[i];
        int64_t end = lbx_consumer_end(c->consumer, claim->topic, claim->partition);
        lag += end > claim->next_offset ? end - claim->next_offset : 0;
    }
    atomic_store(&c->worker->metrics.lag, lag);
}

static int consume_fd(void *state) {
    const struct consume *c = state;
    return c->consumer && !lbx_worker_halted(c->worker) ? lbx_consumer_fd(c->consumer) : -1;
}

static enum lbx_err consume_serve(void *state, int64_t *ret_wake_us) {
    struct consume *c = state;
    bool more = false;
    if (lbx_worker_halted(c->worker)) {
        *ret_wake_us = LBX_NEVER_US;
        return LBX_OK;
    }
    if (!c->consumer && lbx_monotonic_us() >= c->reopen_us) {
        enum lbx_err err = open_client(c);
        if (err != LBX_OK)
            return err;
    }
    if (!c->consumer) {
        *ret_wake_us = c->reopen_us;
        return LBX_OK;
    }
    if (lbx_monotonic_us() >= c->retry_us) {
        enum lbx_err err = take(c);
        if (err != LBX_OK)
            wait_out(c);
    }
    enum lbx_err err = gather(c, &more);
    c->stuck |= err == LBX_ERR_LIMIT;
    if (err == LBX_ERR_FENCED) {
        give_up_client(c);
        *ret_wake_us = c->reopen_us;
        return LBX_OK;
    }
    if (err != LBX_OK && err != LBX_ERR_LIMIT)
        return err;
    handle_held(c);
    measure_lag(c);
    tend(c);
    report(c, false);
    prune(c);
    int64_t now = lbx_monotonic_us();
    if (c->held_count > 0 || must_take(c))
        *ret_wake_us = now < c->retry_us ? c->retry_us : now + 10 * LBX_MS_US;
    else
        *ret_wake_us = c->report_due && c->report_us < c->prune_us ? c->report_us : c->prune_us;
    if (c->tend_due && holds(c) && c->tend_us < *ret_wake_us)
        *ret_wake_us = c->tend_us < c->retry_us ? c->retry_us : c->tend_us;
    if (more && c->held_count == 0)
        *ret_wake_us = now;
    return LBX_OK;
}

static const char *consume_waiting_for(void *state) {
    const struct consume *c = state;
    if (c->stuck)
        return "an offset to read on from is not in Kafka's log: records are lost, or the log was replaced";
    if (!c->given)
        return "waiting for Kafka to assign partitions";
    return c->assigned ? NULL : "waiting for the database to hand over partitions";
}

static void consume_close(void *state) {
    struct consume *c = state;
    report(c, true);
    forget_claims(c);
    lbx_consumer_close(c->consumer);
    forget_claims(c);
    free(c->held);
    lbx_arena_done(&c->arena);
    if (c->declaration->drop_kept)
        c->declaration->drop_kept(c->kept);
    free(c->kept);
    free(c);
}

const struct lbx_part lbx_consume_part = {
    .open = consume_open,
    .fd = consume_fd,
    .serve = consume_serve,
    .waiting_for = consume_waiting_for,
    .close = consume_close,
};
