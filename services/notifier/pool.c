#include "pool.h"

#include "base/clock.h"

#include <stdlib.h>

#define IDLE_US LBX_SECOND_US                /* a session without a mail is ended */
#define USUAL_AT_FIRST_US (50 * LBX_MS_US)   /* what a mail takes, until there were some */
#define SLOW_LEAST_US (25 * LBX_MS_US)       /* slow is 8 times the usual, but not less */
#define PATIENCE_LEAST_US (500 * LBX_MS_US)  /* and patience 20 times, but not less */
#define LONGEST_US (15 * 60 * LBX_SECOND_US) /* no mail takes longer, whatever it is doing */
#define STOP_GRACE_US (3 * LBX_SECOND_US)    /* for a mail under way when stopping */
#define STOP_GRACE_IN_BODY_US (6 * LBX_SECOND_US)
#define STALE_US (5 * LBX_SECOND_US)
#define GATHER_US (20 * LBX_MS_US) /* done mails are settled together */
#define MIND_US                                                                                    \
    (200 * LBX_MS_US) /* the sessions are looked at this often, more often where mails wait */
enum { GATHER = 64, GROWTH = 10, SESSIONS_MAX = 400, STACK = 512 * 1024 };

/* A session's thread. */
struct line {
    struct lbx_smtp_line *smtp;
    struct mail *mail; /* under way */
    int64_t since_us;
    bool in_session;
    bool slow;
    bool surplus; /* to end: another has taken its place */
    struct line *next;
};

static struct {
    struct lbx_relays *relays;
    size_t sessions, sessions_max;
    pthread_mutex_t lock;
    pthread_cond_t ready; /* a mail waits, or there is a reason to end */
    pthread_cond_t gone;  /* a line ended */
    struct mail *first, **end;
    size_t waiting;
    struct line *lines;
    size_t running, slow;
    double usual_us; /* four of five mails take less, roughly */
    bool stopping;
    int64_t stopping_since_us;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .end = &pool.first, .usual_us = USUAL_AT_FIRST_US};

static void lock(void) {
    pthread_mutex_lock(&pool.lock);
}

static void unlock(void) {
    pthread_mutex_unlock(&pool.lock);
}

static void cond_open(pthread_cond_t *cond) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void await_until(pthread_cond_t *cond, int64_t until_us) {
    const struct timespec until = {until_us / LBX_SECOND_US, until_us % LBX_SECOND_US * 1000};
    (void)pthread_cond_timedwait(cond, &pool.lock, &until);
}

static int64_t at_least(double us, int64_t least_us) {
    return us > (double)least_us ? (int64_t)us : least_us;
}

static int64_t slow_us(void) {
    return at_least(8 * pool.usual_us, SLOW_LEAST_US);
}

static int64_t patience_us(void) {
    return at_least(20 * pool.usual_us, PATIENCE_LEAST_US);
}

/* Upwards four steps' worth for one downwards. A mail that was cut took longer than it had, nobody knows how
 * much: a small step, so that a relay that is slow with every mail gets the patience it needs, and many slow
 * recipients in a row do not spoil what is known of the others. */
static void learn(int64_t took_us, bool was_cut) {
    pool.usual_us *= (double)took_us <= pool.usual_us ? 1 / 1.05 : was_cut ? 1.05 : 1.2;
}

/* ---- a session's side ---- */

/* Waits for a mail: for ever outside of a session, in one only a while. */
static bool await_mail(const struct line *line) {
    const int64_t until_us = lbx_monotonic_us() + IDLE_US;
    while (!pool.stopping && !line->surplus && !pool.first) {
        if (!line->in_session)
            pthread_cond_wait(&pool.ready, &pool.lock);
        else if (lbx_monotonic_us() >= until_us)
            return false;
        else
            await_until(&pool.ready, until_us);
    }
    return !pool.stopping && !line->surplus;
}

static struct lbx_smtp_message *line_next(void *context) {
    struct line *line = context;
    struct mail *mail = NULL;
    lock();
    if (await_mail(line)) {
        mail = pool.first;
        pool.first = mail->next;
        if (!pool.first)
            pool.end = &pool.first;
        pool.waiting--;
        mail->desk->waiting--;
        mail->desk->on_wire++;
        line->mail = mail;
        line->since_us = lbx_monotonic_us();
        line->in_session = true;
    }
    unlock();
    return mail ? &mail->message : NULL;
}

static void back_to_desk(struct mail *mail) {
    struct desk *desk = mail->desk;
    mail->ended_us = lbx_monotonic_us();
    mail->next = desk->done;
    desk->done = mail;
    if (desk->done_count++ == 0)
        desk->done_since_us = mail->ended_us;
    if (desk->done_count == 1 || desk->done_count == GATHER || desk->on_wire + desk->waiting == 0)
        pthread_cond_signal(&desk->changed);
}

static void line_done(void *context, struct lbx_smtp_message *message) {
    struct line *line = context;
    (void)message;
    lock();
    struct mail *mail = line->mail;
    line->mail = NULL;
    mail->desk->on_wire--;
    back_to_desk(mail);
    learn(mail->ended_us - line->since_us, lbx_smtp_line_is_cut(line->smtp));
    if (line->slow) {
        line->slow = false;
        pool.slow--;
        line->surplus = pool.running - pool.slow > pool.sessions;
    }
    unlock();
}

static void leave(struct line *line) {
    struct line **at = &pool.lines;
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    pool.running--;
    pthread_cond_broadcast(&pool.gone);
}

static void *line_main(void *argument) {
    struct line *line = argument;
    const struct lbx_smtp_source source = {line_next, line_done, line};
    bool over = false;
    while (!over) {
        lbx_relays_send(pool.relays, line->smtp, &source);
        lbx_smtp_line_mend(line->smtp);
        lock();
        line->in_session = false;
        over = pool.stopping || line->surplus;
        if (over)
            leave(line);
        unlock();
    }
    lbx_smtp_line_free(line->smtp);
    free(line);
    return NULL;
}

static bool line_start(void) {
    struct line *line = calloc(1, sizeof *line);
    pthread_attr_t attributes;
    pthread_t thread;
    if (!line)
        return false;
    line->smtp = lbx_smtp_line_new();
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &attributes, line_main, line) == 0;
    pthread_attr_destroy(&attributes);
    if (!started) {
        lbx_smtp_line_free(line->smtp);
        free(line);
        return false;
    }
    line->next = pool.lines;
    pool.lines = line;
    pool.running++;
    return true;
}

/* ---- minding the sessions ---- */

static void cut(struct line *line, const char *why, bool even_in_body) {
    (void)lbx_smtp_line_cut(line->smtp, why, even_in_body);
}

static void mind_line(struct line *line, int64_t now_us) {
    const int64_t takes_us = now_us - line->since_us;
    if (!line->mail)
        return;
    if (!line->slow && takes_us > slow_us()) {
        line->slow = true;
        pool.slow++;
    }
    if (takes_us > LONGEST_US)
        cut(line, "the mail took longer than any may", true);
    if (pool.stopping && now_us - pool.stopping_since_us > STOP_GRACE_US)
        cut(line, "the notifier stopped", now_us - pool.stopping_since_us > STOP_GRACE_IN_BODY_US);
}

static void hurry(int64_t now_us) {
    struct line *longest = NULL;
    for (struct line *line = pool.lines; line; line = line->next)
        if (line->mail && !lbx_smtp_line_is_cut(line->smtp) &&
            now_us - line->since_us > patience_us() &&
            (!longest || line->since_us < longest->since_us) && !lbx_smtp_line_in_body(line->smtp))
            longest = line;
    if (longest)
        cut(longest, "the relay was slow with it while others waited", false);
}

static void mind(void) {
    const int64_t now_us = lbx_monotonic_us();
    for (struct line *line = pool.lines; line; line = line->next)
        mind_line(line, now_us);
    if (pool.stopping || pool.waiting == 0)
        return;
    while (pool.running - pool.slow < pool.sessions && pool.running < pool.sessions_max)
        if (!line_start())
            return;
    if (pool.running == pool.slow)
        hurry(now_us);
}

/* ---- a desk's side ---- */

void desk_open(struct desk *desk) {
    *desk = (struct desk){0};
    cond_open(&desk->changed);
}

void desk_put(struct desk *desk, struct mail *mail) {
    lock();
    mail->desk = desk;
    mail->put_us = lbx_monotonic_us();
    mail->next = NULL;
    *pool.end = mail;
    pool.end = &mail->next;
    pool.waiting++;
    desk->waiting++;
    pthread_cond_signal(&pool.ready);
    unlock();
}

void desk_return(struct desk *desk, struct mail *mail) {
    lock();
    mail->desk = desk;
    back_to_desk(mail);
    unlock();
}

struct mail *desk_withdraw(struct desk *desk, int64_t put_before_us) {
    struct mail *list = NULL;
    lock();
    struct mail **at = &pool.first;
    while (*at) {
        struct mail *mail = *at;
        if (mail->desk == desk && mail->put_us < put_before_us) {
            *at = mail->next;
            mail->next = list;
            list = mail;
            pool.waiting--;
            desk->waiting--;
        } else {
            at = &mail->next;
        }
    }
    pool.end = at;
    unlock();
    return list;
}

bool desk_is_clear(struct desk *desk) {
    lock();
    bool is = desk->waiting == 0 && desk->on_wire == 0 && !desk->done;
    unlock();
    return is;
}

struct mail *desk_take(struct desk *desk) {
    lock();
    struct mail *list = desk->done;
    desk->done = NULL;
    desk->done_count = 0;
    unlock();
    return list;
}

void desk_wake(struct desk *desk) {
    lock();
    desk->woken = true;
    pthread_cond_signal(&desk->changed);
    unlock();
}

static bool has_work(const struct desk *desk, size_t low, int64_t now_us) {
    const size_t out = desk->waiting + desk->on_wire;
    return desk->done_count >= GATHER || (desk->done_count && out == 0) ||
           (desk->done_count && now_us - desk->done_since_us >= GATHER_US) || desk->waiting < low ||
           desk->woken || (pool.stopping && (out == 0 || desk->waiting));
}

size_t desk_await(struct desk *desk, size_t low, int64_t until_us, bool *ret_woken) {
    lock();
    const int64_t stale_us = lbx_monotonic_us() + STALE_US;
    for (;;) {
        const int64_t now_us = lbx_monotonic_us();
        const bool busy = desk->waiting + desk->on_wire > 0;
        int64_t wake_us = until_us;
        if (busy)
            mind();
        if (has_work(desk, low, now_us) || now_us >= until_us ||
            (desk->waiting && now_us >= stale_us))
            break;
        if (busy && now_us + MIND_US < wake_us)
            wake_us = now_us + MIND_US;
        if (desk->waiting && now_us + slow_us() < wake_us)
            wake_us = now_us + slow_us();
        if (desk->done_count && desk->done_since_us + GATHER_US < wake_us)
            wake_us = desk->done_since_us + GATHER_US;
        await_until(&desk->changed, wake_us);
    }
    *ret_woken = desk->woken;
    desk->woken = false;
    size_t waiting = desk->waiting;
    unlock();
    return waiting;
}

void desk_rest(struct desk *desk, int64_t until_us) {
    lock();
    for (int64_t now_us; !pool.stopping && (now_us = lbx_monotonic_us()) < until_us;) {
        mind();
        await_until(&desk->changed, until_us < now_us + MIND_US ? until_us : now_us + MIND_US);
    }
    unlock();
}

/* ---- the pool ---- */

enum lbx_err pool_open(struct lbx_relays *relays, size_t sessions) {
    pool.relays = relays;
    pool.sessions = sessions < SESSIONS_MAX ? sessions : SESSIONS_MAX;
    pool.sessions_max = sessions * GROWTH < SESSIONS_MAX ? sessions * GROWTH : SESSIONS_MAX;
    cond_open(&pool.ready);
    cond_open(&pool.gone);
    bool started = true;
    lock();
    while (started && pool.running < pool.sessions)
        started = line_start();
    unlock();
    return started ? LBX_OK : LBX_ERR_INTERNAL;
}

void pool_stop(void) {
    lock();
    pool.stopping = true;
    pool.stopping_since_us = lbx_monotonic_us();
    pthread_cond_broadcast(&pool.ready);
    unlock();
}

bool pool_stopping(void) {
    lock();
    bool is = pool.stopping;
    unlock();
    return is;
}

void pool_close(void) {
    lock();
    while (pool.running > 0) {
        mind();
        await_until(&pool.gone, lbx_monotonic_us() + MIND_US);
    }
    unlock();
}
