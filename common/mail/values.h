/* The vocabulary of mail templates: each name, and its value for a request. */
#ifndef LBX_MAIL_VALUES_H
#define LBX_MAIL_VALUES_H

#include "mail/template.h"

/* Values of a struct lbx_mail_input. */
extern const struct lbx_vocabulary lbx_mail_vocabulary;

/* Appends the link of a mail: the request's page, or with request_id NULL the portal's first. */
void lbx_mail_link(const char *portal, const char *request_id, struct lbx_buf *out);

#endif
