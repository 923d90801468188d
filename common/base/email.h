/* Which e-mail addresses are valid: one rule for events that have them and mails to them.
 *
 * The plain form of RFC 5321, with its limits: a dot-atom of at most 64 ASCII characters, "@",
 * and a domain of labels of letters, digits and hyphens, each of at most 63 characters; 254 in
 * all. Quoted local parts and address literals are refused, as is anything but ASCII.
 * International domains come as xn-- labels (RFC 5890); international local parts would need
 * SMTPUTF8 on every server. */
#ifndef LBX_BASE_EMAIL_H
#define LBX_BASE_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

enum { LBX_EMAIL_MAX = 254, LBX_EMAIL_LOCAL_MAX = 64, LBX_EMAIL_LABEL_MAX = 63 };

/* NULL: valid. Otherwise the reason, in a few static words. */
const char *lbx_email_check(const char *address, size_t len);

/* Whether the text is a valid domain, as behind the "@". */
bool lbx_email_domain_valid(const char *domain, size_t len);

#endif
