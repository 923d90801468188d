/* The queue of mails that wait for a session, and the completion queues of those that have a
 * result.
 *
 * Plain lists and counts: the caller holds a lock around all of it (sessions.c does), and owns the
 * mails.
 */
#ifndef LBX_NOTIFIER_QUEUE_H
#define LBX_NOTIFIER_QUEUE_H

#include "mail.h"

#include <pthread.h>

enum { COMPLETION_BATCH = 128 }; /* results that are settled at once, whatever else is under way */
#define COMPLETION_GATHER_US INT64_C(40000) /* results wait so long for others */

/* First in, first out; of all dispatchers. */
struct mail_queue {
    struct mail *first, **end;
};

/* One dispatcher's mails. Starts zeroed. */
struct completion_queue {
    size_t todo, busy;    /* submitted: waiting for a session; under way in one */
    size_t low_watermark; /* the dispatcher wants to know once todo is below it; 0: never */
    struct mail *done;    /* have a result, newest first */
    size_t done_count;
    int64_t done_since_us;  /* when the oldest of them came; valid while there is one */
    bool woken;             /* somebody else has work for the dispatcher */
    pthread_cond_t changed; /* the lock owner's: signalled where a function here returns true */
};

void queue_init(struct mail_queue *queue);

/* Appends a mail, whose result goes to completions. */
void queue_put(struct mail_queue *queue, struct completion_queue *completions, struct mail *mail,
               int64_t now_us);

/* Takes the first mail; there must be one. *ret_wake: its dispatcher is to be woken, todo fell
 * below the low watermark. */
struct mail *queue_take(struct mail_queue *queue, bool *ret_wake);

/* Takes out a dispatcher's mails that were submitted before before_us; *ret_count: how many. */
struct mail *queue_withdraw(struct mail_queue *queue, struct completion_queue *completions,
                            int64_t before_us, size_t *ret_count);

/* Adds a mail that has a result; was_taken: by queue_take, else it was never queued. Whether the
 * dispatcher is to be woken. */
bool completion_add(struct completion_queue *completions, struct mail *mail, bool was_taken,
                    int64_t now_us) LBX_MUST_CHECK;

/* Takes all that have a result, newest first. */
struct mail *completion_take(struct completion_queue *completions);

/* Whether no mail is submitted, under way, or has a result that was not taken. */
bool completion_is_empty(const struct completion_queue *completions);

/* Whether there is work for the dispatcher: enough results, or none to wait for, or one that waited
 * long enough; todo below the low watermark; it was woken; or, stopping, mails to give back or
 * nothing left. */
bool completion_is_ready(const struct completion_queue *completions, bool stopping, int64_t now_us);

/* When to ask completion_is_ready again if nothing happens before: until_us or earlier. */
int64_t completion_ready_at_us(const struct completion_queue *completions, int64_t until_us);

#endif
