/* Which kind a resource is, by a cluster's own discovery. */
#ifndef AUTHORIZER_KINDS_H
#define AUTHORIZER_KINDS_H

#include "clusters.h"

struct kind {
    const char *name; /* "Pod", "Deployment.apps": as an item names it */
    bool namespaced;
};

struct kinds *kinds_new(void);
void kinds_free(struct kinds *kinds);

/* group: "" for the core group. What is unknown is looked for in the cluster, at most once a second. False: the
 * cluster has no such resource, or cannot be asked. The name is copied into the arena. From any thread. */
bool kinds_find(const struct cluster *cluster, const char *group, const char *resource,
                struct lbx_arena *arena, struct kind *ret_kind);

#endif
