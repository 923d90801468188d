/* Checkpoints that are read on their topic: those that the store has not it keeps beside its own (audit.told_checkpoint). */
#ifndef AUDITOR_TOLD_H
#define AUDITOR_TOLD_H

#include "io/pg.h"

struct auditor;

/* Adds the statement that keeps those among the batch's records. */
void auditor_told_save(struct auditor *auditor, struct lbx_pg_pipeline *last);

#endif
