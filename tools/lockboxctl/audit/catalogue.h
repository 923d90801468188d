/* The audit database's own catalogue, held against what this program's scripts make. */
#ifndef LOCKBOXCTL_AUDIT_CATALOGUE_H
#define LOCKBOXCTL_AUDIT_CATALOGUE_H

#include "findings.h"

/* Adds a finding for each view, table, function, policy, trigger, rule, index or privilege that is not as the scripts make it,
 * that they do not make, or that is missing; topic is the object. Other exit codes than CTL_DONE: the
 * database could not be asked. */
enum ctl_exit catalogue_check(const struct ctl *ctl, struct findings *findings);

#endif
