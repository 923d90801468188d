#include "clerk.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "sql_notifier.h"
#include "store/clock.h"
#include "store/effects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_RETRY_US (3600 * LBX_SECOND_US)
#define IDLE_US (5 * LBX_SECOND_US) /* an operator may have queued a mail again */
#define RELEASE_US LBX_SECOND_US /* claims of the dead are looked for this often, if any are made */
#define LOOK_LEAST_US                                                                              \
    (5 * LBX_MS_US) /* what is due and locked by another clerk is his in a moment */
enum { CLAIM_COLUMNS = 15, FINISH_COLUMNS = 9 };

/* The mails of one claim and their memory, until the last is settled. */
struct hand {
    struct lbx_arena arena;
    size_t held;
};

static void let_go(struct mail *mail) {
    struct hand *hand = mail->hand;
    lbx_buf_done(&mail->bytes);
    if (--hand->held > 0)
        return;
    lbx_arena_done(&hand->arena);
    free(hand);
}

void clerk_forget(struct mail *list) {
    for (struct mail *next; list; list = next) {
        next = list->next;
        let_go(list);
    }
}

/* ---- claiming ---- */

static enum lbx_mail_reader reader_of(const char *audience) {
    return strcmp(audience, "approver") == 0    ? LBX_READER_APPROVER
           : strcmp(audience, "alternate") == 0 ? LBX_READER_ALTERNATE
                                                : LBX_READER_ENGINEER;
}

/* The request it tells of, NULL where that cannot be read. The ledger says it with the first mail of
 * several that stand side by side. */
static const struct lbx_request *read_request(struct lbx_arena *arena, const char *snapshot,
                                              const struct mail *before) {
    struct lbx_reason reason;
    if (!snapshot)
        return before ? before->request : NULL;
    struct lbx_request *request = LBX_ARENA_NEW(arena, struct lbx_request);
    enum lbx_err err =
        lbx_fields_recall(&lbx_request_table, snapshot, strlen(snapshot), arena, request, &reason);
    return err == LBX_OK ? request : NULL;
}

static struct mail *read_mail(const struct lbx_pg *pg, size_t call, size_t row, struct hand *hand,
                              const struct mail *before) {
    struct mail *mail = LBX_ARENA_NEW(&hand->arena, struct mail);
    const char *texts[CLAIM_COLUMNS];
    for (size_t i = 0; i < CLAIM_COLUMNS; i++)
        texts[i] = i == 11 ? lbx_pg_cell(pg, call, row, i)
                           : lbx_arena_strdup(&hand->arena, lbx_pg_cell(pg, call, row, i));
    *mail = (struct mail){
        .id = texts[0],
        .request_id = texts[1],
        .version = lbx_pg_cell_int(pg, call, row, 2),
        .kind = lbx_name_index(lbx_mail_kind_names, texts[3]),
        .recipient = texts[4],
        .reader = reader_of(texts[5]),
        .tenant_id = texts[6],
        .attempts = lbx_pg_cell_int(pg, call, row, 7),
        .message_id = texts[10],
        .ticket_title = texts[12],
        .cause = {.id = texts[13], .traceparent = texts[14]},
        .hand = hand,
    };
    mail->request = read_request(&hand->arena, texts[11], before);
    if (lbx_time_parse(texts[8], &mail->queued_at) != LBX_OK ||
        lbx_time_parse(texts[9], &mail->give_up_at) != LBX_OK)
        mail->request = NULL;
    hand->held++;
    return mail;
}

/* Hands each mail in as soon as it is written, so that the first is on the wire while the last is not
 * written yet. */
static void hand_in(struct clerk *clerk, size_t call) {
    const size_t count = lbx_pg_row_count(clerk->pg, call);
    if (count == 0)
        return;
    struct hand *hand = lbx_calloc(sizeof *hand);
    lbx_arena_init(&hand->arena);
    clerk->writer.now_us = lbx_monotonic_us() + clerk->clock_ahead;
    clerk->writer.first = NULL;
    /* The desk's owner alone counts down, so that held is this thread's. */
    struct mail *mail = NULL;
    for (size_t i = 0; i < count; i++) {
        mail = read_mail(clerk->pg, call, i, hand, mail);
        if (writer_write(&clerk->writer, mail))
            desk_put(&clerk->desk, mail);
        else
            desk_return(&clerk->desk, mail);
    }
}

/* ---- settling ---- */

/* The first interval doubles with each attempt, up to an hour, ± 25 %. */
static int64_t retry_after_us(const struct clerk *clerk, int64_t attempts) {
    int64_t wait = clerk->worker->settings.mail_retry;
    unsigned char jitter;
    for (int64_t i = 1; i < attempts && wait < LONGEST_RETRY_US; i++)
        wait *= 2;
    lbx_random_bytes(&jitter, 1);
    wait = wait < LONGEST_RETRY_US ? wait : LONGEST_RETRY_US;
    return wait * 3 / 4 + wait / 512 * jitter;
}

/* A mail as it will stand in the ledger. */
struct outcome {
    const char *state;
    bool delivered, deferred;
    int64_t at, again_at; /* by the database's clock */
};

static struct outcome outcome_of(const struct clerk *clerk, const struct mail *mail) {
    const struct lbx_smtp_result *result = &mail->message.result;
    struct outcome outcome = {.at = mail->ended_us + clerk->clock_ahead};
    const int64_t again_at = outcome.at + retry_after_us(clerk, mail->attempts);
    outcome.delivered = result->outcome == LBX_SMTP_DELIVERED;
    outcome.deferred = result->outcome == LBX_SMTP_TEMPORARY && again_at < mail->give_up_at;
    outcome.again_at = outcome.deferred ? again_at : 0;
    outcome.state = outcome.delivered ? "sent" : outcome.deferred ? "deferred" : "failed";
    return outcome;
}

static void enter(struct lbx_rows *rows, const struct mail *mail, const struct outcome *outcome) {
    const struct lbx_smtp_result *result = &mail->message.result;
    lbx_rows_text(rows, mail->id);
    lbx_rows_int(rows, mail->attempts);
    lbx_rows_text(rows, outcome->state);
    lbx_rows_time(rows, outcome->again_at);
    lbx_rows_int(rows, result->code);
    lbx_rows_text(rows, result->enhanced[0] ? result->enhanced : NULL);
    lbx_rows_text(rows, result->reply);
    lbx_rows_text(rows, result->relay);
    lbx_rows_time(rows, outcome->at);
}

static void publish(struct lbx_effects *effects, const struct mail *mail,
                    const struct outcome *outcome) {
    const struct lbx_notification_outcome data = {
        .notification_id = mail->id,
        .request_id = mail->request_id,
        .tenant_id = mail->tenant_id,
        .version = mail->version,
        .kind = mail->kind,
        .recipient = mail->recipient,
        .message_id = mail->message_id,
        .attempts = mail->attempts,
        .at = outcome->at,
        .smtp_reply = mail->message.result.reply,
    };
    lbx_effects_publish(
        effects, outcome->delivered ? LBX_EVENT_NOTIFICATION_SENT : LBX_EVENT_NOTIFICATION_FAILED,
        mail->request_id, 0, &mail->cause, &data);
}

static void tell(struct clerk *clerk, const struct mail *mail, const struct outcome *outcome) {
    struct lbx_metrics *metrics = &clerk->worker->metrics;
    atomic_fetch_add(outcome->delivered  ? &metrics->mails_sent
                     : outcome->deferred ? &metrics->mails_deferred
                                         : &metrics->mails_failed,
                     1);
    if (!outcome->delivered)
        lbx_log(LBX_LOG_WARN, outcome->deferred ? "mail deferred" : "mail failed",
                LBX_S("notification_id", mail->id), LBX_N("attempts", mail->attempts),
                LBX_N("smtp_code", mail->message.result.code));
}

/* Those of the list whose state the ledger took over: all of them, mostly. */
static void find_taken(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                       struct lbx_map *ret_taken) {
    lbx_map_init(ret_taken, arena);
    for (size_t i = 0; i < lbx_pg_row_count(pg, call); i++)
        lbx_map_set(ret_taken, lbx_arena_strdup(arena, lbx_pg_cell(pg, call, i, 0)), ret_taken);
}

/* The ends of attempts that are not their mails' last any more. A statement of its own, behind finish.sql: it
 * sees what another clerk entered meanwhile. */
static enum lbx_err settle_earlier(struct clerk *clerk, struct lbx_effects *effects,
                                   const struct outcome *outcomes, const struct lbx_map *taken) {
    struct lbx_rows *rows = lbx_effects_rows(effects, FINISH_COLUMNS);
    struct lbx_calls calls = {0};
    for (const struct mail *mail = clerk->unsettled; mail; mail = mail->next, outcomes++)
        if (!lbx_map_get(taken, mail->id))
            enter(rows, mail, outcomes);
    lbx_rows_call(rows, &calls, &sql_notifier_finish_earlier, 0, NULL);
    return calls.count > 0 ? lbx_pg_run(clerk->pg, &calls) : LBX_OK;
}

/* Begins the transaction: the attempts' ends, and the events about those that are final. */
static enum lbx_err settle(struct clerk *clerk, struct lbx_effects *effects) {
    struct lbx_rows *rows = lbx_effects_rows(effects, FINISH_COLUMNS);
    struct lbx_calls calls = {0};
    struct lbx_map taken;
    size_t count = 0;
    for (const struct mail *mail = clerk->unsettled; mail; mail = mail->next)
        count++;
    struct outcome *outcomes = LBX_ARENA_ARRAY(effects->arena, struct outcome, count),
                   *at = outcomes;
    for (const struct mail *mail = clerk->unsettled; mail; mail = mail->next) {
        *at = outcome_of(clerk, mail);
        enter(rows, mail, at++);
    }
    lbx_calls_add(&calls, &lbx_sql_begin, 0, NULL);
    size_t finish_call = calls.count;
    lbx_rows_call(rows, &calls, &sql_notifier_finish, 0, NULL);
    enum lbx_err err = lbx_pg_run(clerk->pg, &calls);
    if (err != LBX_OK)
        return err;
    find_taken(clerk->pg, finish_call, effects->arena, &taken);
    err = settle_earlier(clerk, effects, outcomes, &taken);
    if (err != LBX_OK)
        return err;
    at = outcomes;
    for (const struct mail *mail = clerk->unsettled; mail; mail = mail->next, at++) {
        if (!lbx_map_get(&taken, mail->id))
            continue;
        effects->now = at->at;
        if (!at->deferred)
            publish(effects, mail, at);
        else if (at->again_at - clerk->clock_ahead < clerk->look_at_us)
            clerk->look_at_us = at->again_at - clerk->clock_ahead;
        tell(clerk, mail, at);
    }
    return LBX_OK;
}

static void add_give_back(struct lbx_effects *effects, const struct mail *list,
                          struct lbx_calls *calls) {
    struct lbx_rows *rows = lbx_effects_rows(effects, 2);
    for (; list; list = list->next) {
        lbx_rows_text(rows, list->id);
        lbx_rows_int(rows, list->attempts);
    }
    lbx_rows_call(rows, calls, &sql_notifier_give_back, 0, NULL);
}

/* ---- a round ---- */

/* When to look again, where the ledger had less than was asked for. */
static enum lbx_err plan_look(struct clerk *clerk) {
    struct lbx_pg *pg = clerk->pg;
    struct lbx_calls calls = {0};
    int64_t wait_us = IDLE_US;
    size_t call = lbx_calls_add(&calls, &sql_notifier_until_next, 0, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    if (lbx_pg_cell(pg, call, 0, 0) && lbx_pg_cell_int(pg, call, 0, 0) < wait_us)
        wait_us = lbx_pg_cell_int(pg, call, 0, 0);
    clerk->look_at_us = lbx_monotonic_us() + (wait_us > LOOK_LEAST_US ? wait_us : LOOK_LEAST_US);
    return LBX_OK;
}

/* *ret_all: whether it claimed all that is due. */
static enum lbx_err finish_round(struct clerk *clerk, struct lbx_effects *effects,
                                 const struct mail *give_back, size_t most, bool *ret_all) {
    struct lbx_calls calls = {0};
    const int64_t now_us = lbx_monotonic_us();
    const bool releasing = most && now_us >= clerk->release_at_us;
    size_t claim_call = 0;
    char limit[24];
    if (!clerk->unsettled)
        lbx_calls_add(&calls, &lbx_sql_begin, 0, NULL);
    add_give_back(effects, give_back, &calls);
    lbx_effects_save(effects, &calls);
    if (releasing)
        lbx_calls_add(&calls, &sql_notifier_release, 0, NULL);
    if (most) {
        snprintf(limit, sizeof limit, "%zu", most);
        claim_call = LBX_CALL(&calls, &sql_notifier_claim, limit);
    }
    size_t clock_call = lbx_clock_add(&calls);
    lbx_calls_add(&calls, &lbx_sql_commit, 0, NULL);
    enum lbx_err err = lbx_pg_run(clerk->pg, &calls);
    if (err != LBX_OK)
        return err;
    clerk->clock_ahead = lbx_clock_read(clerk->pg, clock_call) - lbx_monotonic_us();
    if (releasing)
        clerk->release_at_us = now_us + RELEASE_US;
    if (!most)
        return LBX_OK;
    *ret_all = lbx_pg_row_count(clerk->pg, claim_call) < most;
    hand_in(clerk, claim_call);
    return LBX_OK;
}

enum lbx_err clerk_round(struct clerk *clerk, struct mail *give_back, size_t most) {
    struct lbx_arena arena;
    struct lbx_effects effects;
    enum lbx_err err = LBX_OK;
    bool all = false;
    lbx_arena_init(&arena);
    lbx_effects_init(&effects, &arena, clerk->worker->source, clerk->worker->name);
    if (clerk->unsettled)
        err = settle(clerk, &effects);
    if (err == LBX_OK)
        err = finish_round(clerk, &effects, give_back, most, &all);
    if (err == LBX_OK) {
        clerk_forget(clerk->unsettled);
        clerk->unsettled = NULL;
    }
    if (err == LBX_OK && all)
        err = plan_look(clerk);
    clerk_forget(give_back); /* where the round failed, the claim will not outlive its session */
    lbx_pg_release(clerk->pg);
    lbx_effects_done(&effects);
    lbx_arena_done(&arena);
    return err;
}
