/* What a mail's templates may say: every name, and how its value comes from a request. */
#ifndef LBX_MAIL_VALUES_H
#define LBX_MAIL_VALUES_H

#include "mail/template.h"

/* Over a struct lbx_mail_input. */
extern const struct lbx_vocabulary lbx_mail_vocabulary;

/* Appends where the mail leads: the page of a request, or with request_id NULL the portal's first. */
void lbx_mail_link(const char *portal, const char *request_id, struct lbx_buf *out);

#endif
