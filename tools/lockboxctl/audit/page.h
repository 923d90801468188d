/* Prints a page of audit/report/ with its values filled in: a file ending in .html as HTML, another as text. */
#ifndef LOCKBOXCTL_AUDIT_PAGE_H
#define LOCKBOXCTL_AUDIT_PAGE_H

#include "command.h"
#include "mail/template.h"

/* file: one of the names in audit/report/. subject: the argument of the vocabulary's functions.
 * CTL_NO, with the error printed: the page is a malformed template. */
enum ctl_exit ctl_page_print(const char *file, const struct lbx_vocabulary *vocabulary,
                             const void *subject);

#endif
