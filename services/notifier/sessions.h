/* The SMTP sessions: threads that take mails off one queue, each a mail at a time, at the pace of
 * pace.h.
 *
 * A dispatcher submits mails, and finds each in its completion queue once the mail has a result.
 * Every function may be called by any thread, but a completion queue belongs to one dispatcher.
 */
#ifndef LBX_NOTIFIER_SESSIONS_H
#define LBX_NOTIFIER_SESSIONS_H

#include "queue.h"
#include "smtp/relays.h"

struct sessions;

/* limit: mails under way at a time. relays is borrowed until sessions_close. LBX_ERR_INTERNAL: no
 * thread can be started. *ret_sessions is set either way, and ends with sessions_stop and
 * sessions_close. */
enum lbx_err sessions_open(struct lbx_relays *relays, size_t limit, struct sessions **ret_sessions)
    LBX_MUST_CHECK;

/* The same for another way of sending: send is given each session's messages, as lbx_relays_send is, and calls source->next and
 * source->done on its thread. */
typedef void sessions_send_fn(void *context, struct lbx_smtp_session *session,
                              const struct lbx_smtp_source *source);
enum lbx_err sessions_open_with(sessions_send_fn *send, void *context, size_t limit,
                                struct sessions **ret_sessions) LBX_MUST_CHECK;

/* No mail is begun any more; those under way have some seconds. */
void sessions_stop(struct sessions *sessions);
bool sessions_stopping(struct sessions *sessions);

/* Waits until every session has ended, and frees all. Mails that nobody took back stay their
 * claims'. */
void sessions_close(struct sessions *sessions);

/* ---- for dispatchers ---- */

void completion_open(struct completion_queue *completions);

/* Queues a mail. */
void sessions_submit(struct sessions *sessions, struct completion_queue *completions,
                     struct mail *mail);
/* Puts a mail with a result of its own into the completion queue, unsent. */
void sessions_complete(struct sessions *sessions, struct completion_queue *completions,
                       struct mail *mail);
/* Takes back mails that no session has begun, submitted before before_us. */
struct mail *sessions_withdraw(struct sessions *sessions, struct completion_queue *completions,
                               int64_t before_us);
/* Takes the mails that have a result. */
struct mail *sessions_take_completed(struct sessions *sessions,
                                     struct completion_queue *completions);
/* Whether the dispatcher has no mail here, with a result or without. */
bool sessions_is_empty(struct sessions *sessions, struct completion_queue *completions);

/* Ends sessions_await, now or at the next call. */
void sessions_wake(struct sessions *sessions, struct completion_queue *completions);

/* Waits until there is work (completion_is_ready), some mails have waited for seconds, or it is
 * until_us. *ret_woken: whether sessions_wake was called. Returns how many mails wait for a
 * session. */
size_t sessions_await(struct sessions *sessions, struct completion_queue *completions,
                      size_t low_watermark, int64_t until_us, bool *ret_woken);
/* Waits until until_us whatever comes, or until sessions_stop. */
void sessions_pause(struct sessions *sessions, struct completion_queue *completions,
                    int64_t until_us);

#endif
