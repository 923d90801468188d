/* Which e-mail addresses there are: one rule for events that bring them and mails that go there.
 *
 * RFC 5321's limits, and of its forms the plain one: a dot-atom of at most 64 ASCII characters,
 * "@", a domain of labels of letters, digits and hyphens, each of at most 63; 254 in all. Quoted
 * local parts and address literals are refused, as 4.1.2 of that RFC tells hosts to avoid the
 * former. So is anything but ASCII: international domains come as their xn-- labels (RFC 5890),
 * international local parts would want SMTPUTF8 from every server on the way.
 */
#ifndef LBX_BASE_EMAIL_H
#define LBX_BASE_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

enum { LBX_EMAIL_MAX = 254, LBX_EMAIL_LOCAL_MAX = 64, LBX_EMAIL_LABEL_MAX = 63 };

/* NULL, or why it is none, in a few static words. */
const char *lbx_email_check(const char *address, size_t len);

/* Whether it is a domain, as one stands behind the "@". */
bool lbx_email_domain_valid(const char *domain, size_t len);

#endif
