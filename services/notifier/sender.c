/* Opens relays, templates, sessions and dispatchers, and closes them in reverse order. Fails at
 * the start on a wrong setting, which is logged. */
#include "sender.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "dispatcher.h"
#include "hooks.h"

#include <stdio.h>
#include <string.h>

/* One dispatcher keeps the SMTP sessions busy while the other waits for the database or composes. */
enum { DISPATCHERS = 2, HOOK_SESSIONS = 4 };
#define TIMEOUT_MOST_US (3600 * LBX_SECOND_US)
#define CONNECT_MOST_US (10 * LBX_SECOND_US)
#define RELAY_DOWN_US (30 * LBX_SECOND_US)

struct sender {
    struct lbx_relays *relays;
    struct lbx_mail_templates *templates;
    struct sessions *sessions;
    struct dispatcher dispatchers[DISPATCHERS];
    size_t started; /* number of running dispatchers */
    /* Webhooks have their own sessions and dispatcher, so that slow ones do not delay mails. */
    struct hooks hooks;
    struct sessions *hook_sessions;
    struct dispatcher hook_dispatcher;
    bool hooks_started;
};

/* ---- settings ---- */

static int ms_of(int64_t us, int64_t most_us) {
    int64_t ms = (us < most_us ? us : most_us) / LBX_MS_US;
    return ms > 0 ? (int)ms : 1;
}

static enum lbx_err open_relays(const struct lbx_settings *settings,
                                struct lbx_relays **ret_relays) {
    const struct lbx_smtp_config config = {
        .url = settings->smtp_url,
        .plaintext_too = settings->allow_plaintext,
        .password = settings->smtp_password[0] ? settings->smtp_password : NULL,
        .ca_file = settings->smtp_ca_file[0] ? settings->smtp_ca_file : NULL,
        .timeout_ms = ms_of(settings->smtp_timeout, TIMEOUT_MOST_US),
        .connect_timeout_ms = ms_of(settings->smtp_timeout, CONNECT_MOST_US),
    };
    const int64_t down_us =
        settings->mail_retry < RELAY_DOWN_US ? settings->mail_retry : RELAY_DOWN_US;
    char why[LBX_SMTP_WHY_SIZE];
    enum lbx_err err = lbx_relays_new(&config, down_us, ret_relays, why);
    return err == LBX_OK
               ? LBX_OK
               : lbx_settings_refuse(
                     "LOCKBOX_SMTP_URL, LOCKBOX_SMTP_PASSWORD or LOCKBOX_SMTP_CA_FILE", why);
}

/* Checks the address, whose domain is part of Message-IDs. */
static enum lbx_err check_mail_from(const char *mail_from) {
    char longest[LBX_UUID_SIZE + LBX_SMTP_ADDRESS_MAX];
    const char *why = lbx_smtp_address_check(mail_from);
    if (!why) {
        (void)snprintf(longest, sizeof longest, "%.*s%s", LBX_UUID_SIZE - 1,
                       "00000000-0000-0000-0000-000000000000", strrchr(mail_from, '@'));
        why = lbx_smtp_address_check(longest) ? "its domain is longer than 217 characters" : NULL;
    }
    return why ? lbx_settings_refuse("LOCKBOX_MAIL_FROM", why) : LBX_OK;
}

/* ---- webhooks ---- */

static enum lbx_err open_hooks(struct sender *sender, struct lbx_worker *worker) {
    enum lbx_err err = hooks_open(&worker->settings, &sender->hooks);
    if (err == LBX_OK)
        err = sessions_open_with(hooks_send, &sender->hooks, HOOK_SESSIONS, &sender->hook_sessions);
    if (err == LBX_OK)
        err = dispatcher_start(&sender->hook_dispatcher, worker, sender->hook_sessions,
                               sender->templates, true);
    sender->hooks_started = err == LBX_OK;
    return err;
}

/* Called after sessions_stop. */
static void close_hooks(struct sender *sender) {
    if (sender->hooks_started) {
        dispatcher_wake(&sender->hook_dispatcher);
        dispatcher_join(&sender->hook_dispatcher);
    }
    if (sender->hook_sessions)
        sessions_close(sender->hook_sessions);
    explicit_bzero(sender->hooks.seed, sizeof sender->hooks.seed);
}

/* ---- the part ---- */

static void sender_close(void *state) {
    struct sender *sender = state;
    if (sender->hook_sessions)
        sessions_stop(sender->hook_sessions);
    if (sender->sessions)
        sessions_stop(sender->sessions);
    close_hooks(sender);
    for (size_t i = 0; i < sender->started; i++)
        dispatcher_wake(&sender->dispatchers[i]);
    while (sender->started > 0)
        dispatcher_join(&sender->dispatchers[--sender->started]);
    if (sender->sessions)
        sessions_close(sender->sessions);
    lbx_mail_templates_free(sender->templates);
    lbx_relays_free(sender->relays);
    free(sender);
}

static enum lbx_err start(struct sender *sender, struct lbx_worker *worker) {
    const struct lbx_settings *settings = &worker->settings;
    enum lbx_err err = check_mail_from(settings->mail_from);
    if (err == LBX_OK)
        err = open_relays(settings, &sender->relays);
    if (err == LBX_OK)
        err = compose_open_templates(settings, &sender->templates);
    if (err == LBX_OK)
        err = sessions_open(sender->relays, (size_t)settings->mail_sessions, &sender->sessions);
    while (err == LBX_OK && sender->started < DISPATCHERS) {
        err = dispatcher_start(&sender->dispatchers[sender->started], worker, sender->sessions,
                               sender->templates, false);
        sender->started += err == LBX_OK;
    }
    if (err == LBX_OK)
        err = open_hooks(sender, worker);
    return err;
}

static enum lbx_err sender_open(struct lbx_worker *worker, const void *declaration,
                                void **ret_state) {
    (void)declaration;
    struct sender *sender = lbx_calloc(sizeof *sender);
    enum lbx_err err = start(sender, worker);
    if (err == LBX_OK)
        *ret_state = sender;
    else
        sender_close(sender);
    return err;
}

static enum lbx_err sender_serve(void *state, int64_t *ret_wake_us) {
    (void)state;
    *ret_wake_us = LBX_NEVER_US;
    return LBX_OK;
}

const struct lbx_part sender_part = {
    .open = sender_open,
    .serve = sender_serve,
    .close = sender_close,
};

void sender_wake(struct lbx_worker *worker) {
    struct sender *sender = lbx_worker_part(worker, &sender_part);
    for (size_t i = 0; sender && i < sender->started; i++)
        dispatcher_wake(&sender->dispatchers[i]);
    if (sender && sender->hooks_started)
        dispatcher_wake(&sender->hook_dispatcher);
}
