/* The SMTP sessions: threads that take mails from one queue, one mail at a time, as pace.h says.
 *
 * A dispatcher submits mails, and finds them with results in its completion queue. All functions
 * may be called from any thread, but a completion queue belongs to one dispatcher. */
#ifndef LBX_NOTIFIER_SESSIONS_H
#define LBX_NOTIFIER_SESSIONS_H

#include "queue.h"
#include "smtp/relays.h"

struct sessions;

/* limit: most mails sent at a time. relays is borrowed until sessions_close. LBX_ERR_INTERNAL:
 * no thread can be started. *ret_sessions is set in any case; sessions_stop and sessions_close
 * must follow. */
enum lbx_err sessions_open(struct lbx_relays *relays, size_t limit, struct sessions **ret_sessions)
    LBX_MUST_CHECK;

/* The same for another kind of messages. send is called as lbx_relays_send is, for each session,
 * and calls source->next and source->done on its thread. */
typedef void sessions_send_fn(void *context, struct lbx_smtp_session *session,
                              const struct lbx_smtp_source *source);
enum lbx_err sessions_open_with(sessions_send_fn *send, void *context, size_t limit,
                                struct sessions **ret_sessions) LBX_MUST_CHECK;

/* No mail begins any more; those being sent have some seconds. */
void sessions_stop(struct sessions *sessions);
bool sessions_stopping(struct sessions *sessions);

/* Waits until all sessions have ended, and frees everything. Mails left in a queue still belong
 * to their claims. */
void sessions_close(struct sessions *sessions);

/* ---- for dispatchers ---- */

void completion_open(struct completion_queue *completions);

/* Queues a mail. */
void sessions_submit(struct sessions *sessions, struct completion_queue *completions,
                     struct mail *mail);
/* Adds a mail to the completion queue with its result, unsent. */
void sessions_complete(struct sessions *sessions, struct completion_queue *completions,
                       struct mail *mail);
/* Takes back mails that no session has begun, submitted before before_us. */
struct mail *sessions_withdraw(struct sessions *sessions, struct completion_queue *completions,
                               int64_t before_us);
/* Takes the mails with a result. */
struct mail *sessions_take_completed(struct sessions *sessions,
                                     struct completion_queue *completions);
/* Whether the dispatcher has no mails here, with or without a result. */
bool sessions_is_empty(struct sessions *sessions, struct completion_queue *completions);

/* Ends the current sessions_await, or the next one. */
void sessions_wake(struct sessions *sessions, struct completion_queue *completions);

/* Waits until there is work (completion_is_ready), a mail has waited for STALE_US, or until_us.
 * *ret_woken: sessions_wake was called. Returns how many mails wait for a session. */
size_t sessions_await(struct sessions *sessions, struct completion_queue *completions,
                      size_t low_watermark, int64_t until_us, bool *ret_woken);
/* Waits until until_us whatever happens, or until sessions_stop. */
void sessions_pause(struct sessions *sessions, struct completion_queue *completions,
                    int64_t until_us);

#endif
