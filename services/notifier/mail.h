/* A mail of the ledger, or a webhook message, claimed by this process. */
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
    const char *notice_id;  /* id of its request or of the tenant's event */
    const char *request_id; /* NULL: the mail is about a tenant, or a digest */
    int kind;
    enum lbx_mail_reader reader;
    int channel;             /* enum lbx_webhook_format; none: a mail */
    const char *webhook_url; /* NULL: a mail, or the webhook was removed */
    int64_t version, attempts, queued_at, give_up_at;
    const char *ticket_title;
    /* Its subject, by its kind; NULL: the ledger's row cannot be read. */
    const struct lbx_request *request;
    const struct lbx_tenant_changed *change;
    const struct lbx_approvers_missing *missing;
    const struct lbx_digest *digest;
    struct lbx_event cause; /* id and trace of its event */

    struct lbx_buf bytes;
    struct lbx_smtp_message message; /* the message to send, with its result */
    int64_t submitted_us, ended_us;  /* lbx_monotonic_us: when queued; when its result came */

    struct completion_queue *completions; /* its queue once it has a result */
    struct claim *claim;                  /* its claim batch, which owns the memory */
    struct mail *next;                    /* next in its list */
};

#endif
