/* Pace: how many mails are under way at a time, which sessions are slow, when a session is started,
 * and when a mail is preempted.
 *
 * pace_step is a pure function over state, event and time, and says what is to be done: no lock,
 * clock, memory or I/O. sessions.c carries the actions out.
 *
 * The policy. `limit` mails are under way at a time. A mail that takes much longer than mails
 * usually do is slow, and does not count against the limit: another session takes the next mail, up
 * to PACE_GROWTH times as many sessions. Where even these are all busy and mails wait, the mail
 * that has taken longest is preempted. A session that was slow competes with the others for its
 * next mail, so that a mail taken for slow too early costs nothing.
 */
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
    PACE_SENDING, /* has a mail, which counts against the limit */
    PACE_SLOW,    /* has a mail, which does not */
};

/* Why a session is to be cut. */
enum pace_reason { PACE_TOO_LONG, PACE_STOPPED, PACE_PREEMPTED };

/* A session's thread. The caller owns the memory, from PACE_STARTED until a PACE_CLOSED answers
 * PACE_END. */
struct pace_session {
    /* As the caller sees them before PACE_LOOK. */
    bool cut;     /* the SMTP session was told to end */
    bool in_body; /* a message's body is under way: ending now may make a duplicate */

    /* pace_step's own. */
    enum pace_phase phase;
    bool first;            /* its connection begins with this mail */
    bool connected;        /* has taken a mail since it was last closed */
    bool idled;            /* waited for a mail in vain */
    int64_t since_us;      /* when it took the mail, was done with the last one, or was started */
    int64_t idle_until_us; /* PACE_WAITING: a connection is kept this long */
    size_t done_before;    /* pace.mails_done when it took the mail */
    struct pace_session *next; /* in pace.sessions */

    /* Set where pace_actions.cut holds it. */
    enum pace_reason reason;
    bool even_in_body;
    struct pace_session *next_cut;
};

/* Starts with pace_init; read by nobody but pace.c and its test. */
struct pace {
    size_t limit, sessions_max;
    struct pace_session *sessions;
    size_t running; /* sessions, of which */
    size_t waiting; /* wait for a mail, */
    size_t sending; /* have a mail that counts against the limit, */
    size_t slow;    /* have a slow one */
    size_t queued;  /* mails that wait for a session */
    size_t mails_done;
    bool at_most; /* the last look wanted more sessions than sessions_max, and preempted */
    /* About the 80th percentile of what a mail takes: the first of a connection, and any later
     * one. */
    double usual_first_us, usual_us;
    bool stopping;
    int64_t stopping_since_us;
};

enum pace_event_type {
    PACE_QUEUED,       /* a mail was queued */
    PACE_WITHDRAWN,    /* count mails left the queue unsent */
    PACE_STARTED,      /* a session's thread was started; session is zeroed */
    PACE_START_FAILED, /* a session that PACE_LOOK asked for could not be started */
    /* A session asks for a mail, and again when it is woken; is_first: it has no connection. */
    PACE_ASKED,
    PACE_DONE,   /* a session's mail has a result; was_cut: because the session was cut */
    PACE_CLOSED, /* a session's connection is closed */
    PACE_LOOK,   /* the time that look_at_us named has come, or look was set */
    PACE_STOP,   /* no further mail is begun */
};

struct pace_event {
    enum pace_event_type type;
    struct pace_session *session; /* of PACE_STARTED, ASKED, DONE, CLOSED */
    size_t count;
    bool is_first, was_cut;
};

/* What the session of the event does next. */
enum pace_next {
    PACE_BEGIN, /* ASKED: takes the first mail of the queue */
    PACE_WAIT,  /* ASKED: waits until woken or until wait_until_us, and asks again */
    PACE_GO_ON, /* CLOSED: asks for another mail */
    PACE_END,   /* ASKED: closes its connection. CLOSED: its thread ends */
};

struct pace_actions {
    enum pace_next next;      /* for ASKED and CLOSED */
    int64_t wait_until_us;    /* for PACE_WAIT; PACE_NEVER_US: only until woken */
    size_t wake;              /* so many waiting sessions are to be woken */
    size_t start;             /* so many sessions are to be started */
    struct pace_session *cut; /* these are to be cut: a list by next_cut */
    bool look;                /* PACE_LOOK is due now */
    /* For LOOK and START_FAILED: when the next look is due; PACE_NEVER_US: once look is set. */
    int64_t look_at_us;
};

/* limit: mails under way at a time, at least 1; more than PACE_SESSIONS_MAX are not. */
void pace_init(struct pace *pace, size_t limit);

/* now_us: monotonic, not before that of the event before. */
struct pace_actions pace_step(struct pace *pace, const struct pace_event *event, int64_t now_us);

#endif
