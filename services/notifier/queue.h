/* The queue of mails that wait for a session, and the completion queues of mails with a result.
 *
 * Plain lists and counters: the caller holds a lock (sessions.c does), and owns the mails. */
#ifndef LBX_NOTIFIER_QUEUE_H
#define LBX_NOTIFIER_QUEUE_H

#include "mail.h"

#include <pthread.h>

enum { COMPLETION_BATCH = 128 }; /* results that are settled at once, whatever is being sent */
#define COMPLETION_GATHER_US INT64_C(40000) /* longest wait of a result for others */

/* First in, first out; shared by all dispatchers. */
struct mail_queue {
    struct mail *first, **end;
};

/* The mails of one dispatcher. Starts zeroed. */
struct completion_queue {
    size_t todo, busy;    /* submitted mails: waiting for a session; being sent */
    size_t low_watermark; /* the dispatcher is woken when todo falls below it; 0: never */
    struct mail *done;    /* mails with a result, newest first */
    size_t done_count;
    int64_t done_since_us;  /* when the oldest result came; valid if there is one */
    bool woken;             /* another thread has work for the dispatcher */
    pthread_cond_t changed; /* signalled by the lock's owner, where a function here returns true */
};

void queue_init(struct mail_queue *queue);

/* Appends a mail, whose result goes to completions. */
void queue_put(struct mail_queue *queue, struct completion_queue *completions, struct mail *mail,
               int64_t now_us);

/* Takes the first mail; there must be one. *ret_wake: todo fell below the low watermark, so its
 * dispatcher must be woken. */
struct mail *queue_take(struct mail_queue *queue, bool *ret_wake);

/* Removes a dispatcher's mails that were submitted before before_us; *ret_count: how many. */
struct mail *queue_withdraw(struct mail_queue *queue, struct completion_queue *completions,
                            int64_t before_us, size_t *ret_count);

/* Adds a mail with a result; was_taken: it came from queue_take, otherwise it was never queued.
 * Returns whether to wake the dispatcher. */
bool completion_add(struct completion_queue *completions, struct mail *mail, bool was_taken,
                    int64_t now_us) LBX_MUST_CHECK;

/* Takes all mails with a result, newest first. */
struct mail *completion_take(struct completion_queue *completions);

/* Whether no mail is submitted, being sent, or waiting with a result. */
bool completion_is_empty(const struct completion_queue *completions);

/* Whether the dispatcher has work: enough results, all results that can come, or one that waited
 * long enough; todo below the low watermark; a wake-up; or, while stopping, mails to give back
 * or nothing left. */
bool completion_is_ready(const struct completion_queue *completions, bool stopping, int64_t now_us);

/* When to call completion_is_ready again if nothing else happens: until_us or earlier. */
int64_t completion_ready_at_us(const struct completion_queue *completions, int64_t until_us);

#endif
