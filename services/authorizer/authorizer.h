/* The authorizer's part of the worker's loop: the HTTPS server, the clusters file, the connections. */
#ifndef AUTHORIZER_AUTHORIZER_H
#define AUTHORIZER_AUTHORIZER_H

#include "worker/worker.h"

extern const struct lbx_part authorizer_part;
extern struct lbx_metric *const authorizer_metrics[];

/* Whether the settings without a default are there. */
enum lbx_err authorizer_check(const struct lbx_settings *settings);

#endif
