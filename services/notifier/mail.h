/* One mail of the ledger, claimed by this process. */
#ifndef LBX_NOTIFIER_MAIL_H
#define LBX_NOTIFIER_MAIL_H

#include "base/buf.h"
#include "event/envelope.h"
#include "mail/mail.h"
#include "smtp/smtp.h"

#include <stdint.h>

struct completion_queue;
struct claim;

struct mail {
    const char *id, *request_id, *recipient, *tenant_id, *message_id;
    int kind;
    enum lbx_mail_reader reader;
    int64_t version, attempts, queued_at, give_up_at;
    const char *ticket_title;
    const struct lbx_request *request; /* NULL: the ledger's row cannot be read */
    struct lbx_event cause;            /* the event that the mail tells of: id and traceparent */

    struct lbx_buf bytes;
    struct lbx_smtp_message message; /* what is sent, and its result */
    int64_t submitted_us, ended_us;  /* monotonic: when it was queued; when its result was known */

    struct completion_queue *completions; /* where it goes once it has a result */
    struct claim *claim;                  /* the batch it was claimed in, which owns all of this */
    struct mail *next;                    /* in the list that holds it */
};

#endif
