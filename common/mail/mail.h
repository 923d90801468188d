/* The texts of one mail to one reader: subject, plain text and HTML.
 *
 * Pure: time is an argument. The words are templates (mail/templates.h). Text from outside is
 * escaped in HTML. In all three texts, U+FFFD replaces its control characters, bidirectional
 * overrides and invisible characters. The subject is one line, in UTF-8 without MIME encoding,
 * which smtp/mime.h adds. */
#ifndef LBX_MAIL_H
#define LBX_MAIL_H

#include "base/buf.h"
#include "base/err.h"
#include "event/payload.h"

#include <stdint.h>

/* The reader of a mail. */
enum lbx_mail_reader {
    LBX_READER_APPROVER,
    LBX_READER_ALTERNATE, /* is informed, and cannot approve */
    LBX_READER_ENGINEER,
    LBX_READER_CONCERNED, /* of a mail about a tenant: an administrator, approver or alternate */
    LBX_READER_COUNT,
};

/* "approver", "alternate", "engineer", "concerned" */
extern const char *const lbx_mail_reader_names[LBX_READER_COUNT];

/* A tenant's requests that one person has to decide. Borrowed. */
struct lbx_digest {
    const char *tenant_id;
    const struct lbx_request *const *requests; /* each as in its latest event */
    size_t count;
};

struct lbx_mail_input {
    const struct lbx_request *request; /* NULL: the mail is about a tenant, by one of these: */
    const struct lbx_digest *digest;
    const struct lbx_tenant_changed *change;
    const struct lbx_approvers_missing *missing;
    enum lbx_mail_kind kind;
    enum lbx_mail_reader reader;
    const char *portal_url;   /* http(s) URL, with or without a slash at its end */
    const char *ticket_title; /* NULL: unknown */
    int64_t now;              /* microseconds since the Unix epoch; remaining time counts from it */
};

struct lbx_mail {
    struct lbx_buf subject, text, html; /* lines end in \n */
};

struct lbx_mail_templates;

/* Whether mails of the kind are about a tenant instead of requests. */
bool lbx_mail_is_of_tenant(enum lbx_mail_kind kind);

/* Replaces *ret_mail, which starts zeroed; the caller releases it by lbx_mail_done.
 *
 * LBX_ERR_INVALID: the kind does not fit the request's state. approval_needed and reminder need
 * customer_notified; outcome any other state but emergency; emergency that state;
 * emergency_reminder emergency or a later state of it; informed not_required; security_change a
 * change; approvers_missing what is missing; digest at least one request. */
enum lbx_err lbx_mail_write(const struct lbx_mail_templates *templates,
                            const struct lbx_mail_input *input, struct lbx_mail *ret_mail)
    LBX_MUST_CHECK;

void lbx_mail_done(struct lbx_mail *mail);

#endif
