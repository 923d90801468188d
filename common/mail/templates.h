/* The templates of all mails: those built in, and the files an operator puts in their place.
 *
 * Each kind of mail has KIND.txt, whose first line is "Subject: …" with an empty line below, and
 * KIND.html. The other files are parts that these include. Pure: io/folder.h reads an operator's.
 */
#ifndef LBX_MAIL_TEMPLATES_H
#define LBX_MAIL_TEMPLATES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "event/payload.h"
#include "mail/template.h"

/* The files built in, from common/mail/templates; the last has no name. */
extern const struct lbx_file lbx_mail_defaults[];

/* What names of template files end in (NULL-ended), and how large one may be. */
extern const char *const lbx_mail_template_endings[];
enum { LBX_MAIL_TEMPLATE_MAX = 65536 };

struct lbx_mail_words {
    struct lbx_template *subject, *text, *html;
};

struct lbx_mail_templates {
    struct lbx_mail_words kinds[LBX_MAIL_END]; /* by enum lbx_mail_kind; NONE has none */
    struct lbx_arena texts;
};

/* LBX_ERR_INVALID appends to reasons, one a line: "outcome.html:12: no such value: {{colour}}". A
 * file is refused for what lbx_template_parse refuses, for a name that no template has, for a first
 * line that is no subject, and where a mail would not say what each must: the request and its
 * ticket in the subject; items, cluster, engineer, organization, justification, deadline and link
 * in text and HTML, to every reader. */
enum lbx_err lbx_mail_templates_new(const struct lbx_file *replaced, size_t count,
                                    struct lbx_mail_templates **ret_templates,
                                    struct lbx_buf *reasons) LBX_MUST_CHECK;
void lbx_mail_templates_free(struct lbx_mail_templates *templates);

#endif
