/* Examples of what mails tell: for previews, and to see what a template leaves out. */
#ifndef LBX_MAIL_EXAMPLE_H
#define LBX_MAIL_EXAMPLE_H

#include "mail/mail.h"

#include <stdbool.h>
#include <stddef.h>

/* The i-th example, addressed to an approver; false behind the last. Each kind has at least one,
 * outcome one for each state it may tell of, the usual ones first. Static storage. */
bool lbx_mail_example(size_t i, struct lbx_mail_input *ret_input);

#endif
