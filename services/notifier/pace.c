/* The policy of pace.h, with a function for each event. PACE_LOOK, the watchdog's, has three
 * steps: find slow mails, start sessions, and preempt where none can be started. Cannot fail. */
#include "pace.h"

#include "base/clock.h"

/* Time after which an idle connection is closed. */
#define IDLE_US LBX_SECOND_US
/* Estimate of a mail's time, before the first one. */
#define USUAL_AT_FIRST_US (50 * LBX_MS_US)
/* Shortest time of a slow mail. */
#define SLOW_LEAST_US (5 * LBX_MS_US)
/* Time in which a session asks for its next mail. */
#define BEGIN_US (250 * LBX_MS_US)
/* Shortest time before preemption; the second one is for when OTHERS mails were sent meanwhile:
 * then the recipient is slow, not the relay. */
#define PATIENCE_LEAST_US LBX_SECOND_US
#define PATIENCE_AMONG_OTHERS_US (300 * LBX_MS_US)
/* Longest time of a mail, whether others wait or not. */
#define LONGEST_US (15 * 60 * LBX_SECOND_US)
/* Time for a mail under way at a stop; the second while its body is sent. */
#define STOP_GRACE_US (3 * LBX_SECOND_US)
#define STOP_GRACE_IN_BODY_US (6 * LBX_SECOND_US)
/* Time between two looks, while a session has a mail. */
#define LOOK_MOST_US (200 * LBX_MS_US)
#define LOOK_LEAST_US (1 * LBX_MS_US)
enum { OTHERS = 50, SLOW = 8, PATIENCE = 20 }; /* SLOW, PATIENCE: multiples of the usual time */

static int64_t at_least(double us, int64_t least_us) {
    return us > (double)least_us ? (int64_t)us : least_us;
}

static int64_t earlier(int64_t one_us, int64_t other_us) {
    return one_us < other_us ? one_us : other_us;
}

static size_t smaller(size_t one, size_t other) {
    return one < other ? one : other;
}

static bool has_mail(const struct pace_session *session) {
    return session->phase == PACE_SENDING || session->phase == PACE_SLOW;
}

/* ---- times of mails ---- */

static double *usual_of(struct pace *pace, const struct pace_session *session) {
    return session->first ? &pace->usual_first_us : &pace->usual_us;
}

static int64_t slow_after_us(double usual_us) {
    return at_least(SLOW * usual_us, SLOW_LEAST_US);
}

static int64_t patience_us(struct pace *pace, const struct pace_session *session) {
    const bool others_went = pace->mails_done - session->done_before >= OTHERS;
    return at_least(PATIENCE * *usual_of(pace, session),
                    others_went ? PATIENCE_AMONG_OTHERS_US : PATIENCE_LEAST_US);
}

/* Adapts the estimate. One step up equals four steps down, so that four of five mails take less.
 * A mail that was cut, which would have taken unknown longer, is a small step up: a relay that
 * is slow with every mail gets more time, and many slow recipients in a row do not change the
 * estimate for others. */
static void learn(double *usual_us, int64_t took_us, bool was_cut) {
    *usual_us *= (double)took_us <= *usual_us ? 1 / 1.05 : was_cut ? 1.05 : 1.2;
}

/* ---- the limit ---- */

/* The limit, plus one while a mail is slow, as the next mail may be slow, too. */
static size_t limit_now(const struct pace *pace) {
    return pace->limit + (pace->slow > 0);
}

static bool may_begin(const struct pace *pace) {
    return pace->queued > 0 && pace->sending < limit_now(pace);
}

/* ---- mails and sessions ---- */

static void on_queued(struct pace *pace, struct pace_actions *actions) {
    actions->look = pace->queued++ == 0;
    actions->wake = pace->waiting > 0 && may_begin(pace);
}

static void on_started(struct pace *pace, struct pace_session *session, int64_t now_us) {
    session->since_us = now_us;
    session->next = pace->sessions;
    pace->sessions = session;
    pace->running++;
}

static void begin(struct pace *pace, struct pace_session *session, bool is_first, int64_t now_us) {
    session->phase = PACE_SENDING;
    session->first = is_first;
    session->connected = true;
    session->since_us = now_us;
    session->done_before = pace->mails_done;
    pace->queued--;
    pace->sending++;
}

/* Handles a session that asks for a mail. Without a connection it waits for any time; a connection is kept for IDLE_US. */
static void on_asked(struct pace *pace, struct pace_session *session, bool is_first, int64_t now_us,
                     struct pace_actions *actions) {
    if (session->phase == PACE_BETWEEN) {
        session->phase = PACE_WAITING;
        session->idled = false;
        session->idle_until_us = now_us + IDLE_US;
        pace->waiting++;
    }
    const bool is_spare = session->connected || pace->running > pace->limit;
    const bool begins = !pace->stopping && may_begin(pace);
    if (!pace->stopping && !begins && (!is_spare || now_us < session->idle_until_us)) {
        actions->next = PACE_WAIT;
        actions->wait_until_us = is_spare ? session->idle_until_us : PACE_NEVER_US;
        return;
    }
    pace->waiting--;
    session->phase = PACE_BETWEEN;
    session->idled = !pace->stopping && !begins;
    actions->next = begins ? PACE_BEGIN : PACE_END;
    if (begins)
        begin(pace, session, is_first, now_us);
}

static void on_done(struct pace *pace, struct pace_session *session, bool was_cut, int64_t now_us) {
    pace->mails_done++;
    learn(usual_of(pace, session), now_us - session->since_us, was_cut);
    if (session->phase == PACE_SLOW)
        pace->slow--;
    else
        pace->sending--;
    session->phase = PACE_BETWEEN;
    session->since_us = now_us;
}

static void on_closed(struct pace *pace, struct pace_session *session,
                      struct pace_actions *actions) {
    session->connected = false;
    actions->next = PACE_GO_ON;
    if (!pace->stopping && !(session->idled && pace->running > pace->limit))
        return;
    actions->next = PACE_END;
    struct pace_session **at = &pace->sessions;
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    pace->running--;
}

static void on_stop(struct pace *pace, int64_t now_us, struct pace_actions *actions) {
    pace->stopping = true;
    pace->stopping_since_us = now_us;
    actions->wake = pace->waiting;
    actions->look = true;
}

/* ---- the watchdog ---- */

static void cut(struct pace_session *session, enum pace_reason reason, bool even_in_body,
                struct pace_actions *actions) {
    if (session->cut || (session->in_body && !even_in_body))
        return;
    session->cut = true;
    session->reason = reason;
    session->even_in_body = even_in_body;
    session->next_cut = actions->cut;
    actions->cut = session;
}

/* Checks a session's mail. Returns when the mail will be slow; PACE_NEVER_US: it is already. */
static int64_t watch(struct pace *pace, struct pace_session *session, int64_t now_us,
                     struct pace_actions *actions) {
    const int64_t takes_us = now_us - session->since_us;
    const int64_t slow_us = slow_after_us(*usual_of(pace, session));
    const int64_t stopping_us = pace->stopping ? now_us - pace->stopping_since_us : 0;
    if (takes_us > LONGEST_US)
        cut(session, PACE_TOO_LONG, true, actions);
    if (stopping_us > STOP_GRACE_US)
        cut(session, PACE_STOPPED, stopping_us > STOP_GRACE_IN_BODY_US, actions);
    if (session->phase == PACE_SLOW)
        return PACE_NEVER_US;
    if (takes_us < slow_us)
        return session->since_us + slow_us;
    session->phase = PACE_SLOW;
    pace->slow++;
    pace->sending--;
    return PACE_NEVER_US;
}

/* Cuts the session whose mail has taken longest, if that is too long for the mails that wait.
 * Returns when to look again. */
static int64_t preempt(struct pace *pace, int64_t now_us, struct pace_actions *actions) {
    struct pace_session *longest = NULL;
    for (struct pace_session *session = pace->sessions; session; session = session->next)
        if (has_mail(session) && !session->cut && !session->in_body &&
            (!longest || session->since_us < longest->since_us))
            longest = session;
    if (!longest)
        return now_us + LOOK_MOST_US;
    if (now_us - longest->since_us < patience_us(pace, longest))
        return longest->since_us + patience_us(pace, longest);
    cut(longest, PACE_PREEMPTED, false, actions);
    return now_us;
}

/* Sessions that will soon ask for a mail: those between two mails, and those that were cut. */
static size_t about_to_ask(const struct pace *pace, int64_t now_us) {
    size_t count = 0;
    for (const struct pace_session *session = pace->sessions; session; session = session->next)
        if (has_mail(session)
                ? session->cut
                : session->phase == PACE_BETWEEN && now_us - session->since_us < BEGIN_US)
            count++;
    return count;
}

/* Wakes and starts sessions for the mails that may begin, and preempts a mail where no session
 * may be started. Returns when to look again. */
static int64_t grow(struct pace *pace, int64_t now_us, struct pace_actions *actions) {
    const size_t room = pace->sending < limit_now(pace) ? limit_now(pace) - pace->sending : 0;
    const size_t wanted = smaller(room, pace->queued), coming = about_to_ask(pace, now_us);
    const size_t missing = wanted > coming ? wanted - coming : 0;
    actions->wake = smaller(missing, pace->waiting);
    actions->start = smaller(missing - actions->wake, pace->sessions_max - pace->running);
    pace->at_most = actions->wake + actions->start < missing;
    return pace->at_most ? preempt(pace, now_us, actions) : PACE_NEVER_US;
}

static int64_t not_too_soon(int64_t at_us, int64_t now_us) {
    return at_us > now_us + LOOK_LEAST_US ? at_us : now_us + LOOK_LEAST_US;
}

/* While mails wait, the next look is before a mail that begins now can become slow. */
static void on_look(struct pace *pace, int64_t now_us, struct pace_actions *actions) {
    int64_t next_us = now_us + slow_after_us(pace->usual_us);
    for (struct pace_session *session = pace->sessions; session; session = session->next)
        if (has_mail(session))
            next_us = earlier(next_us, watch(pace, session, now_us, actions));
    if (pace->queued > 0 && !pace->stopping)
        next_us = earlier(next_us, grow(pace, now_us, actions));
    else
        next_us = pace->running > pace->waiting || pace->queued > 0 ? now_us + LOOK_MOST_US
                                                                    : PACE_NEVER_US;
    if (next_us != PACE_NEVER_US)
        next_us = not_too_soon(earlier(next_us, now_us + LOOK_MOST_US), now_us);
    actions->look_at_us = next_us;
}

static void on_start_failed(struct pace *pace, int64_t now_us, struct pace_actions *actions) {
    if (!pace->at_most)
        actions->look_at_us = not_too_soon(preempt(pace, now_us, actions), now_us);
}

struct pace_actions pace_step(struct pace *pace, const struct pace_event *event, int64_t now_us) {
    struct pace_actions actions = {.look_at_us = PACE_NEVER_US};
    switch (event->type) {
    case PACE_QUEUED:
        on_queued(pace, &actions);
        break;
    case PACE_WITHDRAWN:
        pace->queued -= event->count;
        break;
    case PACE_STARTED:
        on_started(pace, event->session, now_us);
        break;
    case PACE_START_FAILED:
        on_start_failed(pace, now_us, &actions);
        break;
    case PACE_ASKED:
        on_asked(pace, event->session, event->is_first, now_us, &actions);
        break;
    case PACE_DONE:
        on_done(pace, event->session, event->was_cut, now_us);
        break;
    case PACE_CLOSED:
        on_closed(pace, event->session, &actions);
        break;
    case PACE_LOOK:
        on_look(pace, now_us, &actions);
        break;
    case PACE_STOP:
        on_stop(pace, now_us, &actions);
        break;
    }
    return actions;
}

void pace_init(struct pace *pace, size_t limit) {
    *pace = (struct pace){
        .limit = smaller(limit, PACE_SESSIONS_MAX),
        .sessions_max = smaller(limit * PACE_GROWTH, PACE_SESSIONS_MAX),
        .usual_first_us = USUAL_AT_FIRST_US,
        .usual_us = USUAL_AT_FIRST_US,
    };
}
