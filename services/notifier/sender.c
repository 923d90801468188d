#include "sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "clerk.h"
#include "smtp/relays.h"
#include "sql_notifier.h"
#include "store/effects.h"
#include "store/offsets.h"
#include "wording.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* While one clerk waits for the database or writes mails, the other keeps the sessions busy. */
enum { CLERKS = 2, TARGET_LEAST = 8, TARGET_MOST = 256 };
#define TIMEOUT_MOST_US (3600 * LBX_SECOND_US)
#define CONNECT_MOST_US (10 * LBX_SECOND_US)
#define RELAY_DOWN_US (30 * LBX_SECOND_US)
#define STALE_US (5 * LBX_SECOND_US) /* a mail that waited so long for a session may be another's */

static struct {
    struct lbx_relays *relays;
    struct lbx_mail_templates *templates;
    struct clerk clerks[CLERKS];
    pthread_t threads[CLERKS];
    size_t started;
} senders;

/* ---- a clerk's thread ---- */

static size_t count_of(const struct mail *list) {
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

/* How many mails to take in hand follows how many came back: mails wait in the ledger, where any notifier may
 * take them, rather than in front of slow sessions. */
static void adapt(struct clerk *clerk, size_t came_back) {
    size_t target = came_back * 2 > clerk->target / 2 ? came_back * 2 : clerk->target / 2;
    clerk->target = target < TARGET_LEAST  ? TARGET_LEAST
                    : target > TARGET_MOST ? TARGET_MOST
                                           : target;
}

static struct mail *append(struct mail *list, struct mail *more) {
    struct mail **end = &list;
    while (*end)
        end = &(*end)->next;
    *end = more;
    return list;
}

/* What there is to do now, in one round. */
static enum lbx_err serve(struct clerk *clerk, size_t waiting) {
    const int64_t now_us = lbx_monotonic_us();
    const bool stopping = pool_stopping();
    struct mail *back = desk_take(&clerk->desk);
    size_t came_back = count_of(back), most = 0;
    clerk->unsettled = append(clerk->unsettled, back);
    struct mail *give_back = desk_withdraw(&clerk->desk, stopping ? INT64_MAX : now_us - STALE_US);
    if (came_back)
        adapt(clerk, came_back);
    if (!stopping && now_us >= clerk->look_at_us && waiting < clerk->target)
        most = clerk->target - waiting;
    if (!clerk->unsettled && !give_back && !most)
        return LBX_OK;
    return clerk_round(clerk, give_back, most);
}

/* A claim ends with the session that made it: what waits is not ours any more. What is on the wire is settled
 * all the same if nobody else has begun it. */
static void lose_session(struct clerk *clerk) {
    lbx_pg_close(clerk->pg);
    clerk->pg = NULL;
    clerk_forget(desk_withdraw(&clerk->desk, INT64_MAX));
}

static enum lbx_err open_session(struct clerk *clerk) {
    const struct lbx_sql *const *const statements[] = {lbx_offsets_statements, lbx_store_statements,
                                                       sql_notifier_all, NULL};
    return clerk->pg ? LBX_OK
                     : lbx_pg_open(clerk->worker->settings.database_url, "lockbox-notifier-sender",
                                   "lockbox", statements, &clerk->pg);
}

static void *clerk_main(void *argument) {
    struct clerk *clerk = argument;
    size_t waiting = 0;
    (void)pthread_setname_np(pthread_self(), "clerk");
    for (;;) {
        bool woken = false;
        enum lbx_err err = open_session(clerk);
        if (err == LBX_OK)
            err = serve(clerk, waiting);
        if (pool_stopping() && err != LBX_OK)
            break;
        if (err != LBX_OK) {
            lose_session(clerk);
            desk_rest(&clerk->desk, lbx_monotonic_us() + lbx_backoff_next_us(&clerk->backoff));
            clerk->look_at_us = 0;
            waiting = 0;
            continue;
        }
        clerk->backoff = (struct lbx_backoff){0};
        const bool stopping = pool_stopping();
        const bool may_claim = !stopping && lbx_monotonic_us() >= clerk->look_at_us;
        waiting = desk_await(&clerk->desk, may_claim ? clerk->target / 2 + 1 : 0,
                             may_claim || stopping ? INT64_MAX : clerk->look_at_us, &woken);
        if (woken)
            clerk->look_at_us = 0;
        if (pool_stopping() && !clerk->unsettled && desk_is_clear(&clerk->desk))
            break;
    }
    lbx_pg_close(clerk->pg);
    clerk->pg = NULL;
    writer_done(&clerk->writer);
    return NULL;
}

void sender_wake(struct lbx_worker *worker) {
    (void)worker;
    for (size_t i = 0; i < senders.started; i++)
        desk_wake(&senders.clerks[i].desk);
}

/* ---- the part ---- */

static int ms_of(int64_t us, int64_t most_us) {
    int64_t ms = (us < most_us ? us : most_us) / LBX_MS_US;
    return ms > 0 ? (int)ms : 1;
}

static enum lbx_err open_relays(const struct lbx_settings *settings) {
    const struct lbx_smtp_config config = {
        .url = settings->smtp_url,
        .password = settings->smtp_password[0] ? settings->smtp_password : NULL,
        .ca_file = settings->smtp_ca_file[0] ? settings->smtp_ca_file : NULL,
        .timeout_ms = ms_of(settings->smtp_timeout, TIMEOUT_MOST_US),
        .connect_timeout_ms = ms_of(settings->smtp_timeout, CONNECT_MOST_US),
    };
    const int64_t down_us =
        settings->mail_retry < RELAY_DOWN_US ? settings->mail_retry : RELAY_DOWN_US;
    char why[LBX_SMTP_WHY_SIZE];
    enum lbx_err err = lbx_relays_new(&config, down_us, &senders.relays, why);
    return err == LBX_OK
               ? LBX_OK
               : lbx_settings_refuse(
                     "LOCKBOX_SMTP_URL, LOCKBOX_SMTP_PASSWORD or LOCKBOX_SMTP_CA_FILE", why);
}

/* Message-IDs are made of its domain, and have the same limit as an address. */
static enum lbx_err check_sender(const char *mail_from) {
    char longest[LBX_UUID_SIZE + LBX_SMTP_ADDRESS_MAX];
    const char *why = lbx_smtp_address_check(mail_from);
    if (!why) {
        (void)snprintf(longest, sizeof longest, "%.*s%s", LBX_UUID_SIZE - 1,
                       "00000000-0000-0000-0000-000000000000", strrchr(mail_from, '@'));
        why = lbx_smtp_address_check(longest) ? "its domain is longer than 217 characters" : NULL;
    }
    return why ? lbx_settings_refuse("LOCKBOX_MAIL_FROM", why) : LBX_OK;
}

static enum lbx_err sender_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    (void)declaration;
    enum lbx_err err = check_sender(worker->settings.mail_from);
    if (err == LBX_OK)
        err = open_relays(&worker->settings);
    if (err == LBX_OK)
        err = wording_open(&worker->settings, &senders.templates);
    if (err == LBX_OK)
        err = pool_open(senders.relays, (size_t)worker->settings.mail_sessions);
    if (err != LBX_OK)
        return err;
    for (; senders.started < CLERKS; senders.started++) {
        struct clerk *clerk = &senders.clerks[senders.started];
        clerk->worker = worker;
        clerk->writer.templates = senders.templates;
        clerk->writer.settings = &worker->settings;
        clerk->target = TARGET_LEAST;
        desk_open(&clerk->desk);
        if (pthread_create(&senders.threads[senders.started], NULL, clerk_main, clerk) != 0)
            return LBX_ERR_INTERNAL;
    }
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
    pool_stop();
    for (size_t i = 0; i < senders.started; i++)
        desk_wake(&senders.clerks[i].desk);
    while (senders.started > 0)
        pthread_join(senders.threads[--senders.started], NULL);
    pool_close();
    lbx_mail_templates_free(senders.templates);
    lbx_relays_free(senders.relays);
}

const struct lbx_part sender_part = {
    .open = sender_open,
    .serve = sender_serve,
    .close = sender_close,
};
