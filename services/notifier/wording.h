/* The words of the mails: those built in, or an operator's. */
#ifndef LBX_NOTIFIER_WORDING_H
#define LBX_NOTIFIER_WORDING_H

#include "io/settings.h"
#include "mail/templates.h"

/* LBX_ERR_INVALID, after saying so in the log: a template that LOCKBOX_TEMPLATE_DIR has and that is
 * wrong, or a LOCKBOX_PORTAL_URL that is no page. The mails end with lbx_mail_templates_free. */
enum lbx_err wording_open(const struct lbx_settings *settings,
                          struct lbx_mail_templates **ret_templates) LBX_MUST_CHECK;

#endif
