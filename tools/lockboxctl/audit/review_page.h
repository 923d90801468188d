/* The consent review of a tenant's month as one HTML page. */
#ifndef LBX_CTL_AUDIT_REVIEW_PAGE_H
#define LBX_CTL_AUDIT_REVIEW_PAGE_H

#include "command.h"
#include "io/pg.h"

/* Prints the page for ctl_audit_review's answer: its first row is of the month, each other row of a person. */
enum ctl_exit ctl_review_page(const struct ctl *ctl, const struct lbx_pg *pg);

/* Appends seconds as "1 h 02 min 03 s", or words where there are none. */
void ctl_put_seconds(const char *seconds, struct lbx_buf *out);

#endif
