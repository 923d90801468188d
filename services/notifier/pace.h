/* Pace: how many mails are sent at a time, which sessions are slow, when a session is started, and
 * when a mail is preempted.
 *
 * pace_step is a pure function of state, event and time, which returns actions. sessions.c carries
 * these out.
 *
 * At most `limit` mails are sent at a time. A mail that takes much longer than usual is slow,
 * and does not count: another session takes the next mail, up to PACE_GROWTH times as many
 * sessions. If all these are busy and mails wait, the mail that has taken longest is preempted.
 * A session that was slow competes with others for its next mail, so that a wrong guess costs
 * nothing. */
#ifndef LBX_NOTIFIER_PACE_H
#define LBX_NOTIFIER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACE_GROWTH = 10, PACE_SESSIONS_MAX = 400 };

#define PACE_NEVER_US INT64_MAX

enum pace_phase {
    PACE_BETWEEN, /* has no mail, and has not asked for one */
    PACE_WAITING, /* asked for a mail, and has none yet */
    PACE_SENDING, /* has a mail that counts against the limit */
    PACE_SLOW,    /* has a mail that does not count */
};

/* Why a session must be cut. */
enum pace_reason { PACE_TOO_LONG, PACE_STOPPED, PACE_PREEMPTED };

/* A session's thread. The caller owns the memory, from PACE_STARTED until the answer PACE_END to
 * PACE_CLOSED. */
struct pace_session {
    /* Set by the caller before PACE_LOOK: */
    bool cut;     /* the SMTP session was told to end */
    bool in_body; /* a message's body is being sent: a cut may cause a duplicate */

    /* Internal to pace_step: */
    enum pace_phase phase;
    bool first;                /* this mail is the first of its connection */
    bool connected;            /* took a mail since the connection was last closed */
    bool idled;                /* waited for a mail in vain */
    int64_t since_us;          /* when it took the mail, finished the last one, or was started */
    int64_t idle_until_us;     /* PACE_WAITING: until when the connection is kept */
    size_t done_before;        /* pace.mails_done when it took the mail */
    struct pace_session *next; /* in pace.sessions */

    /* Set in the list pace_actions.cut. */
    enum pace_reason reason;
    bool even_in_body;
    struct pace_session *next_cut;
};

/* Initialised by pace_init; internal to pace.c and its test. */
struct pace {
    size_t limit, sessions_max;
    struct pace_session *sessions;
    size_t running; /* all sessions */
    size_t waiting; /* sessions that wait for a mail */
    size_t sending; /* sessions with a mail that counts against the limit */
    size_t slow;    /* sessions with a slow mail */
    size_t queued;  /* mails that wait for a session */
    size_t mails_done;
    bool at_most; /* the last look needed more sessions than sessions_max, and preempted */
    /* About the 80th percentile of a mail's time: of the first in a connection, and of later
     * ones. */
    double usual_first_us, usual_us;
    bool stopping;
    int64_t stopping_since_us;
};

enum pace_event_type {
    PACE_QUEUED,       /* a mail was queued */
    PACE_WITHDRAWN,    /* `count` mails left the queue unsent */
    PACE_STARTED,      /* a session's thread was started; session is zeroed */
    PACE_START_FAILED, /* a session that PACE_LOOK asked for could not be started */
    /* A session asks for a mail, or again after a wake-up; is_first: it has no connection. */
    PACE_ASKED,
    PACE_DONE,   /* a session's mail has a result; was_cut: because of a cut */
    PACE_CLOSED, /* a session's connection is closed */
    PACE_LOOK,   /* look_at_us was reached, or look was set */
    PACE_STOP,   /* no more mails may begin */
};

struct pace_event {
    enum pace_event_type type;
    struct pace_session *session; /* for PACE_STARTED, ASKED, DONE, CLOSED */
    size_t count;
    bool is_first, was_cut;
};

/* What the event's session does next. */
enum pace_next {
    PACE_BEGIN, /* ASKED: take the first mail of the queue */
    PACE_WAIT,  /* ASKED: wait for a wake-up or wait_until_us, and ask again */
    PACE_GO_ON, /* CLOSED: ask for another mail */
    PACE_END,   /* ASKED: close the connection. CLOSED: end the thread */
};

struct pace_actions {
    enum pace_next next;      /* for ASKED and CLOSED */
    int64_t wait_until_us;    /* for PACE_WAIT; PACE_NEVER_US: no time-out */
    size_t wake;              /* number of waiting sessions to wake */
    size_t start;             /* number of sessions to start */
    struct pace_session *cut; /* sessions to cut: a list by next_cut */
    bool look;                /* PACE_LOOK is due now */
    /* For LOOK and START_FAILED: when the next look is due; PACE_NEVER_US: when look is set. */
    int64_t look_at_us;
};

/* limit: most mails sent at a time, from 1 to PACE_SESSIONS_MAX. */
void pace_init(struct pace *pace, size_t limit);

/* now_us: lbx_monotonic_us, not before the last event's. */
struct pace_actions pace_step(struct pace *pace, const struct pace_event *event, int64_t now_us);

#endif
