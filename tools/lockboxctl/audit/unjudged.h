/* Decisions in decisions.v1 without a verdict in events.v1: a part of audit reconcile. */
#ifndef LOCKBOXCTL_AUDIT_UNJUDGED_H
#define LOCKBOXCTL_AUDIT_UNJUDGED_H

#include "command.h"
#include "output.h"

struct lbx_pg;

/* told has proof_decision_logs and proof_unjudged prepared, decided has ctl_set_aside. Adds a row {request_id, what, NULL, the
 * decision} for each decision that was not judged, quarantined by the decider, or skipped by an operator's order. */
enum ctl_exit ctl_unjudged(struct ctl *ctl, struct lbx_pg *told, struct lbx_pg *decided,
                           struct ctl_rows *rows);

#endif
