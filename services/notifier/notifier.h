/* The notifier's functions for a batch (see worker/events.h): from events to rows of the ledger. */
#ifndef LBX_NOTIFIER_H
#define LBX_NOTIFIER_H

#include "sql_notifier.h"
#include "store/offsets.h"
#include "worker/events.h"

enum lbx_err notifier_decide(struct lbx_batch *batch);
void notifier_save(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);

#endif
