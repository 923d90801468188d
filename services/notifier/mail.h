/* One mail of the ledger, taken in hand. */
#ifndef LBX_NOTIFIER_MAIL_H
#define LBX_NOTIFIER_MAIL_H

#include "base/buf.h"
#include "event/envelope.h"
#include "mail/mail.h"
#include "smtp/smtp.h"

#include <stdint.h>

struct desk;

struct mail {
    const char *id, *request_id, *recipient, *tenant_id, *message_id;
    int kind;
    enum lbx_mail_reader reader;
    int64_t version, attempts, queued_at, give_up_at;
    const char *ticket_title;
    const struct lbx_request *request; /* NULL: the ledger's row does not say it */
    struct lbx_event cause;            /* the event it tells of: id and traceparent */

    struct lbx_buf bytes;
    struct lbx_smtp_message message; /* what is sent, and what became of it */
    int64_t put_us, ended_us;        /* monotonic: since when it waits; when its result was known */

    struct desk *desk; /* where it goes back to */
    struct hand *hand; /* what it was claimed with, which owns all of this */
    struct mail *next; /* in the list that holds it */
};

#endif
