#include "sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "core/mail.h"
#include "event/time.h"
#include "io/mime.h"
#include "io/smtp.h"
#include "sql_notifier.h"
#include "store/clock.h"
#include "store/effects.h"
#include "store/offsets.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENDERS = 2, CLAIM = 50 };
#define LONGEST_RETRY_US (3600 * LBX_SECOND_US)
#define IDLE_US (60 * LBX_SECOND_US)
#define CLAIMED_ELSEWHERE_US LBX_SECOND_US

struct senders {
    struct lbx_worker *worker;
    struct lbx_smtp *smtp;
    pthread_t threads[SENDERS];
    size_t started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t wakes; /* counts sender_wake: a sender that saw fewer looks again */
    bool stopping;
};

static struct senders senders = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One mail of the ledger, as claimed. */
struct mail {
    const char *id, *request_id, *recipient, *tenant_id, *message_id;
    int kind;
    enum lbx_mail_reader reader;
    int64_t version, attempts, queued_at, give_up_at;
    const char *ticket_title;
    struct lbx_request request;
    struct lbx_event cause; /* the event it tells of: id and traceparent */
    struct lbx_buf bytes;
};

struct round {
    struct lbx_pg *pg;
    struct lbx_arena arena;
    struct lbx_effects effects;
    struct mail *mails;
    struct lbx_smtp_message *messages;
    size_t count;
};

/* ---- claiming ---- */

static enum lbx_mail_reader reader_of(const char *audience) {
    return strcmp(audience, "approver") == 0    ? LBX_READER_APPROVER
           : strcmp(audience, "alternate") == 0 ? LBX_READER_ALTERNATE
                                                : LBX_READER_ENGINEER;
}

static enum lbx_err read_mail(struct round *round, size_t call, size_t row, struct mail *mail) {
    const struct lbx_pg *pg = round->pg;
    const char *texts[15];
    struct lbx_reason reason;
    for (size_t i = 0; i < 15; i++)
        texts[i] = lbx_arena_strdup(&round->arena, lbx_pg_cell(pg, call, row, i));
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
    };
    if (lbx_time_parse(texts[8], &mail->queued_at) != LBX_OK ||
        lbx_time_parse(texts[9], &mail->give_up_at) != LBX_OK)
        return LBX_ERR_INTERNAL;
    return lbx_fields_read(&lbx_request_table, texts[11], strlen(texts[11]), "", &round->arena,
                           &mail->request, &reason);
}

static enum lbx_err claim(struct round *round) {
    struct lbx_calls calls = {0};
    char limit[16];
    snprintf(limit, sizeof limit, "%d", CLAIM);
    size_t claim_call = LBX_CALL(&calls, &sql_notifier_claim, limit);
    size_t clock_call = lbx_clock_add(&calls);
    enum lbx_err err = lbx_pg_run(round->pg, &calls);
    if (err != LBX_OK)
        return err;
    round->count = lbx_pg_row_count(round->pg, claim_call);
    round->effects.now = lbx_clock_read(round->pg, clock_call);
    round->mails = LBX_ARENA_ARRAY(&round->arena, struct mail, round->count);
    round->messages = LBX_ARENA_ARRAY(&round->arena, struct lbx_smtp_message, round->count);
    for (size_t i = 0; err == LBX_OK && i < round->count; i++)
        err = read_mail(round, claim_call, i, &round->mails[i]);
    return err;
}

/* ---- writing and sending ---- */

static enum lbx_err write_mail(const struct lbx_settings *settings, int64_t now_us,
                               struct mail *mail) {
    struct lbx_mail words LBX_CLEANUP(lbx_mail_done) = {0};
    char thread[128];
    const char *domain = strrchr(settings->mail_from, '@');
    snprintf(thread, sizeof thread, "<%s%.80s>", mail->request_id, domain ? domain : "@localhost");
    const struct lbx_mail_input input = {
        .request = &mail->request,
        .kind = (enum lbx_mail_kind)mail->kind,
        .reader = mail->reader,
        .portal_url = settings->portal_url,
        .ticket_title = mail->ticket_title,
        .now = now_us,
    };
    enum lbx_err err = lbx_mail_write(&input, &words);
    if (err != LBX_OK)
        return err;
    const struct lbx_mime mime = {
        .from = settings->mail_from,
        .from_name = "Customer Lockbox",
        .to = mail->recipient,
        .subject = words.subject.data,
        .date = mail->queued_at,
        .message_id = mail->message_id,
        .references = thread,
        .text = words.text.data,
        .text_len = words.text.len,
        .html = words.html.data,
        .html_len = words.html.len,
    };
    return lbx_mime_write(&mime, &mail->bytes);
}

static void permanent(struct lbx_smtp_result *result, const char *why) {
    *result = (struct lbx_smtp_result){.outcome = LBX_SMTP_PERMANENT};
    snprintf(result->reply, sizeof result->reply, "not sent: %s", why);
}

static void send_all(struct round *round) {
    const struct lbx_settings *settings = &senders.worker->settings;
    struct lbx_smtp_message *batch =
        LBX_ARENA_ARRAY(&round->arena, struct lbx_smtp_message, round->count);
    size_t *place = LBX_ARENA_ARRAY(&round->arena, size_t, round->count);
    size_t sendable = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct mail *mail = &round->mails[i];
        const char *bad_address = lbx_smtp_address_check(mail->recipient);
        enum lbx_err err =
            bad_address ? LBX_ERR_INVALID : write_mail(settings, round->effects.now, mail);
        if (err != LBX_OK) {
            permanent(&round->messages[i].result, bad_address ? bad_address : lbx_err_text(err));
            continue;
        }
        place[sendable] = i;
        batch[sendable++] = (struct lbx_smtp_message){.from = settings->mail_from,
                                                      .to = mail->recipient,
                                                      .bytes = mail->bytes.data,
                                                      .len = mail->bytes.len};
    }
    if (sendable)
        lbx_smtp_send(senders.smtp, batch, sendable);
    for (size_t i = 0; i < sendable; i++)
        round->messages[place[i]].result = batch[i].result;
}

/* ---- the ledger ---- */

/* The first interval doubles with each attempt, up to an hour, ± 25 %. */
static int64_t retry_after_us(int64_t attempts) {
    int64_t wait = senders.worker->settings.mail_retry;
    unsigned char jitter;
    for (int64_t i = 1; i < attempts && wait < LONGEST_RETRY_US; i++)
        wait *= 2;
    lbx_random_bytes(&jitter, 1);
    wait = wait < LONGEST_RETRY_US ? wait : LONGEST_RETRY_US;
    return wait * 3 / 4 + wait / 512 * jitter;
}

static void publish(struct round *round, const struct mail *mail,
                    const struct lbx_smtp_result *result) {
    const struct lbx_notification_outcome outcome = {
        .notification_id = mail->id,
        .request_id = mail->request_id,
        .tenant_id = mail->tenant_id,
        .version = mail->version,
        .kind = mail->kind,
        .recipient = mail->recipient,
        .message_id = mail->message_id,
        .attempts = mail->attempts,
        .at = round->effects.now,
        .smtp_reply = result->reply,
    };
    lbx_effects_publish(&round->effects,
                        result->outcome == LBX_SMTP_DELIVERED ? LBX_EVENT_NOTIFICATION_SENT
                                                              : LBX_EVENT_NOTIFICATION_FAILED,
                        mail->request_id, 0, &mail->cause, &outcome);
}

static void enter(struct round *round, struct lbx_rows *rows, const struct mail *mail,
                  const struct lbx_smtp_result *result) {
    struct lbx_metrics *metrics = &senders.worker->metrics;
    int64_t again = round->effects.now + retry_after_us(mail->attempts);
    bool delivered = result->outcome == LBX_SMTP_DELIVERED;
    bool deferred = result->outcome == LBX_SMTP_TEMPORARY && again < mail->give_up_at;
    lbx_rows_text(rows, mail->id);
    lbx_rows_text(rows, delivered ? "sent" : deferred ? "deferred" : "failed");
    lbx_rows_time(rows, deferred ? again : 0);
    lbx_rows_int(rows, result->code);
    lbx_rows_text(rows, result->enhanced[0] ? result->enhanced : NULL);
    lbx_rows_text(rows, result->reply);
    lbx_rows_text(rows, NULL);
    lbx_rows_time(rows, round->effects.now);
    atomic_fetch_add(delivered  ? &metrics->mails_sent
                     : deferred ? &metrics->mails_deferred
                                : &metrics->mails_failed,
                     1);
    if (!deferred)
        publish(round, mail, result);
    if (!delivered)
        lbx_log(LBX_LOG_WARN, deferred ? "mail deferred" : "mail failed",
                LBX_S("notification_id", mail->id), LBX_N("attempts", mail->attempts),
                LBX_N("smtp_code", result->code));
}

static enum lbx_err settle(struct round *round) {
    struct lbx_calls calls = {0};
    lbx_calls_add(&calls, &lbx_sql_begin, 0, NULL);
    size_t clock_call = lbx_clock_add(&calls);
    enum lbx_err err = lbx_pg_run(round->pg, &calls);
    if (err != LBX_OK)
        return err;
    round->effects.now = lbx_clock_read(round->pg, clock_call);
    struct lbx_rows *rows = lbx_effects_rows(&round->effects, 8);
    for (size_t i = 0; i < round->count; i++)
        enter(round, rows, &round->mails[i], &round->messages[i].result);
    calls = (struct lbx_calls){0};
    lbx_rows_call(rows, &calls, &sql_notifier_finish, 0, NULL);
    lbx_effects_save(&round->effects, &calls);
    lbx_calls_add(&calls, &lbx_sql_commit, 0, NULL);
    return lbx_pg_run(round->pg, &calls);
}

/* Claims, sends, settles; *ret_count: how many. */
static enum lbx_err send_round(struct lbx_pg *pg, size_t *ret_count) {
    struct round round = {.pg = pg};
    lbx_arena_init(&round.arena);
    lbx_effects_init(&round.effects, &round.arena, senders.worker->source, senders.worker->name);
    enum lbx_err err = claim(&round);
    if (err == LBX_OK && round.count > 0) {
        send_all(&round);
        err = settle(&round);
    }
    for (size_t i = 0; i < round.count; i++)
        lbx_buf_done(&round.mails[i].bytes);
    lbx_pg_release(pg);
    lbx_effects_done(&round.effects);
    *ret_count = round.count;
    lbx_arena_done(&round.arena);
    return err;
}

/* ---- the threads ---- */

static enum lbx_err until_next(struct lbx_pg *pg, int64_t *ret_wait_us) {
    struct lbx_calls calls = {0};
    lbx_calls_add(&calls, &sql_notifier_release, 0, NULL);
    size_t call = lbx_calls_add(&calls, &sql_notifier_until_next, 0, NULL);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    *ret_wait_us = IDLE_US;
    if (err == LBX_OK) {
        if (lbx_pg_cell(pg, call, 0, 0) && lbx_pg_cell_int(pg, call, 0, 0) < *ret_wait_us)
            *ret_wait_us = lbx_pg_cell_int(pg, call, 0, 0);
        if (lbx_pg_cell_int(pg, call, 0, 1) > 0 && *ret_wait_us > CLAIMED_ELSEWHERE_US)
            *ret_wait_us = CLAIMED_ELSEWHERE_US;
        lbx_pg_release(pg);
    }
    return err;
}

static void wait_us(int64_t us, uint64_t *seen) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    us = us < 0 ? 0 : us;
    until.tv_sec += us / LBX_SECOND_US;
    until.tv_nsec += us % LBX_SECOND_US * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&senders.lock);
    while (!senders.stopping && *seen == senders.wakes)
        if (pthread_cond_timedwait(&senders.changed, &senders.lock, &until) != 0)
            break;
    *seen = senders.wakes;
    pthread_mutex_unlock(&senders.lock);
}

static bool stopping(void) {
    pthread_mutex_lock(&senders.lock);
    bool is = senders.stopping;
    pthread_mutex_unlock(&senders.lock);
    return is;
}

static void *sender_main(void *argument) {
    const struct lbx_settings *settings = &senders.worker->settings;
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_notifier_all, NULL};
    struct lbx_pg *pg = NULL;
    struct lbx_backoff backoff = {0};
    uint64_t seen = 0;
    (void)argument;
    while (!stopping()) {
        int64_t wait = 0;
        size_t count = 0;
        enum lbx_err err = pg ? LBX_OK
                              : lbx_pg_open(settings->database_url, "lockbox-notifier-sender",
                                            "lockbox", statements, &pg);
        if (err == LBX_OK)
            err = send_round(pg, &count);
        if (err == LBX_OK && count < CLAIM)
            err = until_next(pg, &wait);
        if (err == LBX_OK) {
            backoff = (struct lbx_backoff){0};
        } else {
            /* A new session voids this one's claims. */
            lbx_pg_close(pg);
            pg = NULL;
            wait = lbx_backoff_next_us(&backoff);
        }
        if (wait > 0)
            wait_us(wait, &seen);
    }
    lbx_pg_close(pg);
    return NULL;
}

void sender_wake(struct lbx_worker *worker) {
    (void)worker;
    pthread_mutex_lock(&senders.lock);
    senders.wakes++;
    pthread_cond_broadcast(&senders.changed);
    pthread_mutex_unlock(&senders.lock);
}

/* ---- the part ---- */

static enum lbx_err sender_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    (void)declaration;
    const struct lbx_settings *settings = &worker->settings;
    const struct lbx_smtp_config config = {
        .url = settings->smtp_url,
        .password = settings->smtp_password[0] ? settings->smtp_password : NULL,
        .ca_file = settings->smtp_ca_file[0] ? settings->smtp_ca_file : NULL,
    };
    char why[LBX_SMTP_WHY_SIZE];
    enum lbx_err err = lbx_smtp_new(&config, &senders.smtp, why);
    if (err == LBX_OK && lbx_smtp_address_check(settings->mail_from)) {
        snprintf(why, sizeof why, "%s", lbx_smtp_address_check(settings->mail_from));
        err = LBX_ERR_INVALID;
    }
    if (err != LBX_OK) {
        lbx_log(LBX_LOG_ERROR, "bad setting",
                LBX_S("setting", "LOCKBOX_SMTP_URL, LOCKBOX_SMTP_PASSWORD, LOCKBOX_SMTP_CA_FILE or "
                                 "LOCKBOX_MAIL_FROM"),
                LBX_S("error", why));
        return err;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&senders.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    senders.worker = worker;
    for (; senders.started < SENDERS; senders.started++)
        if (pthread_create(&senders.threads[senders.started], NULL, sender_main, NULL) != 0)
            return LBX_ERR_INTERNAL;
    *ret_state = &senders;
    return LBX_OK;
}

static enum lbx_err sender_serve(void *state, int64_t *ret_wake_us) {
    (void)state;
    *ret_wake_us = LBX_NEVER_US;
    return LBX_OK;
}

static void sender_close(void *state) {
    (void)state;
    pthread_mutex_lock(&senders.lock);
    senders.stopping = true;
    pthread_cond_broadcast(&senders.changed);
    pthread_mutex_unlock(&senders.lock);
    while (senders.started > 0)
        pthread_join(senders.threads[--senders.started], NULL);
    lbx_smtp_free(senders.smtp);
}

const struct lbx_part sender_part = {
    .open = sender_open,
    .serve = sender_serve,
    .close = sender_close,
};
