/* What cluster check finds out: rows of what was looked at, and what is wrong with it. */
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

/* The API server's flags, and the files that they name, against those that cluster config writes. text: a manifest, a
 * command line, or what /flagz answers; NULL: nobody told. */
void check_flags(struct check *check, const char *text);

#endif
