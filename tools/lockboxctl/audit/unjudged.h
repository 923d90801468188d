/* Decisions on decisions.v1 of which events.v1 tells no verdict: a part of audit reconcile. */
#ifndef LOCKBOXCTL_AUDIT_UNJUDGED_H
#define LOCKBOXCTL_AUDIT_UNJUDGED_H

#include "command.h"
#include "output.h"

struct lbx_pg;

/* told has prepared proof_decision_logs and proof_unjudged, decided ctl_set_aside. Adds a row {request_id, what, NULL, the decision} for
 * each decision that was neither judged, nor set aside by the decider, nor stepped over at an operator's order. */
enum ctl_exit ctl_unjudged(struct ctl *ctl, struct lbx_pg *told, struct lbx_pg *decided,
                           struct ctl_rows *rows);

#endif
