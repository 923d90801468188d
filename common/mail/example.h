/* Example mails, for previews, and to check that a template leaves nothing out. */
#ifndef LBX_MAIL_EXAMPLE_H
#define LBX_MAIL_EXAMPLE_H

#include "mail/mail.h"

#include <stdbool.h>
#include <stddef.h>

/* The i-th example, to an approver; false behind the last. Each kind has at least one, and
 * `outcome` one for each state, the most common first. Static storage. */
bool lbx_mail_example(size_t i, struct lbx_mail_input *ret_input);

#endif
