/* Settles, gives back and claims in one transaction, by the database's clock. Promises that the
 * end of an attempt is written once: to the mail if it was the last attempt, else to the earlier
 * attempt's row; and that a final result is published in the same transaction. Fails as
 * lbx_pg_run. */
#include "ledger.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "sql_notifier.h"
#include "store/clock.h"
#include "store/metrics.h"
#include "store/offsets.h"
#include "store/unit.h"
#include "void.h"
#include "worker/connection.h"
#include "worker/spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MOST_US (3600 * LBX_SECOND_US)
#define LOOK_MOST_US (5 * LBX_SECOND_US) /* an operator may have queued a mail again */
/* Shortest wait: a due mail that this session did not get was locked by another, and may be free
 * soon. */
#define LOOK_LEAST_US (5 * LBX_MS_US)
#define RELEASE_EVERY_US LBX_SECOND_US

/* ---- the session ---- */

enum lbx_err ledger_open(struct ledger *ledger) {
    if (ledger->pg)
        return LBX_OK;
    return lbx_connection_open(ledger->worker, ledger->worker->settings.database_url,
                               "lockbox-notifier-sender", "lockbox", ledger->worker->statements,
                               &ledger->pg);
}

void ledger_close(struct ledger *ledger) {
    lbx_pg_close(ledger->pg);
    ledger->pg = NULL;
}

void ledger_release(struct ledger *ledger) {
    lbx_pg_release(ledger->pg);
}

/* ---- settling ---- */

/* Microseconds to the next attempt: first_us, doubled by each attempt up to an hour, ± 25 %. */
static int64_t retry_after_us(int64_t first_us, int64_t attempts) {
    int64_t wait_us = first_us;
    unsigned char jitter;
    for (int64_t i = 1; i < attempts && wait_us < RETRY_MOST_US; i++)
        wait_us *= 2;
    lbx_random_bytes(&jitter, 1);
    wait_us = wait_us < RETRY_MOST_US ? wait_us : RETRY_MOST_US;
    return wait_us * 3 / 4 + wait_us / 512 * jitter;
}

/* The end of an attempt, for the ledger. */
struct outcome {
    const char *state;
    bool delivered, deferred;
    int64_t at, again_at; /* by the database's clock; again_at 0: no further attempt */
};

static struct outcome outcome_of(const struct ledger *ledger, const struct mail *mail) {
    const struct lbx_smtp_result *result = &mail->message.result;
    struct outcome outcome = {.at = mail->ended_us + ledger->clock_ahead};
    const int64_t again_at =
        outcome.at + retry_after_us(ledger->worker->settings.mail_retry, mail->attempts);
    outcome.delivered = result->outcome == LBX_SMTP_DELIVERED;
    outcome.deferred = result->outcome == LBX_SMTP_TEMPORARY && again_at < mail->give_up_at;
    outcome.again_at = outcome.deferred ? again_at : 0;
    outcome.state = outcome.delivered ? "sent" : outcome.deferred ? "deferred" : "failed";
    return outcome;
}

static void add_row(struct lbx_pg_arrays *rows, const struct mail *mail,
                    const struct outcome *outcome) {
    const struct lbx_smtp_result *result = &mail->message.result;
    LBX_PG_ADD(rows, notifier_finish_given, .notification_id = mail->id, .number = mail->attempts,
               .outcome = outcome->state, .next_attempt_at = outcome->again_at,
               .smtp_code = result->code,
               .enhanced_status = result->enhanced[0] ? result->enhanced : NULL,
               .smtp_reply = result->reply, .relay = result->relay, .ended_at = outcome->at);
}

static void publish(struct lbx_unit *unit, const struct mail *mail, const struct outcome *outcome) {
    const struct lbx_notification_outcome data = {
        .notification_id = mail->id,
        .request_id = mail->request_id,
        .tenant_id = mail->tenant_id,
        .version = mail->version,
        .kind = mail->kind,
        .recipient = mail->recipient,
        .channel = mail->channel,
        .message_id = mail->message_id,
        .attempts = mail->attempts,
        .at = outcome->at,
        .smtp_reply = mail->message.result.reply,
    };
    lbx_unit_cause(unit, outcome->at, (const char *const[]){"mail", mail->id, NULL});
    lbx_unit_publish(
        unit, outcome->delivered ? LBX_EVENT_NOTIFICATION_SENT : LBX_EVENT_NOTIFICATION_FAILED,
        mail->request_id  ? mail->request_id
        : mail->tenant_id ? mail->tenant_id
                          : mail->id,
        &mail->cause, &data);
}

/* Publishes the end of each mail that a digest contained, with the digest's Message-ID. */
static void publish_carried(struct lbx_unit *unit, const struct lbx_pg *pg, size_t call, size_t i,
                            const struct mail *digest, const struct outcome *outcome) {
    const struct sql_notifier_finish_digests_answer row =
        LBX_PG_READ(pg, call, i, notifier_finish_digests, unit->arena);
    struct mail mail = *digest;
    mail.id = row.notification_id;
    mail.request_id = row.request_id;
    mail.version = row.version;
    mail.kind = lbx_name_index(lbx_mail_kind_names, row.kind);
    mail.recipient = row.recipient;
    mail.cause = (struct lbx_event){.id = row.event_id,
                                    .trace = lbx_trace_of(row.traceparent, row.tracestate)};
    publish(unit, &mail, outcome);
}

static struct lbx_metric mails_sent = {.name = "mails_sent_total", .help = "Mails the server took"};
static struct lbx_metric mails_deferred = {.name = "mails_deferred_total",
                                           .help = "Attempts that will be repeated"};
static struct lbx_metric mails_failed = {.name = "mails_failed_total", .help = "Mails given up"};
static struct lbx_metric hooks_sent = {.name = "webhooks_sent_total",
                                       .help = "Messages that webhooks took"};
static struct lbx_metric hooks_deferred = {
    .name = "webhooks_deferred_total",
    .help = "Attempts to post to webhooks that will be repeated"};
static struct lbx_metric hooks_failed = {.name = "webhooks_failed_total",
                                         .help = "Messages to webhooks given up"};
struct lbx_metric *const ledger_metrics[] = {
    &mails_sent,     &mails_deferred, &mails_failed,        &hooks_sent,
    &hooks_deferred, &hooks_failed,   &lbx_left_out_metric, NULL};

static struct lbx_metric *metric_of(const struct mail *mail, const struct outcome *outcome) {
    if (mail->channel)
        return outcome->delivered  ? &hooks_sent
               : outcome->deferred ? &hooks_deferred
                                   : &hooks_failed;
    return outcome->delivered ? &mails_sent : outcome->deferred ? &mails_deferred : &mails_failed;
}

static const char *words_of(const struct mail *mail, const struct outcome *outcome) {
    if (outcome->delivered)
        return mail->channel ? "webhook sent" : "mail sent";
    if (outcome->deferred)
        return mail->channel ? "webhook deferred" : "mail deferred";
    return mail->channel ? "webhook failed" : "mail failed";
}

static void count_and_log(const struct mail *mail, const struct outcome *outcome) {
    lbx_metric_add(metric_of(mail, outcome), 1);
    lbx_log(outcome->delivered ? LBX_LOG_DEBUG : LBX_LOG_WARN, words_of(mail, outcome),
            LBX_S("notification_id", mail->id), LBX_N("attempts", mail->attempts),
            LBX_N("smtp_code", mail->message.result.code), LBX_LOG_TRACE(&mail->cause.trace));
}

/* The mails whose row took the result, by id: all without a later attempt. */
static void read_settled(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                         struct lbx_map *ret_settled) {
    lbx_map_init(ret_settled, arena);
    for (size_t i = 0; i < lbx_pg_row_count(pg, call); i++)
        lbx_map_set(ret_settled,
                    lbx_arena_strdup(
                        arena, LBX_PG_READ(pg, call, i, notifier_finish, NULL).notification_id),
                    ret_settled);
}

/* Writes results of attempts that a later attempt followed. It runs after finish.sql, with a
 * newer snapshot that has other dispatchers' commits. */
static enum lbx_err settle_earlier(struct ledger *ledger, const struct mail *completed,
                                   const struct outcome *outcomes, const struct lbx_map *settled) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    for (const struct mail *mail = completed; mail; mail = mail->next, outcomes++)
        if (!lbx_map_get(settled, mail->id))
            add_row(&rows, mail, outcomes);
    if (LBX_PG_CALL(&calls, notifier_finish_earlier, .given = &rows) == LBX_NO_CALL)
        return LBX_OK;
    return lbx_pg_run(ledger->pg, &calls);
}

static void send_span(const struct mail *mail, const struct outcome *outcome) {
    const int64_t behind_us = lbx_realtime_us() - lbx_monotonic_us();
    lbx_span_told(
        &(struct lbx_span_of){
            .worker = "notifier",
            .event_id = mail->cause.id,
            .request_id = mail->request_id,
            .version = mail->version,
            .trace = mail->cause.trace,
            .start_us = mail->submitted_us + behind_us,
            .end_us = mail->ended_us + behind_us,
            .failed = !outcome->delivered,
        },
        mail->id, mail->attempts, lbx_mail_kind_names[mail->kind]);
}

/* Handles a result that the mail's row took: publishes it if it is final, else plans another
 * attempt. */
static void follow_up(struct ledger *ledger, struct lbx_unit *unit, const struct mail *mail,
                      const struct outcome *outcome) {
    const int64_t again_us = outcome->again_at - ledger->clock_ahead;
    if (!outcome->deferred)
        publish(unit, mail, outcome);
    else if (again_us < ledger->look_at_us)
        ledger->look_at_us = again_us;
    count_and_log(mail, outcome);
    send_span(mail, outcome);
}

/* The mail with that id; *ret_outcome: its result. */
static const struct mail *find(const struct mail *completed, const struct outcome *outcomes,
                               const char *id, const struct outcome **ret_outcome) {
    for (*ret_outcome = outcomes; completed; completed = completed->next, ++*ret_outcome)
        if (strcmp(completed->id, id) == 0)
            return completed;
    return NULL;
}

/* Ends the mails that were in digests with a final result. */
static enum lbx_err settle_carried(struct ledger *ledger, struct lbx_unit *unit,
                                   const struct mail *completed, const struct outcome *outcomes,
                                   const struct lbx_map *settled) {
    struct lbx_pg_arrays digests LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    const struct outcome *outcome = outcomes;
    for (const struct mail *mail = completed; mail; mail = mail->next, outcome++)
        if (mail->kind == LBX_MAIL_DIGEST && !outcome->deferred && lbx_map_get(settled, mail->id))
            lbx_pg_array_text(&digests, mail->id);
    if (lbx_pg_arrays_count(&digests) == 0)
        return LBX_OK;
    const size_t call = LBX_PG_CALL(&calls, notifier_finish_digests, .digests = &digests);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(ledger->pg, call); i++) {
        const char *id =
            LBX_PG_READ(ledger->pg, call, i, notifier_finish_digests, unit->arena).digest_id;
        const struct mail *digest = find(completed, outcomes, id, &outcome);
        publish_carried(unit, ledger->pg, call, i, digest, outcome);
    }
    return err;
}

/* Begins the transaction, and writes the results. */
static enum lbx_err settle(struct ledger *ledger, struct lbx_unit *unit,
                           const struct mail *completed) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    struct lbx_map settled;
    size_t count = 0;
    for (const struct mail *mail = completed; mail; mail = mail->next)
        count++;
    struct outcome *outcomes = LBX_ARENA_ARRAY(unit->arena, struct outcome, count);
    struct outcome *outcome = outcomes;
    for (const struct mail *mail = completed; mail; mail = mail->next, outcome++) {
        *outcome = outcome_of(ledger, mail);
        add_row(&rows, mail, outcome);
    }
    lbx_pg_call(&calls, &lbx_sql_begin, NULL);
    const size_t finish_call = LBX_PG_CALL(&calls, notifier_finish, .given = &rows);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    if (err != LBX_OK)
        return err;
    read_settled(ledger->pg, finish_call, unit->arena, &settled);
    err = settle_earlier(ledger, completed, outcomes, &settled);
    if (err == LBX_OK)
        err = settle_carried(ledger, unit, completed, outcomes, &settled);
    outcome = outcomes;
    for (const struct mail *mail = completed; err == LBX_OK && mail; mail = mail->next, outcome++)
        if (lbx_map_get(&settled, mail->id))
            follow_up(ledger, unit, mail, outcome);
    return err;
}

/* ---- a transaction ---- */

/* Runs the rest of the transaction, and COMMIT. begun: settle has begun it. */
static enum lbx_err finish(struct ledger *ledger, struct lbx_unit *unit, bool begun,
                           const struct mail *give_back, size_t claim_most) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays given_back LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    refused_array(&ledger->refused, &left_out);
    if (!begun)
        lbx_pg_call(&calls, &lbx_sql_begin, NULL);
    for (; give_back; give_back = give_back->next)
        LBX_PG_ADD(&given_back, notifier_give_back_given, .notification_id = give_back->id,
                   .number = give_back->attempts);
    LBX_PG_CALL(&calls, notifier_give_back, .given = &given_back);
    lbx_unit_save(unit, &calls);
    if (claim_most > 0) {
        ledger->claim_call = LBX_PG_CALL(&calls, notifier_claim, .most = (int64_t)claim_most,
                                         .webhooks = ledger->webhooks, .left_out = &left_out);
        ledger->digest_call = lbx_pg_call(&calls, &sql_notifier_digest_requests, NULL);
    }
    const size_t clock_call = lbx_clock_add(&calls);
    lbx_pg_call(&calls, &lbx_sql_commit, NULL);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    if (err != LBX_OK)
        return err;
    ledger->clock_ahead = lbx_clock_read(ledger->pg, clock_call).now - lbx_monotonic_us();
    if (claim_most > 0)
        ledger->claimed = lbx_pg_row_count(ledger->pg, ledger->claim_call);
    return LBX_OK;
}

/* Releases claims of ended sessions, before mails are claimed, when that is due. */
static enum lbx_err release_void(struct ledger *ledger) {
    if (lbx_monotonic_us() < ledger->release_at_us)
        return LBX_OK;
    ledger->release_at_us = lbx_monotonic_us() + RELEASE_EVERY_US;
    return void_release(ledger);
}

enum lbx_err ledger_transact(struct ledger *ledger, const struct mail *completed,
                             const struct mail *give_back, size_t claim_most) {
    struct lbx_arena arena;
    struct lbx_unit unit;
    ledger->claimed = 0;
    enum lbx_err err = claim_most > 0 ? release_void(ledger) : LBX_OK;
    if (err != LBX_OK)
        return err;
    lbx_arena_init(&arena);
    lbx_unit_init(&unit, &arena, ledger->worker->source, ledger->worker->name);
    if (completed)
        err = settle(ledger, &unit, completed);
    if (err == LBX_OK)
        err = finish(ledger, &unit, completed != NULL, give_back, claim_most);
    lbx_unit_done(&unit);
    lbx_arena_done(&arena);
    return err;
}

enum lbx_err ledger_leave_out_first(struct ledger *ledger) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    char sqlstate[6];
    snprintf(sqlstate, sizeof sqlstate, "%s", lbx_pg_sqlstate(ledger->pg));
    refused_array(&ledger->refused, &left_out);
    const size_t call = LBX_PG_CALL(&calls, notifier_first_due, .webhooks = ledger->webhooks,
                                    .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    if (err == LBX_OK && lbx_pg_row_count(ledger->pg, call) > 0)
        refused_due(&ledger->refused,
                    LBX_PG_READ(ledger->pg, call, 0, notifier_first_due, NULL).notification_id,
                    sqlstate);
    return err;
}

enum lbx_err ledger_plan(struct ledger *ledger) {
    struct lbx_pg_pipeline calls = {0};
    int64_t wait_us = LOOK_MOST_US;
    struct lbx_pg_arrays left_out LBX_CLEANUP(lbx_pg_arrays_done);
    refused_array(&ledger->refused, &left_out);
    const size_t call = LBX_PG_CALL(&calls, notifier_until_next, .webhooks = ledger->webhooks,
                                    .left_out = &left_out);
    enum lbx_err err = lbx_pg_run(ledger->pg, &calls);
    if (err != LBX_OK)
        return err;
    if (lbx_pg_cell(ledger->pg, call, 0, SQL_NOTIFIER_UNTIL_NEXT_WAIT_US)) {
        const int64_t next_us = LBX_PG_READ(ledger->pg, call, 0, notifier_until_next, NULL).wait_us;
        wait_us = next_us < wait_us ? next_us : wait_us;
    }
    ledger->look_at_us = lbx_monotonic_us() + (wait_us > LOOK_LEAST_US ? wait_us : LOOK_LEAST_US);
    return LBX_OK;
}
