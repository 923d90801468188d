/* What a mail says: subject, plain text and HTML of one mail to one reader, from one request.
 *
 * Pure: the time is an argument, nothing is read or sent here. The words are in templates
 * (mail/templates.h). Whatever came from outside is shown as text: escaped in HTML, and in all
 * three outputs free of control characters, bidirectional overrides and invisible characters, which
 * appear as U+FFFD. The subject is one line. It is UTF-8 without any mail encoding; smtp/mime.h
 * encodes.
 */
#ifndef LBX_MAIL_H
#define LBX_MAIL_H

#include "base/buf.h"
#include "base/err.h"
#include "event/payload.h"

#include <stdint.h>

/* The reader that the words address. */
enum lbx_mail_reader {
    LBX_READER_APPROVER,
    LBX_READER_ALTERNATE, /* informed, cannot approve */
    LBX_READER_ENGINEER,
    LBX_READER_CONCERNED, /* of a mail about a tenant: an administrator, approver or alternate */
    LBX_READER_COUNT,
};

/* "approver", "alternate", "engineer", "concerned" */
extern const char *const lbx_mail_reader_names[LBX_READER_COUNT];

/* Requests of one tenant that wait for one person. Borrowed. */
struct lbx_digest {
    const char *tenant_id;
    const struct lbx_request *const *requests; /* each as it was last told */
    size_t count;
};

struct lbx_mail_input {
    const struct lbx_request
        *request; /* NULL: it is about a tenant, and one of these tells what: */
    const struct lbx_digest *digest;
    const struct lbx_tenant_changed *change;
    const struct lbx_approvers_missing *missing;
    enum lbx_mail_kind kind;
    enum lbx_mail_reader reader;
    const char *portal_url;   /* http(s) address, with or without a slash at its end */
    const char *ticket_title; /* NULL: unknown */
    int64_t now;              /* microseconds since the epoch: what time left is counted from */
};

struct lbx_mail {
    struct lbx_buf subject, text, html; /* lines end in \n */
};

struct lbx_mail_templates;

/* Whether mails of a kind are about a tenant, and not about requests. */
bool lbx_mail_is_of_tenant(enum lbx_mail_kind kind);

/* Replaces what ret_mail held; it starts zeroed, and the caller ends it with lbx_mail_done.
 *
 * LBX_ERR_INVALID: a kind that does not go with the request's state. approval_needed and reminder
 * want customer_notified, outcome a state that is neither that nor emergency, emergency the state
 * of that name, emergency_reminder that or what became of it, informed not_required; security_change wants a change,
 * approvers_missing what is missing, and digest one of at least one request. */
enum lbx_err lbx_mail_write(const struct lbx_mail_templates *templates,
                            const struct lbx_mail_input *input, struct lbx_mail *ret_mail)
    LBX_MUST_CHECK;

void lbx_mail_done(struct lbx_mail *mail);

#endif
