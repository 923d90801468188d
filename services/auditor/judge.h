/* Finds breaches in stored records (audit.breach): those of events.v1 and accesses.v1 that contradict the topics of input. */
#ifndef LBX_AUDITOR_JUDGE_H
#define LBX_AUDITOR_JUDGE_H

#include "worker/rounds.h"

/* The declaration of a part that works in rounds. */
extern const struct lbx_rounds auditor_judge;

extern struct lbx_metric auditor_judged_metric, auditor_unjudged_metric;

#endif
