/* The results of cluster check: a row for each thing that was checked. */
#ifndef LOCKBOXCTL_CLUSTER_CHECK_H
#define LOCKBOXCTL_CLUSTER_CHECK_H

#include "config.h"

enum check_state { CHECK_OK, CHECK_WRONG, CHECK_UNKNOWN };

struct check {
    struct ctl *ctl;
    const struct lbx_cluster *cluster;
    struct ctl_rows rows;
    bool all_ok;
};

/* detail: in the arena or static; NULL: none. */
void check_add(struct check *check, const char *what, enum check_state state, const char *detail);

/* Checks the API server's flags, and the files that they name, against those of cluster config.
 * text: a manifest, a command line, or the response of /flagz; NULL: unknown. */
void check_flags(struct check *check, const char *text);

#endif
