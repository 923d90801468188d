/* One mail of the ledger, or message to a webhook, claimed by this process. */
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
    const char *id, *recipient, *tenant_id, *message_id;
    const char *notice_id;  /* of what it tells of: a request's id, or that of a tenant's event */
    const char *request_id; /* NULL: it is about a tenant, or a digest */
    int kind;
    enum lbx_mail_reader reader;
    int channel;             /* enum lbx_webhook_format; none: it is a mail */
    const char *webhook_url; /* NULL: it is a mail, or the webhook is gone */
    int64_t version, attempts, queued_at, give_up_at;
    const char *ticket_title;
    /* What it tells of, by its kind; NULL: the ledger's row cannot be read. */
    const struct lbx_request *request;
    const struct lbx_tenant_changed *change;
    const struct lbx_approvers_missing *missing;
    const struct lbx_digest *digest;
    struct lbx_event cause; /* the event that the mail tells of: id and trace */

    struct lbx_buf bytes;
    struct lbx_smtp_message message; /* what is sent, and its result */
    int64_t submitted_us, ended_us;  /* monotonic: when it was queued; when its result was known */

    struct completion_queue *completions; /* where it goes once it has a result */
    struct claim *claim;                  /* the batch it was claimed in, which owns all of this */
    struct mail *next;                    /* in the list that holds it */
};

#endif
