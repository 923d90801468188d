/* Compares the audit database's catalogue with the one that this program's scripts make. */
#ifndef LOCKBOXCTL_AUDIT_CATALOGUE_H
#define LOCKBOXCTL_AUDIT_CATALOGUE_H

#include "findings.h"

/* Adds a finding for each view, table, function, policy, trigger, rule, index or privilege that
 * is changed, additional or missing; topic is the object. Exit codes other than CTL_DONE: the
 * database could not be queried. */
enum ctl_exit catalogue_check(const struct ctl *ctl, struct findings *findings);

#endif
