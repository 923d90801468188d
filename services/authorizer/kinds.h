/* Which kind a resource is, by a cluster's own discovery. */
#ifndef AUTHORIZER_KINDS_H
#define AUTHORIZER_KINDS_H

#include "clusters/clusters.h"

struct kind {
    const char *name; /* "Pod", "Deployment.apps": as an item names it */
    bool namespaced;
    const char *group, *version,
        *resource; /* "apps", "v1", "deployments": by which it is reached */
};

struct kinds *kinds_new(void);
void kinds_free(struct kinds *kinds);

/* group: "" for the core group. What is unknown is looked for in the cluster, at most once a second. False: the
 * cluster has no such resource, or cannot be asked. Texts are copied into the arena. From any thread. */
bool kinds_find(const struct lbx_cluster *cluster, const char *group, const char *resource,
                struct lbx_arena *arena, struct kind *ret_kind);

/* The same by the kind's name. version NULL: the one that the cluster prefers. */
bool kinds_find_by_name(const struct lbx_cluster *cluster, const char *name, const char *version,
                        struct lbx_arena *arena, struct kind *ret_kind);

#endif
