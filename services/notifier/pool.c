#include "pool.h"

#include "base/clock.h"
#include "worker/worker.h"

#include <stdlib.h>

#define IDLE_US LBX_SECOND_US              /* a session without a mail is ended */
#define USUAL_AT_FIRST_US (50 * LBX_MS_US) /* what a mail takes, until there were some */
#define SLOW_LEAST_US (5 * LBX_MS_US)      /* slow is SLOW times the usual, but not less, */
#define BEGIN_US (250 * LBX_MS_US)      /* a session that is to begin takes its mail within this */
#define PATIENCE_LEAST_US LBX_SECOND_US /* and patience PATIENCE times, but not less, */
#define PATIENCE_AMONG_OTHERS_US                                                                   \
    (300 * LBX_MS_US) /* or than this where OTHERS went through meanwhile: it is not the relay */
#define LONGEST_US (15 * 60 * LBX_SECOND_US) /* no mail takes longer, whatever it is doing */
#define STOP_GRACE_US (3 * LBX_SECOND_US)    /* for a mail under way when stopping */
#define STOP_GRACE_IN_BODY_US (6 * LBX_SECOND_US)
#define STALE_US (5 * LBX_SECOND_US)
#define GATHER_US (40 * LBX_MS_US) /* done mails are settled together */
#define MIND_US (200 * LBX_MS_US)  /* the sessions are looked at this often, */
#define MIND_LEAST_US                                                                              \
    (1 * LBX_MS_US) /* and where mails wait as often as one may have become slow */
enum {
    GATHER = 128,
    OTHERS = 50,
    GROWTH = 10,
    SLOW = 8,
    PATIENCE = 20,
    SESSIONS_MAX = 400,
    STACK = 512 * 1024
};

/* A session's thread. */
struct line {
    struct lbx_smtp_line *smtp;
    struct mail *mail;  /* under way */
    int64_t since_us;   /* when it took the mail, or was done with the last */
    size_t done_before; /* pool.mails_done when it took the mail */
    bool first;         /* its session began, or is to begin, with this mail */
    bool slow;          /* with this mail, so that another line may take one in its stead */
    bool in_session;    /* has taken a mail, and the session is not over as far as is known */
    bool waits;         /* for a mail */
    bool idled;         /* waited, and gave up */
    struct line *next;
};

static struct {
    struct lbx_relays *relays;
    size_t sessions, sessions_max;
    pthread_mutex_t lock;
    pthread_cond_t ready; /* a mail may be begun, or there is a reason to end */
    pthread_cond_t gone;  /* a line ended */
    pthread_cond_t mind;  /* the minder has to look */
    pthread_t minder;
    struct mail *first, **end;
    size_t waiting;
    struct line *lines;
    size_t running;    /* lines */
    size_t idle;       /* those that wait for a mail */
    size_t slow;       /* those with a mail that are, */
    size_t active;     /* and those that are not: at most at_a_time() */
    size_t mails_done; /* since the start */
    /* Four of five mails take less, roughly: of those with which a session began, and of the others. */
    double first_usual_us, usual_us;
    bool stopping;
    int64_t stopping_since_us;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .end = &pool.first,
          .first_usual_us = USUAL_AT_FIRST_US,
          .usual_us = USUAL_AT_FIRST_US};

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

static double *usual_us(const struct line *line) {
    return line->first ? &pool.first_usual_us : &pool.usual_us;
}

static int64_t slow_after_us(double usual) {
    return at_least(SLOW * usual, SLOW_LEAST_US);
}

static int64_t slow_us(const struct line *line) {
    return slow_after_us(*usual_us(line));
}

static int64_t patience_us(const struct line *line) {
    const bool others_went = pool.mails_done - line->done_before >= OTHERS;
    return at_least(PATIENCE * *usual_us(line),
                    others_went ? PATIENCE_AMONG_OTHERS_US : PATIENCE_LEAST_US);
}

/* Upwards four steps' worth for one downwards. A mail that was cut took longer than it had, nobody knows how
 * much: a small step, so that a relay that is slow with every mail gets the patience it needs, and many slow
 * recipients in a row do not spoil what is known of the others. */
static void learn(double *usual, int64_t took_us, bool was_cut) {
    *usual *= (double)took_us <= *usual ? 1 / 1.05 : was_cut ? 1.05 : 1.2;
}

/* ---- a session's side ---- */

/* One more while any is slow: the next may be already, and nobody knows yet. */
static size_t at_a_time(void) {
    return pool.sessions + (pool.slow > 0);
}

static bool may_begin(void) {
    return pool.first && pool.active < at_a_time();
}

/* Waits until it may begin a mail: for ever outside of a session, in one only a while. */
static bool await_mail(struct line *line) {
    const int64_t until_us = lbx_monotonic_us() + IDLE_US;
    line->idled = false;
    line->waits = true;
    pool.idle++;
    while (!pool.stopping && !may_begin() && !line->idled) {
        if (!line->in_session && pool.running <= pool.sessions)
            pthread_cond_wait(&pool.ready, &pool.lock);
        else if (lbx_monotonic_us() >= until_us)
            line->idled = true;
        else
            await_until(&pool.ready, until_us);
    }
    pool.idle--;
    line->waits = false;
    return !pool.stopping && may_begin();
}

static struct mail *take_first(void) {
    struct mail *mail = pool.first;
    struct desk *desk = mail->desk;
    pool.first = mail->next;
    if (!pool.first)
        pool.end = &pool.first;
    pool.waiting--;
    desk->on_wire++;
    if (desk->waiting-- == desk->low)
        pthread_cond_signal(&desk->changed);
    return mail;
}

static struct lbx_smtp_message *line_next(void *context) {
    struct line *line = context;
    struct mail *mail = NULL;
    lock();
    if (await_mail(line)) {
        mail = take_first();
        line->mail = mail;
        line->since_us = lbx_monotonic_us();
        line->done_before = pool.mails_done;
        line->first = !lbx_smtp_line_is_open(line->smtp);
        line->in_session = true;
        pool.active++;
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
    const bool was_cut = lbx_smtp_line_is_cut(line->smtp);
    line->mail = NULL;
    pool.mails_done++;
    mail->desk->on_wire--;
    back_to_desk(mail);
    learn(usual_us(line), mail->ended_us - line->since_us, was_cut);
    if (line->slow)
        pool.slow--;
    else
        pool.active--;
    line->slow = false;
    line->since_us = mail->ended_us;
    unlock();
}

static void leave(struct line *line) {
    struct line **at = &pool.lines;
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    pool.running--;
    pthread_cond_signal(&pool.gone);
}

static void *line_main(void *argument) {
    struct line *line = argument;
    (void)pthread_setname_np(pthread_self(), "session");
    const struct lbx_smtp_source source = {line_next, line_done, line};
    bool over = false;
    while (!over) {
        lbx_relays_send(pool.relays, line->smtp, &source);
        lbx_smtp_line_mend(line->smtp);
        lock();
        line->in_session = false;
        over = pool.stopping || (line->idled && pool.running > pool.sessions);
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
    line->since_us = lbx_monotonic_us();
    line->next = pool.lines;
    pool.lines = line;
    pool.running++;
    return true;
}

/* ---- minding the sessions ---- */

static void cut(struct line *line, const char *why, bool even_in_body) {
    (void)lbx_smtp_line_cut(line->smtp, why, even_in_body);
}

static int64_t earlier(int64_t one_us, int64_t other_us) {
    return one_us < other_us ? one_us : other_us;
}

/* Returns when it will be slow, LBX_NEVER_US: it is already. */
static int64_t mind_line(struct line *line, int64_t now_us) {
    const int64_t takes_us = now_us - line->since_us;
    if (takes_us > LONGEST_US)
        cut(line, "the mail took longer than any may", true);
    if (pool.stopping && now_us - pool.stopping_since_us > STOP_GRACE_US)
        cut(line, "the notifier stopped", now_us - pool.stopping_since_us > STOP_GRACE_IN_BODY_US);
    if (line->slow)
        return LBX_NEVER_US;
    if (takes_us < slow_us(line))
        return line->since_us + slow_us(line);
    line->slow = true;
    pool.slow++;
    pool.active--;
    return LBX_NEVER_US;
}

/* Cuts the one that has kept others waiting longest, if that is long. Returns when it will be. */
static int64_t hurry(int64_t now_us) {
    struct line *longest = NULL;
    for (struct line *line = pool.lines; line; line = line->next)
        if (line->mail && (!longest || line->since_us < longest->since_us) &&
            !lbx_smtp_line_is_cut(line->smtp) && !lbx_smtp_line_in_body(line->smtp))
            longest = line;
    if (!longest)
        return now_us + MIND_US;
    if (now_us - longest->since_us < patience_us(longest))
        return longest->since_us + patience_us(longest);
    cut(longest, "the relay was slow with it while others waited", false);
    return now_us;
}

/* Lines that will take a mail by themselves in a moment: between two mails, or cut. */
static size_t coming(int64_t now_us) {
    size_t count = 0;
    for (const struct line *line = pool.lines; line; line = line->next)
        count += line->mail ? lbx_smtp_line_is_cut(line->smtp)
                            : !line->waits && now_us - line->since_us < BEGIN_US;
    return count;
}

/* Sees to it that mails that may be begun are. Returns when to look again. */
static int64_t give_room(int64_t now_us) {
    const size_t room = pool.active < at_a_time() ? at_a_time() - pool.active : 0;
    size_t wanted = room < pool.waiting ? room : pool.waiting, have = coming(now_us);
    for (size_t i = 0; have < wanted && i < pool.idle; i++, have++)
        pthread_cond_signal(&pool.ready);
    for (; have < wanted; have++)
        if (pool.running == pool.sessions_max || !line_start())
            return hurry(now_us);
    return LBX_NEVER_US;
}

/* Looks after the lines, and returns when to do so again: while mails wait, before one that is taken in the next
 * moment may have become slow. */
static int64_t mind(int64_t now_us) {
    int64_t next_us = now_us + slow_after_us(pool.usual_us);
    for (struct line *line = pool.lines; line; line = line->next)
        if (line->mail)
            next_us = earlier(next_us, mind_line(line, now_us));
    if (pool.waiting > 0 && !pool.stopping)
        next_us = earlier(next_us, give_room(now_us));
    else
        next_us = now_us + MIND_US;
    next_us = earlier(next_us, now_us + MIND_US);
    return next_us > now_us + MIND_LEAST_US ? next_us : now_us + MIND_LEAST_US;
}

static void *minder_main(void *argument) {
    (void)argument;
    (void)pthread_setname_np(pthread_self(), "minder");
    lock();
    while (!pool.stopping || pool.running > 0) {
        const int64_t next_us = mind(lbx_monotonic_us());
        if (pool.running > pool.idle || pool.waiting > 0)
            await_until(&pool.mind, next_us);
        else
            pthread_cond_wait(&pool.mind, &pool.lock);
    }
    unlock();
    return NULL;
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
    desk->waiting++;
    if (pool.waiting++ == 0)
        pthread_cond_signal(&pool.mind);
    if (pool.idle > 0 && may_begin())
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

static bool has_work(const struct desk *desk, int64_t now_us) {
    const size_t out = desk->waiting + desk->on_wire;
    return desk->done_count >= GATHER || (desk->done_count && out == 0) ||
           (desk->done_count && now_us - desk->done_since_us >= GATHER_US) ||
           desk->waiting < desk->low || desk->woken ||
           (pool.stopping && (out == 0 || desk->waiting));
}

size_t desk_await(struct desk *desk, size_t low, int64_t until_us, bool *ret_woken) {
    lock();
    const int64_t stale_us = lbx_monotonic_us() + STALE_US;
    desk->low = low;
    for (;;) {
        const int64_t now_us = lbx_monotonic_us();
        int64_t wake_us = until_us;
        if (has_work(desk, now_us) || now_us >= until_us || (desk->waiting && now_us >= stale_us))
            break;
        if (desk->done_count)
            wake_us = earlier(wake_us, desk->done_since_us + GATHER_US);
        if (desk->waiting)
            wake_us = earlier(wake_us, stale_us);
        await_until(&desk->changed, wake_us);
    }
    desk->low = 0;
    *ret_woken = desk->woken;
    desk->woken = false;
    size_t waiting = desk->waiting;
    unlock();
    return waiting;
}

void desk_rest(struct desk *desk, int64_t until_us) {
    lock();
    while (!pool.stopping && lbx_monotonic_us() < until_us)
        await_until(&desk->changed, until_us);
    unlock();
}

/* ---- the pool ---- */

enum lbx_err pool_open(struct lbx_relays *relays, size_t sessions) {
    pool.relays = relays;
    pool.sessions = sessions < SESSIONS_MAX ? sessions : SESSIONS_MAX;
    pool.sessions_max = sessions * GROWTH < SESSIONS_MAX ? sessions * GROWTH : SESSIONS_MAX;
    cond_open(&pool.ready);
    cond_open(&pool.gone);
    cond_open(&pool.mind);
    bool started = pthread_create(&pool.minder, NULL, minder_main, NULL) == 0;
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
    pthread_cond_signal(&pool.mind);
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
    while (pool.running > 0)
        pthread_cond_wait(&pool.gone, &pool.lock);
    pthread_cond_signal(&pool.mind);
    unlock();
    pthread_join(pool.minder, NULL);
}
