/* The queues of queue.h. Promises constant time, except queue_withdraw, which walks the queue.
 * Cannot fail. */
#include "queue.h"

void queue_init(struct mail_queue *queue) {
    queue->first = NULL;
    queue->end = &queue->first;
}

void queue_put(struct mail_queue *queue, struct completion_queue *completions, struct mail *mail,
               int64_t now_us) {
    mail->completions = completions;
    mail->submitted_us = now_us;
    mail->next = NULL;
    *queue->end = mail;
    queue->end = &mail->next;
    completions->todo++;
}

struct mail *queue_take(struct mail_queue *queue, bool *ret_wake) {
    struct mail *mail = queue->first;
    struct completion_queue *completions = mail->completions;
    queue->first = mail->next;
    if (!queue->first)
        queue->end = &queue->first;
    completions->busy++;
    *ret_wake = completions->todo-- == completions->low_watermark;
    return mail;
}

struct mail *queue_withdraw(struct mail_queue *queue, struct completion_queue *completions,
                            int64_t before_us, size_t *ret_count) {
    struct mail *list = NULL, **at = &queue->first;
    *ret_count = 0;
    while (*at) {
        struct mail *mail = *at;
        if (mail->completions == completions && mail->submitted_us < before_us) {
            *at = mail->next;
            mail->next = list;
            list = mail;
            completions->todo--;
            ++*ret_count;
        } else {
            at = &mail->next;
        }
    }
    queue->end = at;
    return list;
}

static size_t outstanding(const struct completion_queue *completions) {
    return completions->todo + completions->busy;
}

bool completion_add(struct completion_queue *completions, struct mail *mail, bool was_taken,
                    int64_t now_us) {
    if (was_taken)
        completions->busy--;
    mail->completions = completions;
    mail->ended_us = now_us;
    mail->next = completions->done;
    completions->done = mail;
    if (completions->done_count++ == 0)
        completions->done_since_us = now_us;
    return completions->done_count == 1 || completions->done_count == COMPLETION_BATCH ||
           outstanding(completions) == 0;
}

struct mail *completion_take(struct completion_queue *completions) {
    struct mail *list = completions->done;
    completions->done = NULL;
    completions->done_count = 0;
    return list;
}

bool completion_is_empty(const struct completion_queue *completions) {
    return outstanding(completions) == 0 && !completions->done;
}

/* Whether there are enough results, or one has waited long enough, for a transaction. */
static bool is_batch(const struct completion_queue *completions, int64_t now_us) {
    return completions->done_count >= COMPLETION_BATCH ||
           (completions->done_count > 0 &&
            (outstanding(completions) == 0 ||
             now_us - completions->done_since_us >= COMPLETION_GATHER_US));
}

bool completion_is_ready(const struct completion_queue *completions, bool stopping,
                         int64_t now_us) {
    const bool may_end = completions->todo > 0 || outstanding(completions) == 0;
    return is_batch(completions, now_us) || completions->todo < completions->low_watermark ||
           completions->woken || (stopping && may_end);
}

int64_t completion_ready_at_us(const struct completion_queue *completions, int64_t until_us) {
    const int64_t gathered_us = completions->done_since_us + COMPLETION_GATHER_US;
    return completions->done_count > 0 && gathered_us < until_us ? gathered_us : until_us;
}
