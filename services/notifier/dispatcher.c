/* The loop of a dispatcher: one transaction on the ledger for all that is to do, then a wait for
 * work. Promises that a mail is settled before its memory is released, and settled or given back
 * before the thread ends. Fails: while the database is down, it waits with backoff, and keeps
 * unsettled results. */
#include "dispatcher.h"

#include "base/clock.h"

#include <string.h>

/* A claimed mail that waited longer for a session may have lost its claim. */
#define STALE_US (5 * LBX_SECOND_US)
enum { TARGET_LEAST = 8, TARGET_MOST = 256 };

static size_t count_of(const struct mail *list) {
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

static void append(struct mail **list, struct mail *more) {
    while (*list)
        list = &(*list)->next;
    *list = more;
}

/* Adapts how many mails are claimed ahead to twice the number that was sent: other notifiers may
 * claim the rest, instead of letting it wait here for slow sessions. */
static void adapt_target(struct dispatcher *dispatcher, size_t done) {
    const size_t half = dispatcher->target / 2, target = done * 2 > half ? done * 2 : half;
    dispatcher->target = target < TARGET_LEAST  ? TARGET_LEAST
                         : target > TARGET_MOST ? TARGET_MOST
                                                : target;
}

/* Composes and submits one mail after the other, so that the first is sent while later ones are
 * composed. */
static void submit_claimed(struct dispatcher *dispatcher) {
    const struct ledger *ledger = &dispatcher->ledger;
    struct completion_queue *completions = &dispatcher->completions;
    if (ledger->claimed == 0)
        return;
    struct claim *claim = claim_new();
    struct mail *mail = NULL;
    composer_begin(&dispatcher->composer, lbx_monotonic_us() + ledger->clock_ahead);
    for (size_t i = 0; i < ledger->claimed; i++) {
        mail = claim_read(ledger, i, claim, mail);
        if (compose(&dispatcher->composer, mail))
            sessions_submit(dispatcher->sessions, completions, mail);
        else
            sessions_complete(dispatcher->sessions, completions, mail);
    }
}

/* ---- refused values ---- */

/* Cuts the list after its first `count` mails, and returns the rest. */
static struct mail *cut(struct mail *list, size_t count) {
    for (; count > 1 && list; count--)
        list = list->next;
    struct mail *rest = list ? list->next : NULL;
    if (list)
        list->next = NULL;
    return rest;
}

/* Settles fewer mails in each transaction, down to the one that the database refuses. */
static enum lbx_err settle_by_parts(struct dispatcher *dispatcher) {
    struct ledger *ledger = &dispatcher->ledger;
    size_t most = count_of(dispatcher->unsettled);
    enum lbx_err err = LBX_OK;
    while (err == LBX_OK && dispatcher->unsettled) {
        struct mail *first = dispatcher->unsettled, *rest = cut(first, most);
        const size_t count = count_of(first);
        err = ledger_transact(ledger, first, NULL, 0);
        if (err == LBX_OK) {
            claim_release(first);
            dispatcher->unsettled = rest;
            most = count * 2;
        } else if (err == LBX_ERR_INVALID && count == 1 && !refused_is_full(&ledger->refused)) {
            refused_end(&ledger->refused, first, lbx_pg_sqlstate(ledger->pg));
            dispatcher->unsettled = rest;
            err = LBX_OK;
        } else {
            append(&dispatcher->unsettled, rest);
            most = count / 2;
            err = err == LBX_ERR_INVALID && count > 1 ? LBX_OK : err;
        }
        ledger_release(ledger);
    }
    return err;
}

/* Claims fewer mails in each transaction. If giving back fails, the claims end with the session. */
static enum lbx_err claim_by_parts(struct ledger *ledger, size_t *most) {
    enum lbx_err err = LBX_OK;
    while (err == LBX_OK && (err = ledger_transact(ledger, NULL, NULL, *most)) == LBX_ERR_INVALID) {
        if (*most > 1)
            err = LBX_OK;
        else if (!refused_is_full(&ledger->refused))
            err = ledger_leave_out_first(ledger);
        *most = (*most + 1) / 2;
    }
    return err;
}

static enum lbx_err transact_by_parts(struct dispatcher *dispatcher, const struct mail *give_back,
                                      size_t *claim_most) {
    struct ledger *ledger = &dispatcher->ledger;
    enum lbx_err err = settle_by_parts(dispatcher);
    if (err == LBX_OK && give_back)
        err = ledger_transact(ledger, NULL, give_back, 0);
    return err == LBX_OK && *claim_most > 0 ? claim_by_parts(ledger, claim_most) : err;
}

/* ---- a round ---- */

/* Runs one transaction, and handles its results. give_back is released in any case: after a
 * failure the claims end with the session. */
static enum lbx_err transact(struct dispatcher *dispatcher, struct mail *give_back,
                             size_t claim_most) {
    struct ledger *ledger = &dispatcher->ledger;
    enum lbx_err err = ledger_transact(ledger, dispatcher->unsettled, give_back, claim_most);
    if (err == LBX_ERR_INVALID)
        err = transact_by_parts(dispatcher, give_back, &claim_most);
    claim_release(give_back);
    if (err == LBX_OK) {
        claim_release(dispatcher->unsettled);
        dispatcher->unsettled = NULL;
        submit_claimed(dispatcher);
        if (ledger->claimed < claim_most)
            err = ledger_plan(ledger);
    }
    ledger_release(ledger);
    return err;
}

/* Does the work that is due. todo: number of mails that wait for a session. */
static enum lbx_err serve(struct dispatcher *dispatcher, size_t todo) {
    const int64_t now_us = lbx_monotonic_us();
    const bool stopping = sessions_stopping(dispatcher->sessions);
    struct mail *done = sessions_take_completed(dispatcher->sessions, &dispatcher->completions);
    struct mail *give_back = sessions_withdraw(dispatcher->sessions, &dispatcher->completions,
                                               stopping ? INT64_MAX : now_us - STALE_US);
    size_t claim_most = 0;
    if (done)
        adapt_target(dispatcher, count_of(done));
    append(&dispatcher->unsettled, done);
    append(&dispatcher->unsettled, refused_again(&dispatcher->ledger.refused, stopping));
    if (!stopping && now_us >= dispatcher->ledger.look_at_us && todo < dispatcher->target)
        claim_most = dispatcher->target - todo;
    if (!dispatcher->unsettled && !give_back && claim_most == 0)
        return LBX_OK;
    return transact(dispatcher, give_back, claim_most);
}

/* Waits for work. Returns how many mails wait for a session. */
static size_t await_work(struct dispatcher *dispatcher) {
    struct ledger *ledger = &dispatcher->ledger;
    const bool stopping = sessions_stopping(dispatcher->sessions);
    const bool may_claim = !stopping && lbx_monotonic_us() >= ledger->look_at_us;
    bool woken = false;
    const size_t todo = sessions_await(
        dispatcher->sessions, &dispatcher->completions, may_claim ? dispatcher->target / 2 + 1 : 0,
        may_claim || stopping ? INT64_MAX : ledger->look_at_us, &woken);
    if (woken)
        ledger->look_at_us = 0;
    return todo;
}

/* Handles the end of the database session, and of the claims with it. Mails that no SMTP session
 * has begun may be claimed by others. Mails being sent are settled later, unless another attempt
 * has begun. */
static void wait_out(struct dispatcher *dispatcher) {
    ledger_close(&dispatcher->ledger);
    claim_release(sessions_withdraw(dispatcher->sessions, &dispatcher->completions, INT64_MAX));
    sessions_pause(dispatcher->sessions, &dispatcher->completions,
                   lbx_monotonic_us() + lbx_backoff_next_us(&dispatcher->backoff));
    dispatcher->ledger.look_at_us = 0;
}

/* Whether the worker stops, and nothing is left to do. */
static bool is_over(struct dispatcher *dispatcher) {
    return sessions_stopping(dispatcher->sessions) && !dispatcher->unsettled &&
           sessions_is_empty(dispatcher->sessions, &dispatcher->completions);
}

static void *dispatcher_main(void *argument) {
    struct dispatcher *dispatcher = argument;
    size_t todo = 0;
    (void)pthread_setname_np(pthread_self(), "dispatcher");
    do {
        enum lbx_err err = ledger_open(&dispatcher->ledger);
        if (err == LBX_OK)
            err = serve(dispatcher, todo);
        if (err != LBX_OK && sessions_stopping(dispatcher->sessions))
            break;
        if (err == LBX_OK) {
            dispatcher->backoff = (struct lbx_backoff){0};
            todo = await_work(dispatcher);
        } else {
            wait_out(dispatcher);
            todo = 0;
        }
    } while (!is_over(dispatcher));
    claim_release(refused_again(&dispatcher->ledger.refused, true));
    refused_done(&dispatcher->ledger.refused);
    ledger_close(&dispatcher->ledger);
    composer_done(&dispatcher->composer);
    return NULL;
}

enum lbx_err dispatcher_start(struct dispatcher *dispatcher, struct lbx_worker *worker,
                              struct sessions *sessions, const struct lbx_mail_templates *templates,
                              bool webhooks) {
    *dispatcher = (struct dispatcher){
        .sessions = sessions,
        .ledger = {.worker = worker, .webhooks = webhooks},
        .composer = {.templates = templates, .settings = &worker->settings},
        .target = TARGET_LEAST,
    };
    completion_open(&dispatcher->completions);
    return pthread_create(&dispatcher->thread, NULL, dispatcher_main, dispatcher) == 0
               ? LBX_OK
               : LBX_ERR_INTERNAL;
}

void dispatcher_wake(struct dispatcher *dispatcher) {
    sessions_wake(dispatcher->sessions, &dispatcher->completions);
}

void dispatcher_join(struct dispatcher *dispatcher) {
    pthread_join(dispatcher->thread, NULL);
}
