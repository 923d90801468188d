/* The authorizer's part: the HTTPS server, the clusters file, the database connections. */
#ifndef AUTHORIZER_AUTHORIZER_H
#define AUTHORIZER_AUTHORIZER_H

#include "worker/worker.h"

extern const struct lbx_part authorizer_part;
extern struct lbx_metric *const authorizer_metrics[];

/* Whether the settings without a default are set. */
enum lbx_err authorizer_check(const struct lbx_settings *settings);

#endif
