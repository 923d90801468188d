/* The sessions with the mail relays: threads that take mails off one line, each a mail at a time.
 *
 * As many mails as there are to be sessions are under way at a time. One whose session is slow with it (by what
 * mails usually take) does not count among them: another session takes the next in its stead, up to ten times
 * as many; where even these are all slow and mails wait, the one that waited longest gives its mail up for
 * now. A session that was slow waits with the others for its turn, so that a mail taken for slow too early
 * costs nothing. So neither a recipient nor a relay that dawdles holds up the others, and a mail waits for
 * its own server only.
 */
#ifndef LBX_NOTIFIER_POOL_H
#define LBX_NOTIFIER_POOL_H

#include "mail.h"
#include "smtp/relays.h"

#include <pthread.h>

/* Where the mails of one who hands them in come back. The pool's lock guards it. */
struct desk {
    size_t waiting, on_wire; /* handed in, and not back */
    size_t low;              /* whoever waits at it wants to know that fewer wait */
    struct mail *done;       /* newest first */
    size_t done_count;
    int64_t done_since_us; /* the oldest of them */
    bool woken;
    pthread_cond_t changed;
};

/* sessions: as many as are kept going. relays is borrowed. */
enum lbx_err pool_open(struct lbx_relays *relays, size_t sessions) LBX_MUST_CHECK;

/* No mail is begun any more; those under way have some seconds. */
void pool_stop(void);
bool pool_stopping(void);

/* Waits until every session is over. Mails that nobody took back are forgotten. */
void pool_close(void);

void desk_open(struct desk *desk);
/* Hands a mail in. */
void desk_put(struct desk *desk, struct mail *mail);
/* Returns it at once, done as its result says. */
void desk_return(struct desk *desk, struct mail *mail);
/* Mails that still wait, and did so before put_before_us; they are out of the pool. */
struct mail *desk_withdraw(struct desk *desk, int64_t put_before_us);
/* Whether none is in the pool or came back. */
bool desk_is_clear(struct desk *desk);
/* Those that came back. */
struct mail *desk_take(struct desk *desk);
/* Wakes whoever waits at it. */
void desk_wake(struct desk *desk);

/* Waits until there is something to do at the desk: enough came back (or all, or some a while ago), fewer than
 * `low` still wait, some have waited for seconds, it was woken, the pool is stopping, or it is until_us.
 * *ret_woken: whether desk_wake was called. Returns how many wait. */
size_t desk_await(struct desk *desk, size_t low, int64_t until_us, bool *ret_woken);
/* Waits until until_us whatever comes back, or until the pool is stopping. */
void desk_rest(struct desk *desk, int64_t until_us);

#endif
