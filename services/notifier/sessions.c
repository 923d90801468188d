/* Threads for the policy of pace.c: one for each session, and a watchdog. One lock guards the
 * pace, the queue and the completion queues. Promises to go on while at least one session's
 * thread could be started. Cannot fail: each mail has a result. */
#include "sessions.h"

#include "base/clock.h"
#include "pace.h"

#include <stdlib.h>

/* Time after which sessions_await returns for a waiting mail. */
#define STALE_US (5 * LBX_SECOND_US)
enum { STACK = 512 * 1024 };

struct session {
    struct pace_session pace; /* first member: pace.c returns pointers to it */
    struct sessions *sessions;
    struct lbx_smtp_session *smtp;
    struct mail *mail; /* the mail being sent; NULL: none */
};

struct sessions {
    sessions_send_fn *send;
    void *context; /* of send */
    pthread_mutex_t lock;
    pthread_cond_t ready; /* a mail may begin, or the thread must end */
    pthread_cond_t gone;  /* a session ended */
    pthread_cond_t look;  /* the watchdog must look */
    pthread_t watchdog;
    bool has_watchdog;
    struct pace pace;
    struct mail_queue queue;
};

static void lock(struct sessions *sessions) {
    pthread_mutex_lock(&sessions->lock);
}

static void unlock(struct sessions *sessions) {
    pthread_mutex_unlock(&sessions->lock);
}

static void cond_open(pthread_cond_t *cond) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void await_until(struct sessions *sessions, pthread_cond_t *cond, int64_t until_us) {
    const struct timespec until = {until_us / LBX_SECOND_US, until_us % LBX_SECOND_US * 1000};
    if (until_us == PACE_NEVER_US)
        (void)pthread_cond_wait(cond, &sessions->lock);
    else
        (void)pthread_cond_timedwait(cond, &sessions->lock, &until);
}

/* ---- actions of pace_step ---- */

static const char *words_of(enum pace_reason reason) {
    switch (reason) {
    case PACE_TOO_LONG:
        return "the mail took longer than any may";
    case PACE_STOPPED:
        return "the notifier stopped";
    case PACE_PREEMPTED:
        return "the relay was slow with it while others waited";
    }
    return "";
}

/* Carries out actions, except starting sessions, which only the watchdog does. */
static struct pace_actions step(struct sessions *sessions, const struct pace_event *event) {
    const struct pace_actions actions = pace_step(&sessions->pace, event, lbx_monotonic_us());
    for (size_t i = 0; i < actions.wake; i++)
        pthread_cond_signal(&sessions->ready);
    if (actions.look)
        pthread_cond_signal(&sessions->look);
    for (struct pace_session *pace = actions.cut; pace; pace = pace->next_cut)
        (void)lbx_smtp_session_cut(((struct session *)pace)->smtp, words_of(pace->reason),
                                   pace->even_in_body);
    return actions;
}

/* ---- a session's thread ---- */

static bool await_mail(struct session *session) {
    struct sessions *sessions = session->sessions;
    const struct pace_event asked = {.type = PACE_ASKED,
                                     .session = &session->pace,
                                     .is_first = !lbx_smtp_session_is_open(session->smtp)};
    for (;;) {
        const struct pace_actions actions = step(sessions, &asked);
        if (actions.next != PACE_WAIT)
            return actions.next == PACE_BEGIN;
        await_until(sessions, &sessions->ready, actions.wait_until_us);
    }
}

static struct lbx_smtp_message *next_message(void *context) {
    struct session *session = context;
    struct mail *mail = NULL;
    bool wake;
    lock(session->sessions);
    if (await_mail(session)) {
        mail = queue_take(&session->sessions->queue, &wake);
        session->mail = mail;
        if (wake)
            pthread_cond_signal(&mail->completions->changed);
    }
    unlock(session->sessions);
    return mail ? &mail->message : NULL;
}

static void complete(struct completion_queue *completions, struct mail *mail, bool was_taken) {
    if (completion_add(completions, mail, was_taken, lbx_monotonic_us()))
        pthread_cond_signal(&completions->changed);
}

static void message_done(void *context, struct lbx_smtp_message *message) {
    struct session *session = context;
    struct mail *mail = session->mail;
    (void)message;
    lock(session->sessions);
    const struct pace_event done = {.type = PACE_DONE,
                                    .session = &session->pace,
                                    .was_cut = lbx_smtp_session_is_cut(session->smtp)};
    session->mail = NULL;
    complete(mail->completions, mail, true);
    (void)step(session->sessions, &done);
    unlock(session->sessions);
}

static void session_free(struct session *session) {
    lbx_smtp_session_free(session->smtp);
    free(session);
}

static void *session_main(void *argument) {
    struct session *session = argument;
    struct sessions *sessions = session->sessions;
    const struct lbx_smtp_source source = {next_message, message_done, session};
    const struct pace_event closed = {.type = PACE_CLOSED, .session = &session->pace};
    enum pace_next next = PACE_GO_ON;
    (void)pthread_setname_np(pthread_self(), "session");
    while (next != PACE_END) {
        sessions->send(sessions->context, session->smtp, &source);
        lbx_smtp_session_reset(session->smtp);
        lock(sessions);
        next = step(sessions, &closed).next;
        if (next == PACE_END)
            pthread_cond_signal(&sessions->gone);
        unlock(sessions);
    }
    session_free(session);
    return NULL;
}

static bool session_start(struct sessions *sessions) {
    struct session *session = calloc(1, sizeof *session);
    pthread_attr_t attributes;
    pthread_t thread;
    if (!session)
        return false;
    session->sessions = sessions;
    session->smtp = lbx_smtp_session_new();
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    const bool started = pthread_create(&thread, &attributes, session_main, session) == 0;
    pthread_attr_destroy(&attributes);
    const struct pace_event event = {.type = PACE_STARTED, .session = &session->pace};
    if (started)
        (void)step(sessions, &event);
    else
        session_free(session);
    return started;
}

/* ---- the watchdog ---- */

/* Sets the state of the SMTP sessions in the pace. */
static void observe(struct sessions *sessions) {
    for (struct pace_session *pace = sessions->pace.sessions; pace; pace = pace->next) {
        const struct session *session = (struct session *)pace;
        pace->cut = session->mail && lbx_smtp_session_is_cut(session->smtp);
        pace->in_body = session->mail && lbx_smtp_session_in_body(session->smtp);
    }
}

/* Runs PACE_LOOK. Returns when to look again. */
static int64_t look(struct sessions *sessions) {
    static const struct pace_event event = {.type = PACE_LOOK};
    static const struct pace_event failed = {.type = PACE_START_FAILED};
    observe(sessions);
    struct pace_actions actions = step(sessions, &event);
    while (actions.start > 0 && session_start(sessions))
        actions.start--;
    if (actions.start == 0)
        return actions.look_at_us;
    const int64_t at_us = step(sessions, &failed).look_at_us;
    return at_us < actions.look_at_us ? at_us : actions.look_at_us;
}

static void *watchdog_main(void *argument) {
    struct sessions *sessions = argument;
    (void)pthread_setname_np(pthread_self(), "watchdog");
    lock(sessions);
    while (!sessions->pace.stopping || sessions->pace.running > 0)
        await_until(sessions, &sessions->look, look(sessions));
    unlock(sessions);
    return NULL;
}

/* ---- for dispatchers ---- */

void completion_open(struct completion_queue *completions) {
    *completions = (struct completion_queue){0};
    cond_open(&completions->changed);
}

void sessions_submit(struct sessions *sessions, struct completion_queue *completions,
                     struct mail *mail) {
    static const struct pace_event queued = {.type = PACE_QUEUED};
    lock(sessions);
    queue_put(&sessions->queue, completions, mail, lbx_monotonic_us());
    (void)step(sessions, &queued);
    unlock(sessions);
}

void sessions_complete(struct sessions *sessions, struct completion_queue *completions,
                       struct mail *mail) {
    lock(sessions);
    complete(completions, mail, false);
    unlock(sessions);
}

struct mail *sessions_withdraw(struct sessions *sessions, struct completion_queue *completions,
                               int64_t before_us) {
    struct pace_event withdrawn = {.type = PACE_WITHDRAWN};
    lock(sessions);
    struct mail *list = queue_withdraw(&sessions->queue, completions, before_us, &withdrawn.count);
    (void)step(sessions, &withdrawn);
    unlock(sessions);
    return list;
}

struct mail *sessions_take_completed(struct sessions *sessions,
                                     struct completion_queue *completions) {
    lock(sessions);
    struct mail *list = completion_take(completions);
    unlock(sessions);
    return list;
}

bool sessions_is_empty(struct sessions *sessions, struct completion_queue *completions) {
    lock(sessions);
    const bool is = completion_is_empty(completions);
    unlock(sessions);
    return is;
}

void sessions_wake(struct sessions *sessions, struct completion_queue *completions) {
    lock(sessions);
    completions->woken = true;
    pthread_cond_signal(&completions->changed);
    unlock(sessions);
}

/* Whether to wait, and until when. */
static bool must_wait(const struct sessions *sessions, const struct completion_queue *completions,
                      int64_t stale_us, int64_t until_us, int64_t *ret_wake_us) {
    const int64_t now_us = lbx_monotonic_us();
    const int64_t end_us = completions->todo > 0 && stale_us < until_us ? stale_us : until_us;
    *ret_wake_us = completion_ready_at_us(completions, end_us);
    return now_us < end_us && !completion_is_ready(completions, sessions->pace.stopping, now_us);
}

size_t sessions_await(struct sessions *sessions, struct completion_queue *completions,
                      size_t low_watermark, int64_t until_us, bool *ret_woken) {
    int64_t wake_us;
    lock(sessions);
    const int64_t stale_us = lbx_monotonic_us() + STALE_US;
    completions->low_watermark = low_watermark;
    while (must_wait(sessions, completions, stale_us, until_us, &wake_us))
        await_until(sessions, &completions->changed, wake_us);
    completions->low_watermark = 0;
    *ret_woken = completions->woken;
    completions->woken = false;
    const size_t todo = completions->todo;
    unlock(sessions);
    return todo;
}

void sessions_pause(struct sessions *sessions, struct completion_queue *completions,
                    int64_t until_us) {
    lock(sessions);
    while (!sessions->pace.stopping && lbx_monotonic_us() < until_us)
        await_until(sessions, &completions->changed, until_us);
    unlock(sessions);
}

/* ---- start and stop ---- */

static void send_by_relays(void *relays, struct lbx_smtp_session *session,
                           const struct lbx_smtp_source *source) {
    lbx_relays_send(relays, session, source);
}

enum lbx_err sessions_open(struct lbx_relays *relays, size_t limit,
                           struct sessions **ret_sessions) {
    return sessions_open_with(send_by_relays, relays, limit, ret_sessions);
}

enum lbx_err sessions_open_with(sessions_send_fn *send, void *context, size_t limit,
                                struct sessions **ret_sessions) {
    struct sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions || pthread_mutex_init(&sessions->lock, NULL) != 0)
        abort();
    sessions->send = send;
    sessions->context = context;
    pace_init(&sessions->pace, limit);
    queue_init(&sessions->queue);
    cond_open(&sessions->ready);
    cond_open(&sessions->gone);
    cond_open(&sessions->look);
    *ret_sessions = sessions;
    lock(sessions);
    bool started = true;
    while (started && sessions->pace.running < sessions->pace.limit)
        started = session_start(sessions);
    unlock(sessions);
    sessions->has_watchdog =
        started && pthread_create(&sessions->watchdog, NULL, watchdog_main, sessions) == 0;
    return sessions->has_watchdog ? LBX_OK : LBX_ERR_INTERNAL;
}

void sessions_stop(struct sessions *sessions) {
    static const struct pace_event stop = {.type = PACE_STOP};
    lock(sessions);
    (void)step(sessions, &stop);
    unlock(sessions);
}

bool sessions_stopping(struct sessions *sessions) {
    lock(sessions);
    const bool is = sessions->pace.stopping;
    unlock(sessions);
    return is;
}

void sessions_close(struct sessions *sessions) {
    lock(sessions);
    while (sessions->pace.running > 0)
        (void)pthread_cond_wait(&sessions->gone, &sessions->lock);
    pthread_cond_signal(&sessions->look);
    unlock(sessions);
    if (sessions->has_watchdog)
        pthread_join(sessions->watchdog, NULL);
    pthread_cond_destroy(&sessions->ready);
    pthread_cond_destroy(&sessions->gone);
    pthread_cond_destroy(&sessions->look);
    pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}
