/* Chooses the relay for each message: one that failed is tried last until its time is over, and
 * then by one thread first. Promises that each message is done: by a relay's reply, or with the
 * last relay's failure. Fails as relays.h says. */
#include "smtp/relays.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { RELAYS_MAX = 8 };

struct relay {
    struct lbx_smtp *smtp;
    int64_t down_until_us; /* lbx_monotonic_us; 0: not down */
};

struct lbx_relays {
    struct relay list[RELAYS_MAX];
    size_t count;
    int64_t down_for_us;
    pthread_mutex_t lock; /* guards down_until_us */
};

/* ---- settings ---- */

static bool has_user(const char *url) {
    return strchr(url, '@') != NULL;
}

static enum lbx_err add(struct lbx_relays *relays, const struct lbx_smtp_config *config, char *url,
                        char ret_why[LBX_SMTP_WHY_SIZE]) {
    struct lbx_smtp_config one = *config;
    if (relays->count == RELAYS_MAX) {
        (void)snprintf(ret_why, LBX_SMTP_WHY_SIZE, "more than %d relays", RELAYS_MAX);
        return LBX_ERR_INVALID;
    }
    one.url = url;
    /* no relay has a user: the first one reports that the password has none */
    if (!has_user(url) && (relays->count > 0 || strchr(config->url, '@')))
        one.password = NULL;
    enum lbx_err err = lbx_smtp_new(&one, &relays->list[relays->count].smtp, ret_why);
    if (err == LBX_OK)
        relays->count++;
    return err;
}

enum lbx_err lbx_relays_new(const struct lbx_smtp_config *config, int64_t down_for_us,
                            struct lbx_relays **ret_relays, char ret_why[LBX_SMTP_WHY_SIZE]) {
    static const char between[] = ", \t\r\n";
    struct lbx_relays *relays = lbx_calloc(sizeof *relays);
    char *urls LBX_FREE = strdup(config->url), *rest = urls;
    if (!urls || pthread_mutex_init(&relays->lock, NULL) != 0)
        abort();
    relays->down_for_us = down_for_us;
    enum lbx_err err = LBX_OK;
    for (char *url; err == LBX_OK && (url = strsep(&rest, between));)
        if (*url)
            err = add(relays, config, url, ret_why);
    if (err == LBX_OK && relays->count == 0) {
        (void)snprintf(ret_why, LBX_SMTP_WHY_SIZE, "no relay");
        err = LBX_ERR_INVALID;
    }
    if (err != LBX_OK) {
        lbx_relays_free(relays);
        return err;
    }
    *ret_relays = relays;
    return LBX_OK;
}

void lbx_relays_free(struct lbx_relays *relays) {
    if (!relays)
        return;
    for (size_t i = 0; i < relays->count; i++)
        lbx_smtp_free(relays->list[i].smtp);
    (void)pthread_mutex_destroy(&relays->lock);
    free(relays);
}

/* ---- order of relays ---- */

static bool is_down(const struct relay *relay, int64_t now_us) {
    return relay->down_until_us > now_us;
}

/* Orders the relays: those up, then those down, each in the given order. A relay whose time is
 * over is marked down again for other threads until this attempt is done, so that a dead one
 * costs one thread a time-out. */
static void put_in_order(struct lbx_relays *relays, size_t ret_order[RELAYS_MAX]) {
    const int64_t now_us = lbx_monotonic_us();
    size_t n = 0;
    pthread_mutex_lock(&relays->lock);
    for (int down = 0; down <= 1; down++)
        for (size_t i = 0; i < relays->count; i++)
            if (is_down(&relays->list[i], now_us) == down)
                ret_order[n++] = i;
    struct relay *first = &relays->list[ret_order[0]];
    if (first->down_until_us && !is_down(first, now_us))
        first->down_until_us = now_us + relays->down_for_us;
    pthread_mutex_unlock(&relays->lock);
}

static void note(struct lbx_relays *relays, size_t i, bool failed) {
    pthread_mutex_lock(&relays->lock);
    relays->list[i].down_until_us = failed ? lbx_monotonic_us() + relays->down_for_us : 0;
    pthread_mutex_unlock(&relays->lock);
}

static bool better_is_due(struct lbx_relays *relays, size_t than) {
    bool is = false;
    if (than == 0)
        return false;
    const int64_t now_us = lbx_monotonic_us();
    pthread_mutex_lock(&relays->lock);
    for (size_t i = 0; i < than; i++)
        is = is || !is_down(&relays->list[i], now_us);
    pthread_mutex_unlock(&relays->lock);
    return is;
}

/* ---- sending ---- */

/* The source as a session sees it: it ends when a preferred relay may be up again. */
struct watched {
    struct lbx_relays *relays;
    size_t relay;
    const struct lbx_smtp_source *source;
};

static struct lbx_smtp_message *watched_next(void *context) {
    struct watched *watched = context;
    if (better_is_due(watched->relays, watched->relay))
        return NULL;
    return watched->source->next(watched->source->context);
}

static void watched_done(void *context, struct lbx_smtp_message *message) {
    struct watched *watched = context;
    watched->source->done(watched->source->context, message);
}

/* Offers the message to each relay until one replies. Returns a message that must be offered
 * again. */
static struct lbx_smtp_message *offer(struct lbx_relays *relays, struct lbx_smtp_session *session,
                                      struct lbx_smtp_message *message,
                                      const struct lbx_smtp_source *source) {
    size_t order[RELAYS_MAX];
    put_in_order(relays, order);
    for (size_t i = 0; i < relays->count; i++) {
        struct watched watched = {relays, order[i], source};
        const struct lbx_smtp_source watching = {watched_next, watched_done, &watched};
        struct lbx_smtp_end end =
            lbx_smtp_session_run(relays->list[order[i]].smtp, session, message, &watching);
        const bool cut = lbx_smtp_session_is_cut(session);
        if (!cut)
            note(relays, order[i], end.failed);
        if (!end.left)
            return NULL;
        if (end.left_unheard && !cut)
            return end.left;
        message = end.left;
        if (cut)
            break;
    }
    source->done(source->context, message);
    return NULL;
}

void lbx_relays_send(struct lbx_relays *relays, struct lbx_smtp_session *session,
                     const struct lbx_smtp_source *source) {
    struct lbx_smtp_message *message = source->next(source->context);
    while (message)
        message = offer(relays, session, message, source);
}
