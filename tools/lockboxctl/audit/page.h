/* Prints a page of audit/report/ with its values filled in: a file ending in .html as HTML, another as text. */
#ifndef LOCKBOXCTL_AUDIT_PAGE_H
#define LOCKBOXCTL_AUDIT_PAGE_H

#include "command.h"
#include "mail/template.h"

/* file: its name, of those that are there. subject is what the vocabulary's functions are handed. CTL_NO, once it is said why, where
 * the page is no template. */
enum ctl_exit ctl_page_print(const char *file, const struct lbx_vocabulary *vocabulary,
                             const void *subject);

#endif
