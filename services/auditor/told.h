/* Checkpoints read from their topic: those that the store lacks are stored in audit.told_checkpoint. */
#ifndef AUDITOR_TOLD_H
#define AUDITOR_TOLD_H

#include "io/pg.h"

struct auditor;

/* Adds the statement that stores the checkpoints in the batch's records. */
void auditor_told_save(struct auditor *auditor, struct lbx_pg_pipeline *last);

#endif
