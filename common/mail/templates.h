/* The templates of all mails: the default ones, and an operator's files that replace them.
 *
 * Each kind of mail has KIND.txt, whose first line is "Subject: …" with an empty line below, and
 * KIND.html. Other files are parts that these include. Pure: io/folder.h reads an operator's
 * files. */
#ifndef LBX_MAIL_TEMPLATES_H
#define LBX_MAIL_TEMPLATES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "event/payload.h"
#include "mail/template.h"

/* The default files, from common/mail/templates; ended by one without a name. */
extern const struct lbx_file lbx_mail_defaults[];

/* The endings of template files (NULL-ended), and their largest size. */
extern const char *const lbx_mail_template_endings[];
enum { LBX_MAIL_TEMPLATE_MAX = 65536 };

struct lbx_mail_words {
    struct lbx_template *subject, *text, *html;
};

struct lbx_mail_templates {
    struct lbx_mail_words kinds[LBX_MAIL_END]; /* by enum lbx_mail_kind; NONE has none */
    struct lbx_arena texts;
};

/* Makes the set. LBX_ERR_INVALID appends to reasons, one a line: "outcome.html:12: no such
 * value: {{colour}}". Refused are files that lbx_template_parse refuses, a file name that no
 * template has, a first line that is no subject, and a mail that lacks a required value: request
 * and ticket in the subject; items, cluster, engineer, organization, justification, deadline and
 * link in text and HTML, for every reader. */
enum lbx_err lbx_mail_templates_new(const struct lbx_file *replaced, size_t count,
                                    struct lbx_mail_templates **ret_templates,
                                    struct lbx_buf *reasons) LBX_MUST_CHECK;
void lbx_mail_templates_free(struct lbx_mail_templates *templates);

#endif
