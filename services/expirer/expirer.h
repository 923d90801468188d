/* The expirer's round: see worker/rounds.h. */
#ifndef LBX_EXPIRER_H
#define LBX_EXPIRER_H

#include "worker/rounds.h"

extern struct lbx_metric *const expirer_metrics[];

enum lbx_err expirer_round(struct lbx_worker *worker, void *state, int64_t *ret_wait_us);

#endif
