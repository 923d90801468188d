/* Judges what is recorded: records of events.v1 and accesses.v1 that cannot be what happened (audit.breach). */
#ifndef LBX_AUDITOR_JUDGE_H
#define LBX_AUDITOR_JUDGE_H

#include "worker/rounds.h"

/* A struct lbx_rounds. */
extern const struct lbx_rounds auditor_judge;

extern struct lbx_metric auditor_judged_metric, auditor_unjudged_metric;

#endif
